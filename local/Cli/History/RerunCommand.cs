using System.CommandLine;
using Rescan.Functions.Notifications;
using Rescan.Functions.Rescans;
using Rescan.Functions.Storage;
using Rescan.Local.Cli.Help;
using Rescan.Local.Cli.Settings;
using Rescan.Local.Cli.Start;
using Rescan.Local.Cli.Terminal;

namespace Rescan.Local.Cli.History;

/// <summary><c>rescan rerun</c>: has the process that serves rescan again what failed in a run.</summary>
internal static class RerunCommand
{
    public static Command Create()
    {
        StateLocationArguments location = new();
        Argument<string?> run = new("RUN")
        {
            Description = "the run's id; the last run that has ended, unless given", Arity = ArgumentArity.ZeroOrOne,
        };
        Option<bool> canceled = new("--canceled") { Description = "canceled rescans too" };
        Option<string> settings = SettingsFile.Option();
        Option<string> output = Output.Option();
        Command command = new DocumentedCommand("rerun", "Rescan again what failed in a run")
        {
            Details = "A run of its own takes the repositories that were not rescanned, and appliances that could not be asked. "
                + "rescan serve has to run: it is asked to do so.",
            Examples =
            [
                "rescan rerun",
                "rescan rerun run-scheduled-20260308t013000z",
            ],
        };
        command.Add(run);
        command.Add(canceled);
        command.Add(settings);
        command.Add(output);
        location.AddTo(command);
        command.SetAction(async (parse, cancellationToken) =>
        {
            HistorySource source = await HistorySource.OpenAsync(location, parse, cancellationToken);
            await using (source)
            {
                Uri address = await source.GetServingAddressAsync(cancellationToken)
                    ?? throw new CommandException(
                        ExitCodes.Unreachable,
                        $"No process serves the state in {source.Location.Folder}. Start rescan serve, then ask again.");
                using OwnerClient owner = new(address, ServerArguments.Key(SettingsFile.Read(parse, settings)));
                string repeated = parse.GetValue(run) ?? await LastAsync(owner, cancellationToken);
                AcceptedView accepted = await owner.RerunAsync(repeated, parse.GetValue(canceled), cancellationToken);
                if (parse.GetValue(output) == "json")
                {
                    Output.PrintJson(new { accepted.Id, Repeats = repeated, accepted.Joined });
                }
                else
                {
                    Screen.Out.Say(
                        $"{(accepted.Joined ? "What failed is being rescanned already" : "What failed is rescanned")}: run {accepted.Id}.");
                    Screen.Out.Say($"It repeats {repeated}.");
                    Screen.Out.Say($"{owner.Address}api/#/runs/{Uri.EscapeDataString(accepted.Id)}");
                }
            }

            return 0;
        });
        return command;
    }

    private static async Task<string> LastAsync(OwnerClient owner, CancellationToken cancellationToken)
    {
        RunRecordPage runs = await owner.GetRunsAsync(cancellationToken);
        return runs.Items.FirstOrDefault(r => r is { FinishedAt: not null, Status: not RunStatus.Skipped })?.Id
            ?? throw new CommandException(
                ExitCodes.Rejected,
                runs.Items.FirstOrDefault(r => r.FinishedAt is null) is { } first
                    ? $"No run has ended yet; {first.Id} began {DisplayFormat.Time(first.StartedAt)} and goes on."
                    : "No run is recorded yet. rescan serve begins them on schedule, and when asked to.");
    }
}
