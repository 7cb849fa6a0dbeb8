using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;
using Rescan.Functions.Durable;
using Rescan.Functions.Storage;

namespace Rescan.Functions.Runs;

/// <summary>Begins to wait for a run's retry. Repeated, it joins the wait that it began.</summary>
/// <param name="runs">Where runs are kept.</param>
/// <param name="time">The clock.</param>
public sealed class ScheduleRetry(RunStore runs, TimeProvider time)
{
    /// <summary>Begins to wait.</summary>
    /// <param name="runId">The run.</param>
    /// <param name="client">The durable client.</param>
    /// <param name="cancellationToken">Ends with the host.</param>
    [Function(nameof(ScheduleRetry))]
    public async Task RunAsync(
        [ActivityTrigger] string runId, [DurableClient] DurableTaskClient client, CancellationToken cancellationToken)
    {
        if (await runs.GetRunAsync(runId, cancellationToken) is { Retry: { } retry } run)
        {
            // Whoever canceled it before there was a wait could not wake it.
            DateTimeOffset dueAt = run.IsRetryDue ? retry.DueAt : time.GetUtcNow();
            await client.StartOrJoinAsync(
                nameof(RunRetryOrchestration), RunRetryOrchestration.InstanceIdOf(runId), new RunRetryRequest(runId, dueAt),
                cancellationToken);
        }
    }
}
