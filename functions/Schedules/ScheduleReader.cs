using Rescan.Functions.Storage;

namespace Rescan.Functions.Schedules;

/// <summary>Reads the schedules and what became of their last runs.</summary>
/// <param name="plan">When runs are due.</param>
/// <param name="store">How far the schedules have come.</param>
/// <param name="runs">Where runs are kept.</param>
/// <param name="time">The clock.</param>
public sealed class ScheduleReader(SchedulePlan plan, ScheduleStore store, RunStore runs, TimeProvider time)
{
    /// <summary>How late a timer may fire before its run counts as missed.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromMinutes(5);

    /// <summary>Reads.</summary>
    public async Task<SchedulesView> ReadAsync(CancellationToken cancellationToken)
    {
        DateTimeOffset now = time.GetUtcNow();
        KeptSchedules kept = await store.GetAsync(cancellationToken);
        ScheduleView[] all = await Task.WhenAll(
            plan.Schedules.Select(s => WithRunsAsync(ViewOf(plan, s, kept, now), kept.MarkOf(s.Name), cancellationToken)));
        return ViewOf(plan, all, kept, now);
    }

    /// <summary>The schedules by the settings alone, before there is anything to read.</summary>
    public static SchedulesView Plan(SchedulePlan plan, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(plan);
        KeptSchedules none = new([], [], null);
        return ViewOf(plan, [.. plan.Schedules.Select(s => ViewOf(plan, s, none, now))], none, now);
    }

    /// <summary>Reads what is kept of schedules, where the settings are not known: what became of their last runs, and pauses.</summary>
    public async Task<SchedulesView> ReadKeptAsync(CancellationToken cancellationToken)
    {
        DateTimeOffset now = time.GetUtcNow();
        KeptSchedules kept = await store.GetAsync(cancellationToken);
        ScheduleView[] all = await Task.WhenAll(kept.Marks.Select(m => WithRunsAsync(KeptViewOf(m, kept, now), m, cancellationToken)));
        return new SchedulesView(true, kept.TickedAt, null, all)
        {
            Paused = PauseOf(kept.Pauses.Where(p => p.Schedule is null && p.Covers("", now)).MaxBy(p => p.Until)),
        };
    }

    private static ScheduleView KeptViewOf(ScheduleMark mark, KeptSchedules kept, DateTimeOffset now)
    {
        string zone = mark.Definition[(mark.Definition.LastIndexOf(' ') + 1)..];
        return new ScheduleView(mark.Schedule, null, zone, null, mark.LastDueAt, null)
        {
            Paused = PauseOf(kept.Pauses.Where(p => p.Covers(mark.Schedule, now)).MaxBy(p => p.Until)),
        };
    }

    private static SchedulesView ViewOf(SchedulePlan plan, IReadOnlyList<ScheduleView> all, KeptSchedules kept, DateTimeOffset now) =>
        new(plan.IsEnabled, kept.TickedAt, all.Min(s => s.NextDueAt), all)
        {
            Paused = PauseOf(plan.PauseAt("", now, kept.Pauses.Where(p => p.Schedule is null))),
        };

    private static ScheduleView ViewOf(SchedulePlan plan, Schedule schedule, KeptSchedules kept, DateTimeOffset now)
    {
        ScheduleMark? mark = kept.MarkOf(schedule.Name);
        DateTimeOffset? missed = plan.IsEnabled && mark?.Definition == schedule.Definition
            ? schedule.LastIn(mark.SeenTo, now - Grace)
            : null;
        return new ScheduleView(
            schedule.Name, schedule.Cron, schedule.TimeZone, plan.NextRunAfter(schedule, now, kept.Pauses), mark?.LastDueAt, missed)
        {
            Appliances = schedule.Appliances,
            Filter = schedule.Filter,
            Paused = PauseOf(plan.PauseAt(schedule.Name, now, kept.Pauses)),
        };
    }

    private static PauseView? PauseOf(SchedulePause? pause) => pause is null ? null : new PauseView(pause.Until, pause.Reason, pause.By);

    private async Task<ScheduleView> WithRunsAsync(ScheduleView view, ScheduleMark? mark, CancellationToken cancellationToken)
    {
        RunRecord? last = mark?.LastRunId is { } id ? await runs.GetRunAsync(id, cancellationToken) : null;
        RunRecord? started = mark?.LastStartedRunId == mark?.LastRunId ? last
            : mark?.LastStartedRunId is { } before ? await runs.GetRunAsync(before, cancellationToken) : null;
        return view with { Last = last, LastStarted = started };
    }
}
