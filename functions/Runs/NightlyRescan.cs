using System.Globalization;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Rescan.Functions.Configuration;
using Rescan.Functions.Durable;
using Rescan.Functions.Rescans;
using Rescan.Functions.Storage;

namespace Rescan.Functions.Runs;

/// <summary>Starts the scheduled run, unless the one before still goes on.</summary>
/// <param name="starter">Starts runs.</param>
/// <param name="runs">Where runs are kept.</param>
/// <param name="options">The settings.</param>
/// <param name="time">The clock.</param>
/// <param name="log">The log.</param>
public sealed class NightlyRescan(RunStarter starter, IRunStore runs, IOptions<RescanOptions> options, TimeProvider time, ILogger<NightlyRescan> log)
{
    /// <summary>What the ids of scheduled runs begin with; the time they were due follows.</summary>
    public const string InstanceIdPrefix = RunRequest.InstanceIdPrefix + "scheduled-";

    /// <summary>Runs on schedule.</summary>
    /// <param name="timer">What the schedule says.</param>
    /// <param name="client">The durable client.</param>
    /// <param name="cancellationToken">Ends with the host.</param>
    [Function(nameof(NightlyRescan))]
    public async Task RunAsync([TimerTrigger("%RescanSchedule%")] TimerInfo timer, [DurableClient] DurableTaskClient client, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(timer);
        ArgumentNullException.ThrowIfNull(client);
        DateTimeOffset now = time.GetUtcNow();

        // By when it was due, so that several hosts on one task hub start one run.
        DateTimeOffset due = timer.ScheduleStatus?.Next.ToUniversalTime() is { } scheduled && scheduled > DateTime.UnixEpoch && scheduled <= now.UtcDateTime ? scheduled : now;
        string id = InstanceIdPrefix + due.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture).ToLowerInvariant();
        if (await RunningAsync(client, cancellationToken).ConfigureAwait(false) is { } before)
        {
            if (before != id)
            {
                log.LogWarning("The scheduled run {RunId} is skipped: {Before} still goes on", id, before);
                RunRecord skipped = new() { Id = id, Status = RunStatus.Skipped, StartedAt = now, FinishedAt = now, Reason = $"The scheduled run before it, {before}, still went on." };
                await runs.AddRunAsync(skipped, cancellationToken).ConfigureAwait(false);
            }

            return;
        }

        NightlyOptions nightly = options.Value.Nightly;
        RepositoryFilter filter = new([.. nightly.Include.Where(IsSet)], [.. nightly.Exclude.Where(IsSet)], IsSet(nightly.Bucket) ? nightly.Bucket : null, IsSet(nightly.Folder) ? nightly.Folder : null);
        await starter.StartAsync(client, id, filter, cancellationToken).ConfigureAwait(false);
        log.LogInformation("The scheduled run {RunId} has started{PastDue}", id, timer.IsPastDue ? ", late" : "");
    }

    private static bool IsSet(string? value) => !string.IsNullOrWhiteSpace(value);

    private static async Task<string?> RunningAsync(DurableTaskClient client, CancellationToken cancellationToken) =>
        (await client.GetRunningIdsAsync(InstanceIdPrefix, cancellationToken).ConfigureAwait(false)).Order(StringComparer.Ordinal).FirstOrDefault();
}
