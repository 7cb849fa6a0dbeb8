using System.Globalization;
using System.Text;
using Rescan.Functions.Display;
using Rescan.Functions.Notifications;
using Rescan.Functions.Storage;

namespace Rescan.Local.Cli.Reports;

/// <summary>A report in Markdown as GitHub reads it.</summary>
internal static class MarkdownReport
{
    private const int MaxProblems = 50;
    private const int MaxCell = 300;
    private const int MaxAskers = 2000;
    private const string Special = @"\`*_{}[]<>()#+-.!|~&:@";

    public static string Write(RescanReport report)
    {
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture,
            $"# Rescans from {DisplayFormat.Time(report.From)} to {DisplayFormat.Time(report.To)}\n\n{report.Summary}\n");
        if (report.Total == 0)
        {
            return text.ToString();
        }

        text.Append('\n').Append(Cell(report.Askers!, MaxAskers)).Append('\n');
        text.Append("\n| repository | appliance | last outcome | ended | last success | rescans | failed | median | longest | trend |\n| "
            + "--- | --- | --- | --- | --- | ---: | ---: | ---: | ---: | --- |\n");
        foreach (ReportRepository r in report.Repositories)
        {
            text.Append(
                CultureInfo.InvariantCulture,
                $"| {Cell(r.Repository.Name)} | {Cell(r.Appliance)} | {r.Last.Outcome} | {DisplayFormat.Time(r.Last.FinishedAt)} | {(r.LastSuccess is { } success ? DisplayFormat.Time(success) : "none")} | {r.Rescans} | {r.Failed} | {TextReport.Duration(r.MedianSeconds)} | {TextReport.Duration(r.LongestSeconds)} | {TextReport.Sparkline(r.Points)} |\n");
        }

        if (report.Problems.Count > 0)
        {
            text.Append("\n## What went wrong\n\n");
            foreach (RescanOutcome outcome in report.Problems.Take(MaxProblems).Select(p => p.Outcome))
            {
                text.Append(CultureInfo.InvariantCulture,
                    $"- {DisplayFormat.Time(outcome.FinishedAt)}, {Cell(outcome.Repository.Name)} on {Cell(outcome.Appliance)}: {DisplayFormat.Words(outcome.Outcome)}. Started by {Cell(InitiatorText.Of(outcome.StartedBy))}. {Cell(outcome.Reason ?? "")}\n");
            }

            if (report.Problems.Count > MaxProblems)
            {
                text.Append(CultureInfo.InvariantCulture, $"- and {report.Problems.Count - MaxProblems} more\n");
            }
        }

        return text.ToString();
    }

    /// <summary>Text from outside: one line, every character that Markdown might take for its own escaped.</summary>
    private static string Cell(string text, int length = MaxCell)
    {
        StringBuilder escaped = new();
        foreach (char c in SafeText.Line(text, length))
        {
            _ = c switch
            {
                '<' => escaped.Append("&lt;"),
                '&' => escaped.Append("&amp;"),
                // An @ would mention somebody even when escaped.
                '@' => escaped.Append("&#64;"),
                '-' or '.' or ':' => escaped.Append(c),
                _ when Special.Contains(c, StringComparison.Ordinal) => escaped.Append('\\').Append(c),
                _ => escaped.Append(c),
            };
        }

        return escaped.Replace("://", "&#58;//").ToString();
    }
}
