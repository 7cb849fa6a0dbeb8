using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask;
using Rescan.Functions.Durable;
using Rescan.Functions.Notifications;
using Rescan.Functions.Rescans;

namespace Rescan.Functions.Runs;

/// <summary>Input of <see cref="RunRetryOrchestration"/>.</summary>
/// <param name="RunId">The run whose failures are retried.</param>
/// <param name="DueAt">When, UTC.</param>
public sealed record RunRetryRequest(string RunId, DateTimeOffset DueAt);

/// <summary>
/// Waits until a run is to be retried, and starts the run that does so. An instance of its own, so that the run has ended meanwhile and the
/// schedule is not kept waiting. Whether it was canceled, or somebody was quicker, stands in the store.
/// </summary>
public static class RunRetryOrchestration
{
    /// <summary>What the instance ids of all waits begin with.</summary>
    public const string InstanceIdPrefix = "retry-";

    /// <summary>The instance id of a run's wait.</summary>
    public static string InstanceIdOf(string runId) => InstanceIdPrefix + runId;

    /// <summary>Waits and starts.</summary>
    /// <param name="context">The durable context; its input is a <see cref="RunRetryRequest"/>.</param>
    [Function(nameof(RunRetryOrchestration))]
    public static async Task RunAsync([OrchestrationTrigger] TaskOrchestrationContext context)
    {
        RunRetryRequest request = context.GetInput<RunRetryRequest>()!;
        Task<string> cancel = context.WaitForExternalEvent<string>(RescanEvents.Cancel);
        await context.WaitAsync(request.DueAt, cancel);
        Notification? untold = await context.CallActivityAsync<Notification?>(
            nameof(StartRetry), request.RunId, OrchestrationExtensions.RetryStoresForADay);
        if (untold is not null)
        {
            await NotificationOrchestration.BeginAsync(context, untold);
        }
    }
}
