using Rescan.Functions.Storage;

namespace Rescan.Functions.Runs;

/// <summary>The schedule, and what became of its last runs.</summary>
/// <param name="Expression">The NCRONTAB expression; null when none is set.</param>
/// <param name="TimeZone">The IANA name of the time zone in which it holds.</param>
/// <param name="IsEnabled">Whether the timer runs at all.</param>
/// <param name="NextDueAt">When the next run is due, UTC; null when none is.</param>
/// <param name="MissedAt">When a run was due that never began, UTC, though an earlier one did; null when the last that was due began.</param>
/// <param name="Recent">The last runs of the schedule, newest first, those that were skipped included.</param>
public sealed record ScheduleView(
    string? Expression, string TimeZone, bool IsEnabled, DateTimeOffset? NextDueAt, DateTimeOffset? MissedAt, IReadOnlyList<RunRecord> Recent);

/// <summary>Reads the schedule and what became of its last runs.</summary>
/// <param name="schedule">When runs are due.</param>
/// <param name="runs">Where runs are kept.</param>
/// <param name="time">The clock.</param>
public sealed class ScheduleReader(NightlySchedule schedule, RunStore runs, TimeProvider time)
{
    private const int PageSize = 50;
    private const int MaxPages = 4;
    private const int MaxRecent = 5;

    /// <summary>How late a timer may fire before its run counts as missed.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromMinutes(5);

    /// <summary>Reads.</summary>
    public async Task<ScheduleView> ReadAsync(CancellationToken cancellationToken)
    {
        DateTimeOffset now = time.GetUtcNow();
        IReadOnlyList<RunRecord> recent = await RecentAsync(cancellationToken);
        DateTimeOffset? due = schedule.IsEnabled ? schedule.LastUntil(now - Grace) : null;
        DateTimeOffset? missed = due is not null && recent.Count > 0 && recent[0].StartedAt < due - Grace ? due : null;
        return new ScheduleView(schedule.Expression, schedule.TimeZone, schedule.IsEnabled, schedule.NextAfter(now), missed, recent);
    }

    private async Task<IReadOnlyList<RunRecord>> RecentAsync(CancellationToken cancellationToken)
    {
        List<RunRecord> recent = [];
        string? token = null;
        for (int page = 0; page < MaxPages; page++)
        {
            RunRecordPage read = await runs.ListRunsAsync(PageSize, token, cancellationToken);
            recent.AddRange(read.Items.Where(r => r.Id.StartsWith(NightlyRescan.InstanceIdPrefix, StringComparison.Ordinal)));
            token = read.ContinuationToken;
            if (recent.Count >= MaxRecent || token is null)
            {
                break;
            }
        }

        return [.. recent.Take(MaxRecent)];
    }
}
