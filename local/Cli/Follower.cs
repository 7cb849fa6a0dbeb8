using System.Globalization;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.DependencyInjection;
using Rescan.Functions.Orchestrations;
using Rescan.Functions.Outcomes;
using Rescan.Local.Runtime.Hosting;

namespace Rescan.Local.Cli;

/// <summary>Follows one rescan to its end and shows what changes: phase, log messages, trouble, the next poll.</summary>
internal static class Follower
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(200);

    public static async Task<RescanOutcome> FollowAsync(LocalFunctionHost host, string id, CancellationToken cancellationToken)
    {
        RescanStatus? shown = null;
        using PeriodicTimer timer = new(Look);
        while (true)
        {
            OrchestrationMetadata instance = await host.Client.GetInstanceAsync(id, true, cancellationToken).ConfigureAwait(false)
                ?? throw new CommandException(ExitCodes.Internal, $"Rescan '{id}' is not in the state folder.");
            if (instance.ReadCustomStatusAs<RescanStatus>() is { } status)
            {
                Show(shown, status);
                shown = status;
            }

            if (instance.IsCompleted)
            {
                return (await host.Services.GetRequiredService<IOutcomeStore>().GetRecentAsync(id, 1, cancellationToken).ConfigureAwait(false)).FirstOrDefault(o => o.FinishedAt >= instance.CreatedAt)
                    ?? throw new CommandException(ExitCodes.Internal, $"Rescan '{id}' ended without an outcome: {instance.FailureDetails?.ErrorMessage ?? instance.RuntimeStatus.ToString()}");
            }

            await timer.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private static void Show(RescanStatus? before, RescanStatus now)
    {
        if (now.Phase != before?.Phase)
        {
            Output.Step(now.Phase switch
            {
                RescanPhase.SigningIn => "signing in",
                RescanPhase.Starting => "posting the rescan",
                RescanPhase.Watching => $"watching session {now.SessionId}",
                RescanPhase.Stopping => "stopping the session",
                RescanPhase.Recording => "recording the outcome",
                _ => "ended",
            });
        }

        if (now.Trouble is not null && now.Trouble != before?.Trouble)
        {
            Output.Step("waiting: " + now.Trouble);
        }

        if (now.LastMessage is not null && now.LastMessage != before?.LastMessage)
        {
            Output.Step("log: " + now.LastMessage);
        }

        if (now.NextPollAt is { } next && next != before?.NextPollAt && now.Phase == RescanPhase.Watching)
        {
            Output.Step(string.Create(CultureInfo.InvariantCulture, $"poll {now.Polls} done, next in {Math.Max(0, (next - DateTimeOffset.UtcNow).TotalSeconds):0.0} s"));
        }
    }
}
