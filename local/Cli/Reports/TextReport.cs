using Rescan.Functions.Appliances;
using Rescan.Functions.Notifications;
using Rescan.Functions.Storage;
using Rescan.Local.Cli.Terminal;

namespace Rescan.Local.Cli.Reports;

/// <summary>A report for a terminal or a mail.</summary>
internal static class TextReport
{
    private const string Blocks = "▁▂▃▄▅▆▇█";
    private const int MaxPoints = 20;

    // A file is read where long lines can be scrolled, and loses no column.
    private const int FileWidth = 200;

    public static void Print(RescanReport report)
    {
        Screen.Out.Say(Head(report));
        if (report.Total > 0)
        {
            Table(report).Print(Screen.Out);
        }
    }

    public static string Write(RescanReport report) => Head(report) + "\n" + (report.Total > 0 ? Table(report).ToText(FileWidth) : "");

    /// <summary>The last durations as a line of blocks, each as high as it took long.</summary>
    public static string Sparkline(IReadOnlyList<OutcomePoint> points)
    {
        OutcomePoint[] last = [.. points.TakeLast(MaxPoints)];
        double longest = last.Max(p => p.DurationSeconds);
        return string.Concat(
            last.Select(p => Blocks[longest <= 0 ? 0 : (int)Math.Round(p.DurationSeconds / longest * (Blocks.Length - 1))]));
    }

    public static string Duration(double? seconds) => seconds is { } s ? DisplayFormat.Duration(TimeSpan.FromSeconds(s)) : "–";

    private static string Head(RescanReport report) =>
        $"{DisplayFormat.Time(report.From)} to {DisplayFormat.Time(report.To)}\n{report.Summary}{(report.Askers is { } askers ? "\n" + askers : "")}";

    public static Table Table(RescanReport report)
    {
        Table table = new(
            Column.NameOf("repository"), Column.NameOf("appliance", 1), Column.Value("outcome"), Column.Value("ended (UTC)", 5),
            Column.Value("last success", 6),
            Column.Number("rescans", 2), Column.Number("failed"), Column.Value("median", 3), Column.Value("longest", 4),
            Column.Value("trend", 7));
        foreach (ReportRepository r in report.Repositories)
        {
            table.Add(
                r.Repository.Name, r.Appliance, r.Last.Outcome, Cell.Time(r.Last.FinishedAt),
                r.LastSuccess is { } success ? Cell.Time(success) : Cell.Relative("none", null), r.Rescans,
                r.Failed, Seconds(r.MedianSeconds), Seconds(r.LongestSeconds), Sparkline(r.Points));
        }

        return table;
    }

    private static Cell Seconds(double? seconds) => seconds is { } s ? Cell.Duration(TimeSpan.FromSeconds(s)) : "";
}
