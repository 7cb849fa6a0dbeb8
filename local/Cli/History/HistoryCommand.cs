using System.CommandLine;
using System.Globalization;
using Rescan.Functions.Notifications;
using Rescan.Functions.Storage;
using Spectre.Console;

namespace Rescan.Local.Cli.History;

/// <summary><c>rescan history</c>: how rescans ended, newest first.</summary>
internal static class HistoryCommand
{
    public static Command Create()
    {
        StateLocationArguments location = new();
        Option<string?> appliance = new("--appliance") { Description = "only those of this appliance" };
        Option<string?> repository = new("--repository", "-r") { Description = "only those of this repository, by name or id" };
        Option<Outcome[]> outcome = new("--outcome") { Description = "only those that ended so; may be repeated", AllowMultipleArgumentsPerToken = true };
        Option<string?> since = new("--since") { Description = "only those that ended within this time, such as 7d" };
        Option<int> limit = new("--limit") { Description = "how many at most", DefaultValueFactory = _ => 20 };
        Option<string> output = Output.Option();
        Command command = new("history", """
            List how rescans ended, newest first. Works while rescan serve or rescan run uses the same state.

              rescan history --since 7d --outcome Failed TimedOut

            """) { appliance, repository, outcome, since, limit, output };
        location.AddTo(command);
        command.SetAction(async (parse, cancellationToken) =>
        {
            DateTimeOffset? from = parse.GetValue(since) is { } text ? DateTimeOffset.UtcNow - Durations.Parse("--since", text) : null;
            Outcome[] wanted = parse.GetValue(outcome) ?? [];
            HistorySource source = await HistorySource.OpenAsync(location, parse, cancellationToken).ConfigureAwait(false);
            await using (source.ConfigureAwait(false))
            {
                List<RecordedOutcome> found = [];
                await foreach (RecordedOutcome item in source.GetEndedAsync(new OutcomeQuery(parse.GetValue(appliance), parse.GetValue(repository)), from, cancellationToken).ConfigureAwait(false))
                {
                    if (wanted.Length > 0 && !wanted.Contains(item.Outcome.Outcome))
                    {
                        continue;
                    }

                    if (found.Count == parse.GetValue(limit))
                    {
                        break;
                    }

                    found.Add(item);
                }

                Print(found, parse.GetValue(output) == "json");
            }

            return 0;
        });
        return command;
    }

    private static void Print(List<RecordedOutcome> found, bool json)
    {
        if (json)
        {
            Output.PrintJson(new { items = found });
            return;
        }

        if (found.Count == 0)
        {
            Console.Out.WriteLine("No rescan fits.");
            return;
        }

        Table table = Tables.Of("ended", "repository", "appliance", "outcome", "took", "polls", "reason");
        foreach (RescanOutcome outcome in found.Select(f => f.Outcome))
        {
            table.AddRow(
                Tables.Cell(DisplayFormat.Time(outcome.FinishedAt)), Tables.Cell(outcome.Repository.Name), Tables.Cell(outcome.Appliance), Tables.Cell(outcome.Outcome),
                Tables.Cell(DisplayFormat.Duration(TimeSpan.FromSeconds(outcome.DurationSeconds))), Tables.Cell(outcome.Polls.ToString(CultureInfo.InvariantCulture)), Tables.Cell(outcome.Reason));
        }

        Tables.Print(table);
    }
}
