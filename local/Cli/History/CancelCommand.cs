using System.CommandLine;
using Microsoft.DurableTask.Client;
using Rescan.Functions.Appliances;
using Rescan.Functions.Rescans;
using Rescan.Functions.Storage;
using Rescan.Local.Cli.Completion;
using Rescan.Local.Cli.Help;
using Rescan.Local.Cli.Settings;
using Rescan.Local.Cli.Start;
using Rescan.Local.Cli.Terminal;
using Rescan.Local.Runtime.Durable;

namespace Rescan.Local.Cli.History;

/// <summary><c>rescan cancel</c>: cancels a rescan and has its session stopped on the appliance.</summary>
internal static class CancelCommand
{
    private const string Reason = "Canceled by the operator.";
    private const string UnderWay = "is being canceled; rescan status shows when it has ended.";
    private const string Left =
        "is canceled as soon as rescan serve, or the rescan run that began it, goes on with it: no process runs it now.";

    public static Command Create()
    {
        StateLocationArguments location = new();
        Argument<string> id = new("ID") { Description = "the rescan's id or request id, or its repository's name" };
        Option<string> settings = SettingsFile.Option();
        Option<string> output = Output.Option();
        Command command = new DocumentedCommand("cancel", "Cancel a rescan and stop its session")
        {
            Details = "The process that runs it is told; when none runs, the wish is left in the state for the next one.",
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
            HistorySource source = await HistorySource.OpenAsync(location, parse, cancellationToken);
            await using (source)
            {
                RescanView rescan = await source.FindAsync(parse.GetValue(id)!, cancellationToken);
                if (rescan.Outcome is { } outcome)
                {
                    throw new CommandException(
                        ExitCodes.Rejected, Words.Line($"The rescan of {rescan.Repository.Name} has ended already: {outcome.Outcome}."));
                }

                string? key = ServerArguments.Key(SettingsFile.Read(parse, settings));
                string how = await CancelAsync(source, rescan, key, cancellationToken);
                if (parse.GetValue(output) == "json")
                {
                    Output.PrintJson(new { rescan.Id, rescan.RequestId, status = "Canceling" });
                }
                else
                {
                    Screen.Out.Say(Words.Line($"The rescan of {rescan.Repository.Name} on {rescan.Appliance} {how}"));
                }
            }

            return 0;
        });
        return command;
    }

    private static async Task<string> CancelAsync(HistorySource source, RescanView rescan, string? key, CancellationToken cancellationToken)
    {
        Uri? address = await source.GetServingAddressAsync(cancellationToken);
        try
        {
            TaskHub hub = await source.Location.OpenTaskHubAsync(cancellationToken);
            await using (hub)
            {
                DurableTaskClient client = hub.CreateClient();
                string id = rescan.Waits ? RescanRequest.WaitingIdOf(rescan.Id) : rescan.Id;
                if (await client.GetInstanceAsync(id, cancellationToken) is not { IsCompleted: false })
                {
                    throw new CommandException(ExitCodes.Rejected, $"Rescan '{rescan.Id}' has ended already.");
                }

                await client.RaiseEventAsync(
                    id, RescanEvents.Cancel, new RescanCancel(Reason, rescan.RequestId) { By = CommandUser.Initiator }, cancellationToken);
                return address is not null && source.Location.Storage is not null ? UnderWay : Left;
            }
        }
        catch (TaskHubInUseException e)
        {
            using OwnerClient owner = new(
                address ?? throw new CommandException(ExitCodes.Unreachable, $"{e.Message} It has not told where it answers."), key);
            await owner.CancelAsync(rescan.Id, rescan.RequestId, cancellationToken);
            return UnderWay;
        }
    }
}
