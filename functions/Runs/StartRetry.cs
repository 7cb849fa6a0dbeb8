using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;
using Rescan.Functions.Notifications;
using Rescan.Functions.Storage;

namespace Rescan.Functions.Runs;

/// <summary>Starts the run that retries another, once however often it is called.</summary>
/// <param name="runs">Where runs are kept.</param>
/// <param name="repeater">Repeats runs.</param>
public sealed class StartRetry(RunStore runs, RunRepeater repeater)
{
    /// <summary>Starts.</summary>
    /// <param name="runId">The run that is retried.</param>
    /// <param name="client">The durable client.</param>
    /// <param name="cancellationToken">Ends with the host.</param>
    /// <returns>What is to be told, since no retry will tell it; null when one will.</returns>
    [Function(nameof(StartRetry))]
    public async Task<Notification?> RunAsync(
        [ActivityTrigger] string runId, [DurableClient] DurableTaskClient client, CancellationToken cancellationToken) =>
        await repeater.RetryAsync(client, runId, cancellationToken) is { Retry.CanceledAt: not null } canceled
            ? await RunRetries.NotificationOfAsync(runs, canceled, cancellationToken)
            : null;
}
