using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Logging;
using Rescan.Functions.Durable;
using Rescan.Functions.Notifications;
using Rescan.Functions.Runs;
using Rescan.Functions.Storage;

namespace Rescan.Functions.Schedules;

/// <summary>Starts the runs that are due, each once; catches up the last one that was missed.</summary>
/// <param name="plan">When runs are due.</param>
/// <param name="starter">Starts runs.</param>
/// <param name="runs">Where runs are kept.</param>
/// <param name="store">Where is kept how far the schedules have come.</param>
/// <param name="time">The clock.</param>
/// <param name="log">The log.</param>
public sealed class ScheduleTicker(
    SchedulePlan plan, RunStarter starter, RunStore runs, ScheduleStore store, TimeProvider time, ILogger<ScheduleTicker> log)
{
    /// <summary>How often is written down that the timer looks, so that others can tell when it has stopped.</summary>
    internal static readonly TimeSpan NoteEvery = TimeSpan.FromMinutes(10);

    /// <summary>A timer may fire this much before its time.</summary>
    private static readonly TimeSpan Early = TimeSpan.FromSeconds(1);

    /// <summary>From here on a run is late.</summary>
    private static readonly TimeSpan Late = TimeSpan.FromMinutes(2);

    private readonly SemaphoreSlim one = new(1, 1);

    /// <summary>How far each schedule has come at least: what was written down only grows, so most ticks need not read it.</summary>
    private readonly Dictionary<string, DateTimeOffset> seenTo = new(StringComparer.OrdinalIgnoreCase);

    private DateTimeOffset? notedAt;

    /// <summary>Since when this process looks.</summary>
    public DateTimeOffset Since { get; } = time.GetUtcNow();

    /// <summary>Looks for runs that are due, and starts them.</summary>
    /// <param name="client">The durable client.</param>
    /// <param name="cancellationToken">Ends with the host.</param>
    public async Task TickAsync(DurableTaskClient client, CancellationToken cancellationToken)
    {
        if (!plan.IsEnabled)
        {
            return;
        }

        await one.WaitAsync(cancellationToken);
        try
        {
            DateTimeOffset now = time.GetUtcNow();
            if (notedAt is null)
            {
                await BeginAsync(cancellationToken);
            }

            if (notedAt is null || now - notedAt >= NoteEvery)
            {
                await store.TickAsync(now, cancellationToken);
                notedAt = now;
            }

            List<Exception> faults = [];
            foreach (Schedule schedule in plan.Schedules)
            {
                try
                {
                    await TickAsync(schedule, client, now, cancellationToken);
                }
                catch (Exception e) when (!cancellationToken.IsCancellationRequested)
                {
                    // One schedule must not keep the others from their runs; the next tick tries again.
                    log.LogError("The schedule {Schedule} could not be seen to: {Reason}", schedule.Name, e.Message);
                    faults.Add(e);
                }
            }

            if (faults.Count > 0)
            {
                throw new AggregateException(faults);
            }
        }
        finally
        {
            one.Release();
        }
    }

    /// <summary>Takes note of schedules that are new, changed or gone: none of them has missed anything.</summary>
    private async Task BeginAsync(CancellationToken cancellationToken)
    {
        KeptSchedules kept = await store.GetAsync(cancellationToken);
        foreach (ScheduleMark gone in kept.Marks.Where(m => !plan.Schedules.Any(s => IsNamed(s, m.Schedule))))
        {
            await store.ForgetAsync(gone.Schedule, cancellationToken);
        }

        foreach (Schedule schedule in plan.Schedules)
        {
            ScheduleMark? mark = kept.MarkOf(schedule.Name);
            if (mark?.Definition != schedule.Definition)
            {
                mark = (mark ?? new ScheduleMark(schedule.Name, "", Since)) with { Definition = schedule.Definition, SeenTo = Since };
                await store.AdvanceAsync(mark, cancellationToken);
            }

            seenTo[schedule.Name] = mark.SeenTo;
        }
    }

    private static bool IsNamed(Schedule schedule, string name) => string.Equals(schedule.Name, name, StringComparison.OrdinalIgnoreCase);

    private async Task TickAsync(Schedule schedule, DurableTaskClient client, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (schedule.LastIn(seenTo[schedule.Name], now + Early) is null)
        {
            return;
        }

        KeptSchedules kept = await store.GetAsync(cancellationToken);
        ScheduleMark mark = kept.MarkOf(schedule.Name) is { } known && known.Definition == schedule.Definition
            ? known
            : new ScheduleMark(schedule.Name, schedule.Definition, Since);
        if (schedule.LastIn(mark.SeenTo, now + Early) is { } due)
        {
            string id = ScheduledRunId.Of(schedule.Name, due);
            bool started = await StartAsync(schedule, id, due, mark.SeenTo, kept.Pauses, now, client, cancellationToken);
            mark = mark with { SeenTo = due, LastDueAt = due, LastRunId = id, LastStartedRunId = started ? id : mark.LastStartedRunId };
            await store.AdvanceAsync(mark, cancellationToken);
        }

        seenTo[schedule.Name] = mark.SeenTo;
    }

    /// <returns>Whether the run began; false: it was skipped.</returns>
    private async Task<bool> StartAsync(
        Schedule schedule, string id, DateTimeOffset due, DateTimeOffset seen, IReadOnlyList<SchedulePause> pauses, DateTimeOffset now,
        DurableTaskClient client, CancellationToken cancellationToken)
    {
        string? skipped = plan.PauseAt(schedule.Name, due, pauses) is { } pause
            ? $"Skipped: {PauseText.Of(pause)}."
            : await RunningAsync(schedule, client, cancellationToken) is { } before && before != id
                ? $"Skipped: the scheduled run before it, {before}, still went on."
                : null;
        Initiator by = new(InitiatorKind.Schedule, schedule.Name);
        if (skipped is not null)
        {
            RunRecord record = new()
            {
                Id = id,
                Status = RunStatus.Skipped,
                StartedAt = now,
                FinishedAt = now,
                StartedBy = by,
                DueAt = due,
                Reason = skipped,
            };
            await runs.AddRunAsync(record, cancellationToken);
            log.LogWarning("The scheduled run {RunId} is skipped: {Reason}", id, skipped);
            return false;
        }

        string? late = LateBecause(schedule, due, seen, now);
        bool isNew = !(await starter.StartScheduledAsync(
            client, id, schedule.Appliances, schedule.Filter, new ScheduledStart(by, due, late), cancellationToken)).Joined;
        if (isNew && late is null)
        {
            log.LogInformation("The scheduled run {RunId} has started", id);
        }
        else if (isNew)
        {
            log.LogWarning("The scheduled run {RunId} has started late: {Reason}", id, late);
        }

        return true;
    }

    private static async Task<string?> RunningAsync(Schedule schedule, DurableTaskClient client, CancellationToken cancellationToken) =>
        (await client.GetRunningIdsAsync(ScheduledRunId.PrefixOf(schedule.Name), cancellationToken))
            .Where(i => ScheduledRunId.IsOf(schedule.Name, i)).Order(StringComparer.Ordinal).FirstOrDefault();

    /// <summary>Why the run begins later than it was due; null when it does not.</summary>
    private string? LateBecause(Schedule schedule, DateTimeOffset due, DateTimeOffset seen, DateTimeOffset now)
    {
        if (now - due < Late)
        {
            return null;
        }

        int missed = schedule.Between(seen, due).Take(1001).Count() - 1;
        return $"Late by {DisplayFormat.Duration(now - due)}; it was due at {DisplayFormat.Time(due)}, "
            + (Since > due ? "when the app was down." : "and the timer came late.")
            + missed switch
            {
                <= 0 => "",
                1 => " One earlier run was missed too and is not caught up.",
                > 999 => " Over 999 earlier runs were missed too and are not caught up.",
                _ => $" {missed} earlier runs were missed too and are not caught up.",
            };
    }
}
