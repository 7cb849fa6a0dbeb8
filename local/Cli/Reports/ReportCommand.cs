using System.CommandLine;
using System.Text;
using Rescan.Functions.Storage;
using Rescan.Local.Cli.Help;
using Rescan.Local.Cli.History;

namespace Rescan.Local.Cli.Reports;

/// <summary><c>rescan report</c>: how the rescans of a period went, as a text, a page or a table of data.</summary>
internal static class ReportCommand
{
    public static Command Create()
    {
        StateLocationArguments location = new();
        Option<string> since = new(
            "--since")
        { HelpName = "TIME", Description = "how far back, such as 7d or 12h", DefaultValueFactory = _ => "7d" };
        Option<string> format = new Option<string>(
            "--format", "--output", "-o")
        {
            HelpName = "FORMAT", Description =
                "text, md, html (one file, pictures inside), json, or csv (a line a rescan)", DefaultValueFactory = _ => "text"
        }
            .AcceptOnlyFromAmong("text", "md", "html", "json", "csv");
        Option<FileInfo?> file = new("--file", "-f") { HelpName = "FILE", Description = "write to this file instead of stdout" };
        Command command = new DocumentedCommand("report", "Report how the rescans of the last days went")
        {
            Details = "It works while rescan serve or rescan run uses the same state.",
            Examples =
            [
                "rescan report",
                "rescan report --since 30d --format html --file report.html",
            ],
            ExitCodes = [
                ("0", "written"), ("2", "written, but no rescan ended in that time"), ("64", "the command line"),
                ("78", "the state cannot be used, or holds no rescans")],
        };
        command.Add(since);
        command.Add(format);
        command.Add(file);
        location.AddTo(command);
        command.SetAction(async (parse, cancellationToken) =>
        {
            DateTimeOffset to = DateTimeOffset.UtcNow;
            DateTimeOffset from = to - Durations.Parse("--since", parse.GetValue(since)!);
            HistorySource source = await HistorySource.OpenAsync(location, parse, cancellationToken);
            await using (source)
            {
                List<RecordedOutcome> rescans = [];
                await foreach (RecordedOutcome rescan in source.GetEndedAsync(new OutcomeQuery(), from, cancellationToken))
                {
                    rescans.Add(rescan);
                }

                rescans.Sort((a, b) => b.Outcome.FinishedAt.CompareTo(a.Outcome.FinishedAt));
                RescanReport report = RescanReport.Of(from, to, rescans);
                if (report.Total > 0)
                {
                    await WriteAsync(report, parse.GetValue(format)!, parse.GetValue(file), cancellationToken);
                    return 0;
                }

                OutcomePage last = await source.Outcomes.ListAsync(new OutcomeQuery(Limit: 1), cancellationToken);
                report = report with { LastBefore = last.Items.Count == 0 ? null : last.Items[0].Outcome.FinishedAt };
                await WriteAsync(report, parse.GetValue(format)!, parse.GetValue(file), cancellationToken);

                // Where a program reads the report, a person would not learn that there is nothing in it.
                if (parse.GetValue(file) is not null || parse.GetValue(format) is "json" or "csv")
                {
                    Output.Step(report.Summary);
                }

                return ExitCodes.Of(Outcome.Warning);
            }
        });
        return command;
    }

    private static async Task WriteAsync(RescanReport report, string format, FileInfo? file, CancellationToken cancellationToken)
    {
        if (format == "text" && file is null)
        {
            TextReport.Print(report);
            return;
        }

        string text = format switch
        {
            "md" => MarkdownReport.Write(report),
            "html" => HtmlReport.Write(report),
            "json" => Output.ToJson(report) + "\n",
            "csv" => CsvReport.Write(report),
            _ => TextReport.Write(report),
        };
        if (file is null)
        {
            Stream stdout = Console.OpenStandardOutput();
            await using (stdout)
            {
                await stdout.WriteAsync(Encoding.UTF8.GetBytes(text), cancellationToken);
            }
        }
        else
        {
            await File.WriteAllTextAsync(file.FullName, text, new UTF8Encoding(false), cancellationToken);
            Output.Step($"wrote {file.FullName}");
        }
    }
}
