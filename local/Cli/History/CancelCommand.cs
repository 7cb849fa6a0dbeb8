using System.CommandLine;
using Rescan.Functions.Appliances;
using Rescan.Functions.Rescans;
using Rescan.Functions.Storage;
using Rescan.Local.Cli.Completion;
using Rescan.Local.Cli.Help;
using Rescan.Local.Cli.Terminal;
using Rescan.Local.Runtime;
using Rescan.Local.Runtime.Storage;

namespace Rescan.Local.Cli.History;

/// <summary><c>rescan cancel</c>: cancels a rescan and has its session stopped on the appliance.</summary>
internal static class CancelCommand
{
    private const string Reason = "Canceled by the operator.";

    public static Command Create()
    {
        StateLocationArguments location = new();
        Argument<string> id = new("ID") { Description = "the rescan's id or request id, or its repository's name" };
        Option<string> settings = SettingsFile.Option();
        Option<string> output = Output.Option();
        Command command = new DocumentedCommand("cancel", "Cancel a rescan and stop its session")
        {
            Details = "The process that runs it is asked by its HTTP API; when none runs, the wish is left in the state for the next one.",
            Examples =
            [
                "rescan cancel prod",
            ],
        };
        command.Add(id);
        command.Add(settings);
        command.Add(output);
        location.AddTo(command);
        id.CompletionSources.Add(Candidates.Repositories(location));
        command.SetAction(async (parse, cancellationToken) =>
        {
            HistorySource source = await HistorySource.OpenAsync(location, parse, cancellationToken).ConfigureAwait(false);
            await using (source.ConfigureAwait(false))
            {
                RescanView rescan = await source.FindAsync(parse.GetValue(id)!, cancellationToken).ConfigureAwait(false);
                if (rescan.Outcome is { } outcome)
                {
                    throw new CommandException(ExitCodes.Rejected, $"The rescan of {rescan.Repository.Name} has ended already: {outcome.Outcome}.");
                }

                string? key = SettingsFile.Read(parse.GetValue(settings)!).GetValueOrDefault("Rescan__Key");
                string how = await CancelAsync(source, rescan.Id, key, cancellationToken).ConfigureAwait(false);
                if (parse.GetValue(output) == "json")
                {
                    Output.PrintJson(new { rescan.Id, rescan.RequestId, status = "Canceling" });
                }
                else
                {
                    Screen.Out.Say($"The rescan of {rescan.Repository.Name} on {rescan.Appliance} {how}");
                }
            }

            return 0;
        });
        return command;
    }

    private static async Task<string> CancelAsync(HistorySource source, string id, string? key, CancellationToken cancellationToken)
    {
        try
        {
            StateStore store = await source.Location.OpenStoreAsync(cancellationToken).ConfigureAwait(false);
            await using (store.ConfigureAwait(false))
            {
                return await store.LeaveEventAsync(id, RescanEvents.Cancel, Reason, cancellationToken).ConfigureAwait(false)
                    ? "is canceled as soon as rescan serve, or the rescan run that began it, goes on with it: no process runs it now."
                    : throw new CommandException(ExitCodes.Rejected, $"Rescan '{id}' has ended already.");
            }
        }
        catch (StateStoreInUseException e)
        {
            Uri address = await source.GetOwnerAddressAsync(cancellationToken).ConfigureAwait(false)
                ?? throw new CommandException(ExitCodes.Unreachable, $"{e.Message} It has not told where it answers.");
            using OwnerClient owner = new(address, key);
            await owner.CancelAsync(id, cancellationToken).ConfigureAwait(false);
            return "is being canceled; rescan status shows when it has ended.";
        }
    }
}
