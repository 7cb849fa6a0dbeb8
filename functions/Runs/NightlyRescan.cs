using System.Globalization;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Rescan.Functions.Configuration;
using Rescan.Functions.Durable;
using Rescan.Functions.Notifications;
using Rescan.Functions.Rescans;
using Rescan.Functions.Storage;

namespace Rescan.Functions.Runs;

/// <summary>Starts the scheduled run, unless the one before still goes on.</summary>
/// <param name="starter">Starts runs.</param>
/// <param name="schedule">When runs are due.</param>
/// <param name="runs">Where runs are kept.</param>
/// <param name="options">The settings.</param>
/// <param name="time">The clock.</param>
/// <param name="log">The log.</param>
public sealed class NightlyRescan(
    RunStarter starter, NightlySchedule schedule, RunStore runs, IOptions<RescanOptions> options, TimeProvider time, ILogger<NightlyRescan> log)
{
    /// <summary>What the ids of scheduled runs begin with; the time they were due follows.</summary>
    public const string InstanceIdPrefix = RunRequest.InstanceIdPrefix + "scheduled-";

    /// <summary>A timer may fire this much before its time.</summary>
    private static readonly TimeSpan Early = TimeSpan.FromSeconds(2);

    /// <summary>From here on a run is late.</summary>
    private static readonly TimeSpan Late = TimeSpan.FromMinutes(2);

    private static readonly Initiator Scheduler = new(InitiatorKind.Schedule);

    /// <summary>Runs on schedule.</summary>
    /// <param name="timer">What the schedule says.</param>
    /// <param name="client">The durable client.</param>
    /// <param name="cancellationToken">Ends with the host.</param>
    [Function(nameof(NightlyRescan))]
    public async Task RunAsync(
        [TimerTrigger("%RescanSchedule%")] TimerInfo timer, [DurableClient] DurableTaskClient client, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(timer);
        ArgumentNullException.ThrowIfNull(client);
        DateTimeOffset now = time.GetUtcNow();
        DateTimeOffset due = DueAt(timer, now);
        string? late = LateBecause(timer, due, now);

        // By when it was due, so that several hosts on one task hub start one run.
        string id = InstanceIdPrefix + due.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture).ToLowerInvariant();
        if (await RunningAsync(client, cancellationToken) is { } before)
        {
            if (before != id)
            {
                log.LogWarning("The scheduled run {RunId} is skipped: {Before} still goes on", id, before);
                RunRecord skipped = new()
                {
                    Id = id,
                    Status = RunStatus.Skipped,
                    StartedAt = now,
                    FinishedAt = now,
                    StartedBy = Scheduler,
                    DueAt = due,
                    Reason = $"Skipped: the scheduled run before it, {before}, still went on.",
                };
                await runs.AddRunAsync(skipped, cancellationToken);
            }

            return;
        }

        NightlyOptions nightly = options.Value.Nightly;
        RepositoryFilter filter = new(
            [.. nightly.Include.Where(IsSet)], [.. nightly.Exclude.Where(IsSet)],
            IsSet(nightly.Bucket) ? nightly.Bucket : null, IsSet(nightly.Folder) ? nightly.Folder : null);
        await starter.StartScheduledAsync(client, id, filter, new ScheduledStart(Scheduler, due, late), cancellationToken);
        if (late is null)
        {
            log.LogInformation("The scheduled run {RunId} has started", id);
        }
        else
        {
            log.LogWarning("The scheduled run {RunId} has started late: {Reason}", id, late);
        }
    }

    private static bool IsSet(string? value) => !string.IsNullOrWhiteSpace(value);

    private static async Task<string?> RunningAsync(DurableTaskClient client, CancellationToken cancellationToken) =>
        (await client.GetRunningIdsAsync(InstanceIdPrefix, cancellationToken)).Order(StringComparer.Ordinal).FirstOrDefault();

    /// <summary>A timer's own date; one that was never set stands at the beginning of the calendar.</summary>
    private static DateTimeOffset? TimeOf(DateTime? time) =>
        time is { Year: > 2000 } known ? new DateTimeOffset(known.ToUniversalTime(), TimeSpan.Zero) : null;

    /// <summary>When the run was due that begins now: as the timer says, and for one made up for the last that was missed.</summary>
    private DateTimeOffset DueAt(TimerInfo timer, DateTimeOffset now)
    {
        DateTimeOffset? told = TimeOf(timer.ScheduleStatus?.Next);
        return told is { } next && next > now - Late && next <= now + Early ? next : schedule.LastUntil(told is null ? now + Early : now) ?? now;
    }

    /// <summary>Why the run begins later than it was due; null when it does not.</summary>
    private string? LateBecause(TimerInfo timer, DateTimeOffset due, DateTimeOffset now)
    {
        TimeSpan delay = now - due;
        if (delay < Late)
        {
            return null;
        }

        int missed = TimeOf(timer.ScheduleStatus?.Last) is { } last ? Math.Max(0, schedule.Between(last + Early, now).Count - 1) : 0;
        return $"Began {DisplayFormat.Duration(delay)} late: it was due at {DisplayFormat.Time(due)}, "
            + (timer.IsPastDue ? "while no host was running to begin it." : "and the host's timer fired late.")
            + missed switch
            {
                0 => "",
                1 => " One earlier run was missed too and is not caught up.",
                _ => $" {missed} earlier runs were missed too and are not caught up.",
            };
    }
}

/// <summary>What a run keeps of the schedule that started it.</summary>
/// <param name="StartedBy">The schedule.</param>
/// <param name="DueAt">When the run was due, UTC.</param>
/// <param name="LateBecause">Why it begins later than that; null when it does not.</param>
public sealed record ScheduledStart(Initiator StartedBy, DateTimeOffset DueAt, string? LateBecause);
