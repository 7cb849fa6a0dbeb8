using System.Globalization;
using System.Net;
using System.Text;
using Rescan.Functions.Display;
using Rescan.Functions.Notifications;
using Rescan.Functions.Storage;

namespace Rescan.Local.Cli.Reports;

/// <summary>A report as one page that needs nothing else: styles and pictures are inside, and it runs no script.</summary>
internal static class HtmlReport
{
    private const int MaxProblems = 100;
    private const int MaxAskers = 2000;
    private const string Styles = """
        :root { color-scheme: light dark; --text: #1c2330; --dim: #5b6474; --line: #dde2ea; --page: #fff; --card: #f6f8fb;
          --good: #1f7a4d; --warning: #b26a00; --canceled: #7a8191; --bad: #c2352b; }
        @media (prefers-color-scheme: dark) { :root { --text: #e8ebf1; --dim: #a3adbd; --line: #313947; --page: #12161d;
          --card: #1a202a; --good: #4cc38a; --warning: #f0a93b; --canceled: #8d96a6; --bad: #ff7a6e; } }
        * { box-sizing: border-box }
        body { margin: 0 auto; max-width: 80rem; padding: 2rem 1.25rem; font: 16px/1.5 system-ui, sans-serif;
          color: var(--text); background: var(--page) }
        h1 { font-size: 1.6rem; margin: 0 0 .25rem }
        h2 { font-size: 1.15rem; margin: 2.25rem 0 .75rem }
        p { margin: .25rem 0; color: var(--dim) }
        .tiles { display: flex; flex-wrap: wrap; gap: .75rem; margin-top: 1.25rem; padding: 0; list-style: none }
        .tiles li { background: var(--card); border: 1px solid var(--line); border-radius: .6rem; padding: .6rem 1rem; min-width: 8.5rem }
        .tiles b { display: block; font-size: 1.7rem; line-height: 1.2 } .tiles span { color: var(--dim); font-size: .9rem }
        .good { color: var(--good) } .warning { color: var(--warning) } .canceled { color: var(--canceled) } .bad { color: var(--bad) }
        svg { display: block; max-width: 100%; height: auto }
        svg .good { fill: var(--good) }
        svg .warning { fill: var(--warning) }
        svg .canceled { fill: var(--canceled) }
        svg .bad { fill: var(--bad) }
        svg text { fill: var(--dim); font: 11px system-ui, sans-serif }
        svg .axis { stroke: var(--line) }
        svg .trend { fill: none; stroke: var(--dim); stroke-width: 1.25 }
        .wide { overflow-x: auto }
        table { border-collapse: collapse; width: 100%; font-size: .9rem }
        th { text-align: left; color: var(--dim); font-weight: 600 }
        th, td { padding: .45rem .75rem .45rem 0; border-bottom: 1px solid var(--line); vertical-align: middle; white-space: nowrap }
        td.why { white-space: normal; min-width: 16rem }
        .number { text-align: right; font-variant-numeric: tabular-nums }
        @media print { body { max-width: none } }
        """;

    public static string Write(RescanReport report)
    {
        StringBuilder page = new();
        page.Append(CultureInfo.InvariantCulture, $"""
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
            <title>Rescans until {DisplayFormat.Time(report.To)}</title>
            <style>
            {Styles}
            </style>
            </head>
            <body>
            <h1>Rescans</h1>
            <p>{DisplayFormat.Time(report.From)} to {DisplayFormat.Time(report.To)}</p>

            """);
        if (report.Total == 0)
        {
            return page.Append(CultureInfo.InvariantCulture, $"<p class=\"warning\">{Text(report.Summary)}</p>\n</body>\n</html>\n")
                .ToString();
        }

        page.Append(CultureInfo.InvariantCulture, $"<p>{Text(report.Askers!, MaxAskers)}</p>\n");
        Tiles(page, report);
        page.Append("<h2>Day by day</h2>\n").Append(ReportPictures.Days(report.Days)).Append('\n');
        Repositories(page, report);
        Problems(page, report);
        return page.Append("</body>\n</html>\n").ToString();
    }

