using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Logging;

namespace Rescan.Functions.Triggers;

/// <summary>Starts the scheduled run over all appliances.</summary>
/// <param name="starter">Starts runs.</param>
/// <param name="log">The log.</param>
public sealed class NightlyRescan(RescanStarter starter, ILogger<NightlyRescan> log)
{
    /// <summary>Instance id of the scheduled run: one at a time.</summary>
    public const string InstanceId = "fleet-scheduled";

    /// <summary>Runs on schedule.</summary>
    /// <param name="timer">What the schedule says.</param>
    /// <param name="client">The durable client.</param>
    /// <param name="cancellationToken">Ends with the host.</param>
    [Function(nameof(NightlyRescan))]
    public async Task RunAsync([TimerTrigger("%RescanSchedule%")] TimerInfo timer, [DurableClient] DurableTaskClient client, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(timer);
        if ((await starter.StartFleetAsync(client, InstanceId, starter.FleetOf(null, null), cancellationToken).ConfigureAwait(false)).Joined)
        {
            log.LogWarning("The scheduled run is skipped: the one before it still goes on ({InstanceId})", InstanceId);
        }
        else
        {
            log.LogInformation("The scheduled run {InstanceId} has started{PastDue}", InstanceId, timer.IsPastDue ? ", late" : "");
        }
    }
}
