using System.Diagnostics;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.DependencyInjection;
using Rescan.Functions.Appliances;
using Rescan.Functions.Rescans;
using Rescan.Functions.Storage;
using Rescan.Local.Cli.Terminal;
using Rescan.Local.Runtime.Hosting;
using Spectre.Console;

namespace Rescan.Local.Cli;

/// <summary>Follows one rescan to its end and shows what changes: phase, log items, trouble, the next poll.</summary>
internal static class Follower
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(200);

    /// <summary>How often a rescan is told that a person looks on.</summary>
    private static readonly TimeSpan TellEvery = TimeSpan.FromSeconds(5);

    public static Task<RescanOutcome> FollowAsync(LocalFunctionHost host, string id, SessionLogs logs, CancellationToken cancellationToken)
    {
        IAnsiConsole console = Screen.Error.Console;
        return Screen.Error.IsLive
            ? console.Status().Spinner(Spinner.Known.Dots).StartAsync(
                "starting", line => FollowAsync(host, id, logs, new LiveProgress(console, line), isLookedOn: true, cancellationToken))
            : FollowAsync(host, id, logs, new PlainProgress(), isLookedOn: false, cancellationToken);
    }

    public static string PhaseText(RescanPhase phase) => phase switch
    {
        RescanPhase.SigningIn => "signing in",
        RescanPhase.Starting => "posting the rescan",
        RescanPhase.Watching => "watching the session",
        RescanPhase.Stopping => "stopping the session",
        RescanPhase.Recording => "recording the outcome",
        _ => "ended",
    };

    private static async Task<RescanOutcome> FollowAsync(
        LocalFunctionHost host, string id, SessionLogs logs, IProgressView view, bool isLookedOn, CancellationToken cancellationToken)
    {
        RescanInstances instances = host.Services.GetRequiredService<RescanInstances>();
        long told = 0;
        RescanStatus? shown = null;
        LogChanges changes = new();
        using PeriodicTimer timer = new(Look);
        while (true)
        {
            OrchestrationMetadata instance = await host.Client.GetInstanceAsync(id, true, cancellationToken)
                ?? throw new CommandException(ExitCodes.Internal, $"Rescan '{id}' is not in the state folder.");
            if (instance.ReadCustomStatusAs<RescanStatus>() is { } status)
            {
                IReadOnlyList<SessionLogItem> log = status.SessionId is { } session ? logs.Of(session) : [];
                bool over = status.Phase is RescanPhase.Recording or RescanPhase.Ended;
                if (!over)
                {
                    Show(view, shown, status);
                }

                foreach (SessionLogItem item in changes.Take(log))
                {
                    view.Log(item);
                }

                if (over)
                {
                    Show(view, shown, status);
                }

                if (!instance.IsCompleted)
                {
                    view.Stand(status, log);
                    if (isLookedOn && (told == 0 || Stopwatch.GetElapsedTime(told) > TellEvery))
                    {
                        await instances.LookAsync(host.Client, id, status.Phase, status.LookedOnUntil, cancellationToken);
                        told = Stopwatch.GetTimestamp();
                    }
                }

                shown = status;
            }

            if (instance.IsCompleted)
            {
                OutcomeStore outcomes = host.Services.GetRequiredService<OutcomeStore>();
                RecordedOutcome? last =
                    (await outcomes.ListAsync(new OutcomeQuery(InstanceId: id, Limit: 1), cancellationToken)).Items.FirstOrDefault();
                return (last?.Outcome.FinishedAt >= instance.CreatedAt ? await outcomes.GetAsync(last.RequestId, cancellationToken) : null)
                    ?? throw new CommandException(
                        ExitCodes.Internal,
                        $"Rescan '{id}' ended without an outcome: {instance.FailureDetails?.ErrorMessage ?? instance.RuntimeStatus.ToString()}");
            }

            await timer.WaitForNextTickAsync(cancellationToken);
        }
    }

    private static void Show(IProgressView view, RescanStatus? before, RescanStatus now)
    {
        if (now.Phase != before?.Phase)
        {
            view.Say(now.Phase == RescanPhase.Watching ? $"watching session {now.SessionId}" : PhaseText(now.Phase));
        }

        if (now.Trouble is not null && now.Trouble != before?.Trouble)
        {
            view.Say("waiting: " + now.Trouble);
        }
    }
}