    public static string Text(string text, int length = 400) => WebUtility.HtmlEncode(SafeText.Line(text, length));

    public static string ClassOf(Outcome outcome) => outcome.Severity() switch
    {
        Severity.Good => "good",
        Severity.Warning => "warning",
        Severity.Canceled => "canceled",
        _ => "bad",
    };

    private static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);

    private static void Tiles(StringBuilder page, RescanReport report)
    {
        page.Append("<ul class=\"tiles\">\n");
        void Tile(string value, string name, string style = "") =>
            page.Append(CultureInfo.InvariantCulture, $"<li><b class=\"{style}\">{value}</b><span>{name}</span></li>\n");
        Tile(report.Total.ToString(CultureInfo.InvariantCulture), "rescans");
        Tile(report.Repositories.Count.ToString(CultureInfo.InvariantCulture), "repositories");
        foreach ((Outcome outcome, int count) in report.Counts)
        {
            Tile(count.ToString(CultureInfo.InvariantCulture), DisplayFormat.Words(outcome), ClassOf(outcome));
        }

        page.Append("</ul>\n");
    }

    private static void Repositories(StringBuilder page, RescanReport report)
    {
        page.Append("""
            <h2>Repositories</h2>
            <div class="wide"><table>
            <thead><tr><th>Repository</th><th>Appliance</th><th>Last outcome</th><th>Durations</th><th class="number">Median</th><th class="number">Longest</th><th class="number">Rescans</th><th class="number">Failed</th><th>Ended, UTC</th><th>Last success</th></tr></thead>
            <tbody>

            """);
        foreach (ReportRepository r in report.Repositories)
        {
            page.Append(
                CultureInfo.InvariantCulture,
                $"<tr><td>{Text(r.Repository.Name)}</td><td>{Text(r.Appliance)}</td><td class=\"{ClassOf(r.Last.Outcome)}\">{r.Last.Outcome}</td><td>{ReportPictures.Trend(r)}</td><td class=\"number\">{TextReport.Duration(r.MedianSeconds)}</td><td class=\"number\">{TextReport.Duration(r.LongestSeconds)}</td><td class=\"number\">{r.Rescans}</td><td class=\"number\">{r.Failed}</td><td>{Time(r.Last.FinishedAt)}</td><td>{(r.LastSuccess is { } success ? Time(success) : "none")}</td></tr>\n");
        }

        page.Append("</tbody></table></div>\n");
    }

    private static void Problems(StringBuilder page, RescanReport report)
    {
        if (report.Problems.Count == 0)
        {
            return;
        }

        page.Append("""
            <h2>What went wrong</h2>
            <div class="wide"><table>
            <thead><tr><th>Ended</th><th>Repository</th><th>Appliance</th><th>Outcome</th><th>Started by</th><th>Why</th></tr></thead>
            <tbody>

            """);
        foreach (RescanOutcome o in report.Problems.Take(MaxProblems).Select(p => p.Outcome))
        {
            page.Append(
                CultureInfo.InvariantCulture,
                $"<tr><td>{DisplayFormat.Time(o.FinishedAt)}</td><td>{Text(o.Repository.Name)}</td><td>{Text(o.Appliance)}</td><td class=\"{ClassOf(o.Outcome)}\">{o.Outcome}</td><td>{Text(InitiatorText.Of(o.StartedBy))}</td><td class=\"why\">{Text(o.Reason ?? "")}</td></tr>\n");
        }

        page.Append("</tbody></table></div>\n");
        if (report.Problems.Count > MaxProblems)
        {
            page.Append(CultureInfo.InvariantCulture, $"<p>and {report.Problems.Count - MaxProblems} more</p>\n");
        }
    }
}
