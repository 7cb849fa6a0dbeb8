using System.Diagnostics;
using Rescan.Functions.Appliances;
using Rescan.Functions.Rescans;
using Rescan.Functions.Storage;
using Rescan.Local.Cli.Terminal;
using Spectre.Console;

namespace Rescan.Local.Cli;

/// <summary>A rescan that is followed, in this process or at a server.</summary>
internal interface IFollowedRescan
{
    /// <summary>The repository's name, which lines about it begin with; empty where there is only one.</summary>
    string Name { get; }

    /// <summary>How often to ask.</summary>
    TimeSpan Pace { get; }

    /// <summary>The rescan as it is.</summary>
    Task<RescanView> ReadAsync(CancellationToken cancellationToken);

    /// <summary>Its session's log as far as it is known.</summary>
    Task<IReadOnlyList<SessionLogItem>> ReadLogAsync(RescanView rescan, CancellationToken cancellationToken);

    /// <summary>Tells it that somebody looks on, so that its session is polled more often.</summary>
    Task LookAsync(RescanView rescan, CancellationToken cancellationToken);
}

/// <summary>Follows one rescan to its end and shows what changes: phase, log items, trouble, the next poll.</summary>
internal static class Follower
{
    /// <summary>How often a rescan is told that a person looks on.</summary>
    private static readonly TimeSpan TellEvery = TimeSpan.FromSeconds(5);

    /// <returns>The outcome, with its log.</returns>
    public static Task<RescanOutcome> FollowAsync(IFollowedRescan rescan, CancellationToken cancellationToken)
    {
        IAnsiConsole console = Screen.Error.Console;
        return Screen.Error.IsLive
            ? console.Status().Spinner(Spinner.Known.Dots).StartAsync(
                "starting", line => FollowAsync(rescan, new LiveProgress(console, line, rescan.Name), isLookedOn: true, cancellationToken))
            : FollowAsync(rescan, new PlainProgress(rescan.Name), isLookedOn: false, cancellationToken);
    }

    /// <summary>What a rescan does now.</summary>
    public static string Doing(RescanView rescan) => rescan switch
    {
        { Waits: true } => "waiting for the rescan before it to end",
        { Phase: RescanPhase.SigningIn } => "signing in",
        { Phase: RescanPhase.Starting } => "posting the rescan",
        { Phase: RescanPhase.Watching } => "watching the session",
        { Phase: RescanPhase.Stopping } => "stopping the session",
        { Phase: RescanPhase.Recording } => "recording the outcome",
        { Phase: null } => "starting",
        _ => "ended",
    };

    private static async Task<RescanOutcome> FollowAsync(
        IFollowedRescan followed, IProgressView view, bool isLookedOn, CancellationToken cancellationToken)
    {
        long told = 0;
        RescanView? shown = null;
        LogChanges changes = new();
        using PeriodicTimer timer = new(followed.Pace);
        while (true)
        {
            RescanView now = await followed.ReadAsync(cancellationToken);
            bool isUnderWay = now.Status is "Pending" or "Running" or "Suspended";
            bool isOver = !isUnderWay || now is { Waits: false, Phase: RescanPhase.Recording or RescanPhase.Ended };
            IReadOnlyList<SessionLogItem> log = now.Waits ? [] : await followed.ReadLogAsync(now, cancellationToken);
            if (!isOver)
            {
                Show(view, shown, now);
            }

            foreach (SessionLogItem item in changes.Take(log))
            {
                view.Log(item);
            }

            if (isOver)
            {
                Show(view, shown, now);
            }

            shown = now;
            if (!isUnderWay)
            {
                return now.Outcome is { } outcome ? outcome with { Log = log }
                    : throw new CommandException(
                        ExitCodes.Internal, $"Rescan '{now.Id}' ended without an outcome: {now.Error ?? now.Status}");
            }

            view.Stand(now, log);
            if (isLookedOn && (told == 0 || Stopwatch.GetElapsedTime(told) > TellEvery))
            {
                await followed.LookAsync(now, cancellationToken);
                told = Stopwatch.GetTimestamp();
            }

            await timer.WaitForNextTickAsync(cancellationToken);
        }
    }

    private static void Show(IProgressView view, RescanView? before, RescanView now)
    {
        if (now.Waits ? before is null : now.Phase is not null && (now.Phase != before?.Phase || before.Waits))
        {
            view.Say(now is { Waits: false, Phase: RescanPhase.Watching } ? $"watching session {now.SessionId}" : Doing(now));
        }

        if (now.Trouble is not null && now.Trouble != before?.Trouble)
        {
            view.Say("waiting: " + now.Trouble);
        }
    }
}
