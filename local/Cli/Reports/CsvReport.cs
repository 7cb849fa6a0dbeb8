using System.Globalization;
using System.Text;
using Rescan.Functions.Appliances;
using Rescan.Functions.Display;
using Rescan.Functions.Notifications;
using Rescan.Functions.Storage;

namespace Rescan.Local.Cli.Reports;

/// <summary>A line a rescan, by RFC 4180. A text that a spreadsheet would take for a formula is preceded by an apostrophe.</summary>
internal static class CsvReport
{
    private const string FormulaStarts = "=+-@\uFF1D\uFF0B\uFF0D\uFF20";
    private const string Header =
        "requestId,id,appliance,repositoryId,repository,outcome,reason,sessionId,startedAt,finishedAt,durationSeconds,polls,requests,startedBy,canceledBy";

    public static string Write(RescanReport report)
    {
        StringBuilder text = new(Header + "\r\n");
        foreach (RecordedOutcome rescan in report.Rescans)
        {
            RescanOutcome o = rescan.Outcome;
            RequestCounts sent = o.Requests;
            text.AppendJoin(',', [
                Field(rescan.RequestId), Field(o.Id), Field(o.Appliance), Field(o.Repository.Id), Field(o.Repository.Name),
                Field(o.Outcome.ToString()), Field(o.Reason ?? ""), Field(o.SessionId ?? ""),
                Time(o.StartedAt), Time(o.FinishedAt), o.DurationSeconds.ToString(CultureInfo.InvariantCulture),
                o.Polls.ToString(CultureInfo.InvariantCulture),
                (sent.Token + sent.Repositories + sent.Rescan + sent.Session + sent.Log + sent.Stop + sent.Other).ToString(
                    CultureInfo.InvariantCulture),
                Field(Who(o.StartedBy)), Field(Who(o.CanceledBy))]);
            text.Append("\r\n");
        }

        return text.ToString();
    }

    private static string Who(Initiator? by) => by is null ? "" : InitiatorText.Of(by);

    private static string Field(string text)
    {
        text = SafeText.Line(text);

        // Spreadsheets take the wide forms of the same characters as well.
        if (text.Length > 0 && FormulaStarts.Contains(text[0]))
        {
            text = "'" + text;
        }

        return text.AsSpan().IndexOfAny("\",") < 0 ? text : "\"" + text.Replace("\"", "\"\"", StringComparison.Ordinal) + "\"";
    }

    private static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture);
}
