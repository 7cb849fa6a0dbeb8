using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Rescan.Functions.Appliances;
using Rescan.Functions.Display;
using Rescan.Functions.Storage;
using Rescan.Local.Cli;
using Rescan.Local.Cli.Reports;
using Rescan.Tests.Integration.Durability;
using Rescan.Tests.Integration.Runtime.Hosting;

namespace Rescan.Tests.Unit.Cli;

public sealed class ReportTests
{
    private const string Nasty = "=cmd|'/C calc'!A0 <script>alert(1)</script> [x](https://evil.example), \"quoted\"\r\n@all";
    private static readonly DateTimeOffset Now = new(2026, 3, 8, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void It_counts_by_outcome_day_and_repository_with_trouble_first()
    {
        RescanReport report = Sample();

        Assert.Equal((4, 1), (report.Total, report.Failed));
        Assert.Equal(8, report.Days.Count);
        Assert.Equal((1, 1, 0, 1), (report.Days[^1].Good, report.Days[^1].Warning, report.Days[^1].Canceled, report.Days[^1].Bad));
        Assert.Equal([Nasty, "archive"], report.Repositories.Select(r => r.Repository.Name));
        Assert.Equal(
            (150.0, 200.0, Now.AddHours(-1)),
            (report.Repositories[1].MedianSeconds, report.Repositories[1].LongestSeconds, report.Repositories[1].LastSuccess));
        Assert.Equal("4 rescans of 2 repositories: 2 succeeded, 1 ended with warnings, 1 failed.", report.Summary);
    }

    [Fact]
    public void Csv_is_of_RFC_4180_and_holds_no_formula()
    {
        string csv = CsvReport.Write(Sample());

        List<List<string>> rows = Parse(csv);
        Assert.Equal(5, rows.Count);
        Assert.All(rows, r => Assert.Equal(15, r.Count));
        Assert.Contains(rows, r => r[4] == "'" + SafeText.Line(Nasty));
        Assert.All(rows.SelectMany(r => r), f => Assert.False(f.Length > 0 && "=+-@\t\r".Contains(f[0], StringComparison.Ordinal), f));
        Assert.EndsWith("\r\n", csv, StringComparison.Ordinal);
    }

    [Fact]
    public void Html_is_one_file_with_its_pictures_inside_and_shows_names_as_they_are()
    {
        string html = HtmlReport.Write(Sample());

        Assert.DoesNotContain("<script", html, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotMatch(new Regex("(src|href)=", RegexOptions.IgnoreCase), html);
        Assert.Contains("default-src 'none'", html, StringComparison.Ordinal);
        string[] pictures = [.. Regex.Matches(html, "<svg.*?</svg>", RegexOptions.Singleline).Select(m => m.Value)];
        Assert.Equal(3, pictures.Length);
        Assert.All(pictures, p => Assert.NotEmpty(XElement.Parse(p).Element("title")!.Value));
        Assert.Contains("&lt;script&gt;alert(1)&lt;/script&gt;", html, StringComparison.Ordinal);
    }

    [Fact]
    public void Markdown_shows_names_as_they_are_and_links_nothing()
    {
        string[] lines = MarkdownReport.Write(Sample()).Split('\n');

        Assert.All(lines.Where(l => l.StartsWith('|')), l => Assert.Equal(11, Regex.Count(l, @"(?<!\\)\|")));
        Assert.All(lines, l => Assert.DoesNotMatch(@"(?<!\\)\[x|<script|(?<!&#64;)@all|https://evil", l));
    }

    [Fact]
    public void Text_and_json_tell_the_same()
    {
        RescanReport report = Sample();

        Assert.Contains(report.Summary, TextReport.Write(report), StringComparison.Ordinal);
        Assert.Equal(4, JsonSerializer.SerializeToElement(report, Output.Json).GetProperty("total").GetInt32());
        Assert.Equal("▅█▁", TextReport.Sparkline([Point(100), Point(200), Point(1)]));
    }

    [Fact]
    public void A_time_without_rescans_says_so()
    {
        RescanReport report = RescanReport.Of(Now.AddDays(-1), Now, []);

        Assert.All(Texts(report), t => Assert.Contains("No rescan has ended yet", t, StringComparison.Ordinal));
        Assert.All(
            Texts(report with { LastBefore = Now.AddDays(-3) }),
            t => Assert.Contains(
                "No rescan ended in this time; the last one before it ended 2026-03-05 12:00 UTC.", t, StringComparison.Ordinal));
        Assert.DoesNotContain("class=\"good\"", HtmlReport.Write(report), StringComparison.Ordinal);
        Assert.Single(Parse(CsvReport.Write(report)));
    }

    private static string[] Texts(RescanReport report) =>
        [TextReport.Write(report), MarkdownReport.Write(report), HtmlReport.Write(report)];

    private static OutcomePoint Point(double seconds) => new(Outcome.Succeeded, seconds, Now);

    private static RescanReport Sample() => RescanReport.Of(Now.AddDays(-7), Now, [
        Of("archive", Outcome.Succeeded, -1, 200), Of(Nasty, Outcome.Failed, -2, 30), Of("archive", Outcome.Warning, -3, 150),
        Of("archive", Outcome.Succeeded, -100, 100),
    ]);

    private static RecordedOutcome Of(string name, Outcome outcome, int hours, double seconds) =>
        new(Guid.NewGuid().ToString("N"), new RescanOutcome
        {
            Id = "rescan-appliance-1-" + name, Appliance = "appliance-1", Repository = new RepositoryRef("x", name), Outcome = outcome,
            Reason = outcome == Outcome.Succeeded ? null : Nasty,
            StartedAt = Now.AddHours(hours).AddMinutes(-5), FinishedAt = Now.AddHours(hours), DurationSeconds = seconds,
        });

    /// <summary>Reads CSV as RFC 4180 has it.</summary>
    private static List<List<string>> Parse(string csv)
    {
        List<List<string>> rows = [];
        List<string> row = [];
        for (int at = 0; at < csv.Length;)
        {
            Match field = Regex.Match(csv[at..], "\\A(?:\"((?:[^\"]|\"\")*)\"|([^\",\r\n]*))(,|\r\n)");
            Assert.True(field.Success, csv[at..]);
            row.Add(field.Groups[1].Success
                ? field.Groups[1].Value.Replace("\"\"", "\"", StringComparison.Ordinal) : field.Groups[2].Value);
            at += field.Length;
            if (field.Groups[3].Value != ",")
            {
                rows.Add(row);
                row = [];
            }
        }

        return rows;
    }
}
