using System.CommandLine;
using Rescan.Functions.Notifications;
using Rescan.Functions.Storage;
using Rescan.Local.Cli.Completion;
using Rescan.Local.Cli.Help;
using Rescan.Local.Cli.Terminal;

namespace Rescan.Local.Cli.History;

/// <summary><c>rescan history</c>: how rescans ended, newest first.</summary>
internal static class HistoryCommand
{
    public static Command Create()
    {
        StateLocationArguments location = new();
        Option<string?> appliance = new("--appliance") { HelpName = "NAME", Description = "only those of this appliance" };
        Option<string?> repository = new(
            "--repository", "-r")
        { HelpName = "NAME", Description = "only those of this repository, by name or id" };
        Option<Outcome[]> outcome = new(
            "--outcome")
        {
            HelpName = "OUTCOME", Description = "only those that ended so; may be repeated",
            AllowMultipleArgumentsPerToken = true
        };
        Option<string?> since = new("--since") { HelpName = "TIME", Description = "only those that ended within this time, such as 7d" };
        Option<int> limit = new("--limit") { HelpName = "N", Description = "how many at most", DefaultValueFactory = _ => 20 };
        Option<string> output = Output.Option();
        Command command = new DocumentedCommand("history", "List how rescans ended, newest first")
        {
            Details = "It works while rescan serve or rescan run uses the same state.",
            Examples =
            [
                "rescan history",
                "rescan history --since 7d --outcome Failed TimedOut",
            ],
        };
        command.Add(appliance);
        command.Add(repository);
        command.Add(outcome);
        command.Add(since);
        limit.Validators.Add(r => Ranges.Check(r, limit, 1, int.MaxValue));
        command.Add(limit);
        command.Add(output);
        location.AddTo(command);
        outcome.CompletionSources.Add(Enum.GetNames<Outcome>());
        repository.CompletionSources.Add(Candidates.Repositories(location));
        appliance.CompletionSources.Add(Candidates.Appliances());
        command.SetAction(async (parse, cancellationToken) =>
        {
            DateTimeOffset? from = parse.GetValue(since) is { } text ? DateTimeOffset.UtcNow - Durations.Parse("--since", text) : null;
            Outcome[] wanted = parse.GetValue(outcome) ?? [];
            HistorySource source = await HistorySource.OpenAsync(location, parse, cancellationToken);
            await using (source)
            {
                List<RecordedOutcome> found = [];
                await foreach (RecordedOutcome item in source.GetEndedAsync(
                    new OutcomeQuery(parse.GetValue(appliance), parse.GetValue(repository)), from, cancellationToken))
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
            Screen.Out.Say("No rescan fits.");
            return;
        }

        HistoryTable.Of(found.Select(f => f.Outcome)).Print(Screen.Out);
    }
}
