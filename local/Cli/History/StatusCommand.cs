using System.CommandLine;
using System.Globalization;
using Rescan.Functions.Notifications;
using Rescan.Functions.Rescans;
using Rescan.Functions.Storage;
using Spectre.Console;

namespace Rescan.Local.Cli.History;

/// <summary><c>rescan status</c>: what runs now, and how each repository stands.</summary>
internal static class StatusCommand
{
    public static Command Create()
    {
        StateLocationArguments location = new();
        Option<string> output = Output.Option();
        Command command = new("status", """
            Show the rescans that run now, and how each repository's last rescan ended, those that went wrong first.

              rescan status

            """) { output };
        location.AddTo(command);
        command.SetAction(async (parse, cancellationToken) =>
        {
            HistorySource source = await HistorySource.OpenAsync(location, parse, cancellationToken).ConfigureAwait(false);
            await using (source.ConfigureAwait(false))
            {
                IReadOnlyList<RescanView> running = await source.GetRunningAsync(cancellationToken).ConfigureAwait(false);
                RescanOutcome[] last =
                [
                    .. (await source.Outcomes.GetLatestAsync(cancellationToken).ConfigureAwait(false)).Select(o => o with { Log = [], Timeline = null })
                        .OrderByDescending(o => o.Outcome.Severity()).ThenBy(o => o.Appliance, StringComparer.Ordinal).ThenBy(o => o.Repository.Name, StringComparer.Ordinal),
                ];
                Uri? owner = await source.GetServingAddressAsync(cancellationToken).ConfigureAwait(false);
                if (parse.GetValue(output) == "json")
                {
                    Output.PrintJson(new { servedAt = owner?.AbsoluteUri, running, last });
                }
                else
                {
                    PrintRunning(running, owner);
                    PrintLast(last);
                }
            }

            return 0;
        });
        return command;
    }

    private static void PrintRunning(IReadOnlyList<RescanView> running, Uri? owner)
    {
        string served = owner is not null ? $"served at {owner}api"
            : running.Count > 0 ? "no process runs them now; rescan serve, or the rescan run that began them, goes on with them"
            : "no process serves this state now";
        Console.Out.WriteLine(running.Count switch { 0 => $"No rescan runs ({served}).", 1 => $"1 rescan runs ({served}):", _ => $"{running.Count} rescans run ({served}):" });
        if (running.Count == 0)
        {
            return;
        }

        Table table = Tables.Of("repository", "appliance", "phase", "since", "polls", "next poll", "id", "last message");
        foreach (RescanView rescan in running)
        {
            table.AddRow(
                Tables.Cell(rescan.Repository.Name), Tables.Cell(rescan.Appliance), Tables.Cell(rescan.Phase?.ToString() ?? rescan.Status),
                Tables.Cell(DisplayFormat.Duration(Age(rescan.StartedAt))), Tables.Cell(rescan.Polls.ToString(CultureInfo.InvariantCulture)),
                Tables.Cell(rescan.NextPollAt is { } next && next > DateTimeOffset.UtcNow ? "in " + DisplayFormat.Duration(next - DateTimeOffset.UtcNow) : "now"),
                Tables.Cell(rescan.Id), Tables.Cell(rescan.Trouble ?? rescan.LastMessage));
        }

        Tables.Print(table);
    }

    private static void PrintLast(RescanOutcome[] last)
    {
        Console.Out.WriteLine(last.Length switch { 0 => "No rescan has ended yet.", 1 => "1 repository was rescanned:", _ => $"{last.Length} repositories were rescanned:" });
        if (last.Length == 0)
        {
            return;
        }

        Table table = Tables.Of("repository", "appliance", "last outcome", "ended", "took", "reason");
        foreach (RescanOutcome outcome in last)
        {
            table.AddRow(
                Tables.Cell(outcome.Repository.Name), Tables.Cell(outcome.Appliance), Tables.Cell(outcome.Outcome), Tables.Cell(DisplayFormat.Duration(Age(outcome.FinishedAt)) + " ago"),
                Tables.Cell(DisplayFormat.Duration(TimeSpan.FromSeconds(outcome.DurationSeconds))), Tables.Cell(outcome.Reason));
        }

        Tables.Print(table);
    }

    private static TimeSpan Age(DateTimeOffset time) => DateTimeOffset.UtcNow is var now && now > time ? now - time : TimeSpan.Zero;
}
