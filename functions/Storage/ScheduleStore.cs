namespace Rescan.Functions.Storage;

/// <summary>How far a schedule has come.</summary>
/// <param name="Schedule">Its name.</param>
/// <param name="Definition">What made it due; a schedule that was changed since owes nothing of what this one left undone.</param>
/// <param name="SeenTo">Runs that were due until then have been started or skipped, UTC.</param>
public sealed record ScheduleMark(string Schedule, string Definition, DateTimeOffset SeenTo)
{
    /// <summary>When the last run was due, UTC; null when none was.</summary>
    public DateTimeOffset? LastDueAt { get; init; }

    /// <summary>That run, whether it was started or skipped; null when none was due.</summary>
    public string? LastRunId { get; init; }

    /// <summary>The last run that was started; null when none was.</summary>
    public string? LastStartedRunId { get; init; }
}

/// <summary>A time in which no scheduled run begins.</summary>
/// <param name="Schedule">The schedule; null: all of them.</param>
/// <param name="Until">When it ends by itself, UTC.</param>
/// <param name="Since">When it began, UTC.</param>
/// <param name="Reason">Why, in words of whoever paused; null when none were given.</param>
public sealed record SchedulePause(string? Schedule, DateTimeOffset Until, DateTimeOffset Since, string? Reason)
{
    /// <summary>Who or what paused; null where that is not known, as by a setting.</summary>
    public Initiator? By { get; init; }

    /// <summary>Whether it keeps a run of a schedule that is due at a time from beginning.</summary>
    public bool Covers(string schedule, DateTimeOffset due) =>
        (Schedule is null || string.Equals(Schedule, schedule, StringComparison.OrdinalIgnoreCase)) && Since <= due && due < Until;
}

/// <summary>What is kept of schedules.</summary>
/// <param name="Marks">How far each has come.</param>
/// <param name="Pauses">The pauses, also those that are over.</param>
/// <param name="TickedAt">When the timer is known to have looked for due runs, UTC; null when it never has.</param>
public sealed record KeptSchedules(IReadOnlyList<ScheduleMark> Marks, IReadOnlyList<SchedulePause> Pauses, DateTimeOffset? TickedAt)
{
    /// <summary>How far a schedule has come; null when it was never seen to.</summary>
    public ScheduleMark? MarkOf(string schedule) =>
        Marks.FirstOrDefault(m => string.Equals(m.Schedule, schedule, StringComparison.OrdinalIgnoreCase));
}

/// <summary>Keeps how far schedules have come, and their pauses.</summary>
/// <param name="table">Where they are kept.</param>
public sealed class ScheduleStore(ITable table)
{
    private const string Partition = "schedules";
    private const string Mark = "mark";
    private const string Pause = "pause";
    private const string OfAll = "*";

    private static readonly string TickKey = TableKey.Of("tick");

    /// <summary>All that is kept.</summary>
    public async Task<KeptSchedules> GetAsync(CancellationToken cancellationToken)
    {
        List<ScheduleMark> marks = [];
        List<SchedulePause> pauses = [];
        DateTimeOffset? ticked = null;
        string mark = TableKey.Of(Mark) + TableKey.Separator;
        string pause = TableKey.Of(Pause) + TableKey.Separator;
        await foreach (TableRow row in table.QueryAsync(Partition, KeyRange.All, int.MaxValue, cancellationToken))
        {
            if (row.Key.StartsWith(mark, StringComparison.Ordinal))
            {
                marks.Add(StoredJson.Read<ScheduleMark>(row));
            }
            else if (row.Key.StartsWith(pause, StringComparison.Ordinal))
            {
                pauses.Add(StoredJson.Read<SchedulePause>(row));
            }
            else if (row.Key == TickKey)
            {
                ticked = StoredJson.Read<Tick>(row).At;
            }
        }

        return new KeptSchedules(marks, pauses, ticked);
    }

    /// <summary>Writes down how far a schedule has come, unless it is known to have come further by the same definition.</summary>
    public async Task AdvanceAsync(ScheduleMark mark, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(mark);
        string key = MarkKey(mark.Schedule);
        while (true)
        {
            TableRow? row = await table.GetAsync(Partition, key, cancellationToken);
            if (row is not null && StoredJson.Read<ScheduleMark>(row) is var kept
                && kept.Definition == mark.Definition && kept.SeenTo >= mark.SeenTo)
            {
                return;
            }

            string json = StoredJson.Write(mark);
            TableChange change = row is null ? TableChange.Insert(key, json) : TableChange.Replace(row, json);
            if (await table.TryWriteAsync(Partition, [change], cancellationToken))
            {
                return;
            }
        }
    }

    /// <summary>Forgets a schedule that is no more, with its pause.</summary>
    public async Task ForgetAsync(string schedule, CancellationToken cancellationToken)
    {
        await table.DeleteAsync(Partition, KeyRange.All, r => r.Key == MarkKey(schedule) || r.Key == PauseKey(schedule), cancellationToken);
    }

    /// <summary>Pauses a schedule, or all of them; a pause that it had goes.</summary>
    public Task PauseAsync(SchedulePause pause, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(pause);
        return table.TryWriteAsync(Partition, [TableChange.Put(PauseKey(pause.Schedule), StoredJson.Write(pause))], cancellationToken);
    }

    /// <summary>Ends the pause of a schedule, or every pause.</summary>
    /// <param name="schedule">The schedule; null: all of them.</param>
    /// <param name="cancellationToken">Ends the write.</param>
    public Task ResumeAsync(string? schedule, CancellationToken cancellationToken) => table.DeleteAsync(
        Partition, KeyRange.Of(Pause), r => schedule is null || r.Key == PauseKey(schedule), cancellationToken);

    /// <summary>Writes down that the timer has looked for due runs.</summary>
    public Task TickAsync(DateTimeOffset at, CancellationToken cancellationToken) =>
        table.TryWriteAsync(Partition, [TableChange.Put(TickKey, StoredJson.Write(new Tick(at)))], cancellationToken);

    private static string MarkKey(string schedule) => TableKey.Of(Mark, schedule.ToLowerInvariant());

    private static string PauseKey(string? schedule) => TableKey.Of(Pause, schedule?.ToLowerInvariant() ?? OfAll);

    private sealed record Tick(DateTimeOffset At);
}
