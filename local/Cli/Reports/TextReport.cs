using System.Globalization;
using Rescan.Functions.Notifications;
using Rescan.Functions.Storage;
using Spectre.Console;

namespace Rescan.Local.Cli.Reports;

/// <summary>A report for a terminal or a mail.</summary>
internal static class TextReport
{
    private const string Blocks = "▁▂▃▄▅▆▇█";
    private const int MaxPoints = 20;

    public static void Print(RescanReport report)
    {
        Console.Out.WriteLine(Head(report));
        if (report.Total > 0)
        {
            Tables.Print(Table(report));
        }
    }

    public static string Write(RescanReport report) => Head(report) + "\n" + (report.Total > 0 ? Tables.Render(Table(report)) : "");

    /// <summary>The last durations as a line of blocks, each as high as it took long.</summary>
    public static string Sparkline(IReadOnlyList<OutcomePoint> points)
    {
        OutcomePoint[] last = [.. points.TakeLast(MaxPoints)];
        double longest = last.Max(p => p.DurationSeconds);
        return string.Concat(last.Select(p => Blocks[longest <= 0 ? 0 : (int)Math.Round(p.DurationSeconds / longest * (Blocks.Length - 1))]));
    }

    public static string Duration(double? seconds) => seconds is { } s ? DisplayFormat.Duration(TimeSpan.FromSeconds(s)) : "–";

    private static string Head(RescanReport report) => $"{DisplayFormat.Time(report.From)} to {DisplayFormat.Time(report.To)}\n{report.Summary}";

    private static Table Table(RescanReport report)
    {
        Table table = Tables.Of("repository", "appliance", "last outcome", "ended", "last success", "rescans", "failed", "median", "longest", "trend");
        foreach (ReportRepository r in report.Repositories)
        {
            table.AddRow(
                Tables.Cell(r.Repository.Name), Tables.Cell(r.Appliance), Tables.Cell(r.Last.Outcome), Tables.Cell(DisplayFormat.Time(r.Last.FinishedAt)),
                Tables.Cell(r.LastSuccess is { } success ? DisplayFormat.Time(success) : "none"), Tables.Cell(r.Rescans.ToString(CultureInfo.InvariantCulture)),
                Tables.Cell(r.Failed.ToString(CultureInfo.InvariantCulture)), Tables.Cell(Duration(r.MedianSeconds)), Tables.Cell(Duration(r.LongestSeconds)), new Text(Sparkline(r.Points)));
        }

        return table;
    }
}
