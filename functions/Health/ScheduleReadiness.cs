using System.Globalization;
using Rescan.Functions.Schedules;
using Rescan.Functions.Storage;

namespace Rescan.Functions.Health;

/// <summary>
/// Whether the timer looks for due runs, and whether those that were due have begun: timers that have stopped say nothing by themselves.
/// </summary>
/// <param name="store">How far the schedules have come.</param>
/// <param name="plan">When scheduled runs are due.</param>
/// <param name="time">The clock.</param>
internal sealed class ScheduleReadiness(ScheduleStore store, SchedulePlan plan, TimeProvider time) : IReadinessCheck
{
    /// <summary>A host that has to be started first is late.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromHours(2);

    /// <summary>Since when this process looks: one that starts gives the timer time to start too.</summary>
    private readonly DateTimeOffset since = time.GetUtcNow();

    /// <inheritdoc/>
    public string Name => "timers";

    /// <inheritdoc/>
    public async Task<string?> FindFaultAsync(CancellationToken cancellationToken)
    {
        if (!plan.IsEnabled)
        {
            return null;
        }

        KeptSchedules kept = await store.GetAsync(cancellationToken);
        DateTimeOffset limit = time.GetUtcNow() - Grace;
        if (since <= limit && (kept.TickedAt is null || kept.TickedAt <= limit))
        {
            return kept.TickedAt is { } ticked
                ? string.Create(CultureInfo.InvariantCulture, $"the timer has not looked for due runs since {ticked:yyyy-MM-dd HH:mm} UTC")
                : "the timer has never looked for due runs";
        }

        foreach (Schedule schedule in plan.Schedules)
        {
            DateTimeOffset seen = kept.MarkOf(schedule.Name) is { } mark && mark.Definition == schedule.Definition ? mark.SeenTo : since;
            if (schedule.NextAfter(seen) is { } due && due <= limit && since <= limit)
            {
                return string.Create(
                    CultureInfo.InvariantCulture,
                    $"the run of the schedule {schedule.Name} that was due at {due:yyyy-MM-dd HH:mm} UTC has not begun");
            }
        }

        return null;
    }
}
