using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;

namespace Rescan.Functions.Schedules;

/// <summary>
/// The timer of all schedules. It looks every minute, and each schedule has its own cron and zone inside: timers of the Functions host have
/// one zone for all of them, and on Flex Consumption none but UTC. The host need not remember when it fired: what was missed, the app
/// knows itself.
/// </summary>
/// <param name="ticker">Starts what is due.</param>
public sealed class StartScheduledRuns(ScheduleTicker ticker)
{
    /// <summary>Looks.</summary>
    /// <param name="timer">The timer.</param>
    /// <param name="client">The durable client.</param>
    /// <param name="cancellationToken">Ends with the host.</param>
    [Function(nameof(StartScheduledRuns))]
    public Task RunAsync(
        [TimerTrigger("0 * * * * *", UseMonitor = false)] TimerInfo timer, [DurableClient] DurableTaskClient client,
        CancellationToken cancellationToken) => ticker.TickAsync(client, cancellationToken);
}
