using Microsoft.DurableTask;

namespace Rescan.Functions.Durable;

/// <summary>What the orchestrations share: the time, waits, and retries of steps that must not be given up.</summary>
internal static class OrchestrationExtensions
{
    /// <summary>
    /// For activities that write to a store, which may be away for a while. About a quarter of an hour; an orchestration that must not
    /// give up calls again, in a new execution, so that no history grows for it.
    /// </summary>
    public static TaskOptions RetryStores { get; } = TaskOptions.FromRetryPolicy(
        new RetryPolicy(8, TimeSpan.FromSeconds(5), 2, TimeSpan.FromMinutes(5)));

    /// <summary>For activities that an orchestration cannot go on without: about a day.</summary>
    public static TaskOptions RetryStoresForADay { get; } = TaskOptions.FromRetryPolicy(
        new RetryPolicy(300, TimeSpan.FromSeconds(5), 2, TimeSpan.FromMinutes(5)));

    /// <summary>The orchestration's time, the same at every replay.</summary>
    public static DateTimeOffset Now(this TaskOrchestrationContext context) => new(context.CurrentUtcDateTime, TimeSpan.Zero);

    /// <summary>
    /// Waits for a time or for one of some events, whichever comes first. A timer that is no longer needed is cancelled: an orchestration
    /// with an open one does not end.
    /// </summary>
    /// <returns>
    /// Whether the time has come. Ask this and not the clock: where the clock was set back in the meantime, timers fire all the same, and
    /// the time of day says that there is more to wait.
    /// </returns>
    public static async Task<bool> WaitAsync(this TaskOrchestrationContext context, DateTimeOffset until, params Task[] events)
    {
        if (events.Any(e => e.IsCompleted) || until <= context.Now())
        {
            return until <= context.Now();
        }

        using CancellationTokenSource awake = new();
        Task timer = context.CreateTimer(until.UtcDateTime, awake.Token);
        if (await Task.WhenAny([timer, .. events]) == timer)
        {
            return true;
        }

        // CancelAsync would leave the orchestrator's thread.
#pragma warning disable CA1849
        awake.Cancel();
#pragma warning restore CA1849
        return false;
    }
}
