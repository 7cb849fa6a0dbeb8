namespace Rescan.Functions.S3Events;

/// <summary>An object was created in a repository; also the mark that the orchestration sends to itself.</summary>
/// <param name="At">When the hook took it in, UTC.</param>
/// <param name="Periods">The settings in force then, so that a change reaches orchestrations that run already.</param>
/// <param name="IsMark">True for the orchestration's own mark, behind which it has read everything sent before.</param>
public sealed record S3ObjectCreated(DateTimeOffset At, S3DebouncePeriods? Periods, bool IsMark = false);

/// <summary>How long events are gathered.</summary>
/// <param name="Quiet">The rescan starts after no event has come for this long.</param>
/// <param name="MaxWait">The rescan starts this long after the first event even if events keep coming.</param>
public sealed record S3DebouncePeriods(TimeSpan Quiet, TimeSpan MaxWait)
{
    private static readonly TimeSpan LongestWindow = TimeSpan.FromSeconds(15);

    /// <summary>
    /// Within this time of an event further ones are not passed on. It costs no event: a rescan starts two windows after the
    /// last event at the earliest, so it sees whatever came in the window, even when two machines' clocks differ by another window.
    /// </summary>
    public TimeSpan Window => Quiet / 4 < LongestWindow ? Quiet / 4 : LongestWindow;
}

/// <summary>The events of one repository that a single rescan will answer.</summary>
/// <param name="Appliance">The appliance's configured name.</param>
/// <param name="RepositoryId">The repository's uuid.</param>
/// <param name="RepositoryName">Its name, for people.</param>
/// <param name="Periods">How long to gather.</param>
public sealed record S3DebounceState(string Appliance, string RepositoryId, string RepositoryName, S3DebouncePeriods Periods)
{
    /// <summary>When the first event came, UTC; null while there is none.</summary>
    public DateTimeOffset? First { get; init; }

    /// <summary>When the last event came, UTC.</summary>
    public DateTimeOffset? Last { get; init; }

    /// <summary>Events read.</summary>
    public int Events { get; init; }

    /// <summary>The rescan is not asked for again before this time, UTC.</summary>
    public DateTimeOffset? NotBefore { get; init; }

    /// <summary>When the rescan starts unless more events come, UTC; null while there is none.</summary>
    public DateTimeOffset? Due => First is not { } first || Last is not { } last
        ? null
        : Latest(Earliest(last + Periods.Quiet, first + Periods.MaxWait), last + (2 * Periods.Window),
            NotBefore ?? DateTimeOffset.MinValue);

    /// <summary>Adds an event.</summary>
    /// <param name="created">The event.</param>
    /// <param name="now">The orchestration's time; a sender whose clock is ahead does not count beyond it.</param>
    public S3DebounceState With(S3ObjectCreated created, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(created);
        DateTimeOffset at = Earliest(created.At, now);

        // What lies ahead came before the clock was set back.
        DateTimeOffset last = Earliest(Last ?? at, now);
        return this with
        {
            Periods = created.Periods ?? Periods,
            First = Earliest(First ?? at, at),
            Last = Latest(last, at),
            Events = Events + 1,
        };
    }

    private static DateTimeOffset Earliest(DateTimeOffset a, DateTimeOffset b) => a < b ? a : b;

    private static DateTimeOffset Latest(params ReadOnlySpan<DateTimeOffset> times)
    {
        DateTimeOffset latest = times[0];
        foreach (DateTimeOffset time in times)
        {
            latest = time > latest ? time : latest;
        }

        return latest;
    }
}

/// <summary>What a person wants to know of the events gathered; the orchestration's custom status.</summary>
/// <param name="Phase">idle, gathering or starting.</param>
/// <param name="First">When the first event came, UTC.</param>
/// <param name="Last">When the last event came, UTC.</param>
/// <param name="Events">Events read; those within one window count as one.</param>
/// <param name="Due">When the rescan starts unless more events come, UTC.</param>
/// <param name="Waiting">True while a start was put off, because another rescan runs or it could not be made.</param>
public sealed record S3DebounceStatus(
    string Phase, DateTimeOffset? First = null, DateTimeOffset? Last = null, int Events = 0, DateTimeOffset? Due = null,
    bool Waiting = false)
{
    /// <summary>The status of a state.</summary>
    public static S3DebounceStatus Of(string phase, S3DebounceState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        return new S3DebounceStatus(phase, state.First, state.Last, state.Events, state.Due, state.NotBefore is not null);
    }
}
