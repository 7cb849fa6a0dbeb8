using Rescan.Functions.Configuration;
using Rescan.Functions.Notifications;
using Rescan.Functions.Storage;

namespace Rescan.Functions.Runs;

/// <summary>When a run is retried by itself, and what is told of it.</summary>
internal static class RunRetries
{
    /// <summary>The retry of a run that has ended; null when nothing of it would be helped, or enough was tried. Pure.</summary>
    /// <param name="run">The run, ended.</param>
    /// <param name="items">Its items.</param>
    /// <param name="options">The settings.</param>
    public static RunRetry? Plan(RunRecord run, IReadOnlyList<RunItem> items, RetryOptions options) =>
        run is { Status: RunStatus.Completed or RunStatus.TimedOut, FinishedAt: { } end }
        && run.Try <= options.AtMost
        && new RunRepetition(run, items, withCanceled: false, withRejected: false).Appliances.Count > 0
            ? new RunRetry(end + options.After)
            : null;

    /// <summary>What is told of a run that is not retried any more: of it and the tries before it together.</summary>
    public static async Task<Notification> NotificationOfAsync(RunStore runs, RunRecord run, CancellationToken cancellationToken)
    {
        RunTries tries = await RunTries.ReadAsync(runs, run, cancellationToken);
        return new Notification(run.Id) { Run = tries.Summarize(), IsScheduled = tries.IsScheduled };
    }
}
