namespace Rescan.Functions.Orchestrations;

/// <summary>Word that an object came into a repository; also the orchestration's mark to itself.</summary>
/// <param name="At">When the hook took it in, UTC.</param>
/// <param name="Periods">The settings in force then, so that a change reaches orchestrations that run already.</param>
/// <param name="IsMark">True for the orchestration's own mark, behind which it has read everything sent before.</param>
public sealed record S3Touch(DateTimeOffset At, S3Periods? Periods, bool IsMark = false);

/// <summary>How long events are gathered.</summary>
/// <param name="Quiet">No event for this long ends a burst.</param>
/// <param name="MaxWait">This long after its first event a burst ends anyway.</param>
public sealed record S3Periods(TimeSpan Quiet, TimeSpan MaxWait)
{
    private static readonly TimeSpan LongestWindow = TimeSpan.FromSeconds(15);

    /// <summary>
    /// Within this time of a touch further events are not passed on. It costs no event: a rescan starts two windows after the
    /// last touch at the earliest, so it sees whatever came in the window, even when two machines' clocks differ by another window.
    /// </summary>
    public TimeSpan Window => Quiet / 4 < LongestWindow ? Quiet / 4 : LongestWindow;
}

/// <summary>The events of one repository that a single rescan will answer.</summary>
/// <param name="Appliance">The appliance's configured name.</param>
/// <param name="RepositoryId">The repository's uuid.</param>
/// <param name="RepositoryName">Its name, for people.</param>
/// <param name="Periods">How long to gather.</param>
public sealed record S3Burst(string Appliance, string RepositoryId, string RepositoryName, S3Periods Periods)
{
    /// <summary>When the first event came, UTC; null while there is none.</summary>
    public DateTimeOffset? First { get; init; }

    /// <summary>When the last event came, UTC.</summary>
    public DateTimeOffset? Last { get; init; }

    /// <summary>Touches read.</summary>
    public int Touches { get; init; }

    /// <summary>The rescan is not asked for again before this time, UTC.</summary>
    public DateTimeOffset? NotBefore { get; init; }

    /// <summary>When the rescan starts unless more events come, UTC; null while there is none.</summary>
    public DateTimeOffset? Due => First is not { } first || Last is not { } last
        ? null
        : Latest(Earliest(last + Periods.Quiet, first + Periods.MaxWait), last + (2 * Periods.Window), NotBefore ?? DateTimeOffset.MinValue);

    /// <summary>Takes a touch in.</summary>
    /// <param name="touch">The touch.</param>
    /// <param name="now">The orchestration's time; a sender whose clock is ahead does not count beyond it.</param>
    public S3Burst With(S3Touch touch, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(touch);
        DateTimeOffset at = Earliest(touch.At, now);
        return this with
        {
            Periods = touch.Periods ?? Periods,
            First = Earliest(First ?? at, at),
            Last = Latest(Last ?? at, at),
            Touches = Touches + 1,
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

/// <summary>What a person wants to know of a burst; the orchestration's custom status.</summary>
/// <param name="Phase">idle, gathering or starting.</param>
/// <param name="First">When the first event came, UTC.</param>
/// <param name="Last">When the last event came, UTC.</param>
/// <param name="Touches">Touches read; many events make one touch.</param>
/// <param name="Due">When the rescan starts unless more events come, UTC.</param>
/// <param name="Waiting">True while a start was put off, because another rescan runs or it could not be made.</param>
public sealed record S3QuietStatus(
    string Phase, DateTimeOffset? First = null, DateTimeOffset? Last = null, int Touches = 0, DateTimeOffset? Due = null, bool Waiting = false)
{
    /// <summary>The status of a burst.</summary>
    public static S3QuietStatus Of(string phase, S3Burst burst)
    {
        ArgumentNullException.ThrowIfNull(burst);
        return new S3QuietStatus(phase, burst.First, burst.Last, burst.Touches, burst.Due, burst.NotBefore is not null);
    }
}
