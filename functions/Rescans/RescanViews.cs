using Rescan.Functions.Appliances;
using Rescan.Functions.Storage;

namespace Rescan.Functions.Rescans;

/// <summary>One rescan, running or ended.</summary>
/// <param name="Id">The instance id: one for each repository, used again by its later rescans.</param>
/// <param name="RequestId">Tells the rescans of one id apart.</param>
/// <param name="Status">Pending, Running, Suspended, Completed, Failed or Terminated. Completed means that the outcome tells how it
/// ended.</param>
/// <param name="Phase">The step it is at.</param>
/// <param name="Appliance">The appliance's configured name.</param>
/// <param name="Repository">The repository.</param>
/// <param name="SessionId">The appliance's session, once known.</param>
/// <param name="StartedAt">When the rescan was asked for, UTC.</param>
/// <param name="LastMessage">Newest log message of the session.</param>
/// <param name="Polls">Polls made.</param>
/// <param name="NextPollAt">When the appliance is asked next, UTC.</param>
/// <param name="Trouble">What keeps the appliance from answering, when something does.</param>
/// <param name="Requests">Requests sent so far, by kind.</param>
/// <param name="Timeline">When it did what so far.</param>
/// <param name="Outcome">How it ended, without the log; null while it runs.</param>
/// <param name="Error">Why the instance failed, when it ended without an outcome.</param>
public sealed record RescanView(
    string Id, string? RequestId, string Status, RescanPhase? Phase, string Appliance, RepositoryRef Repository, string? SessionId,
    DateTimeOffset StartedAt,
    string? LastMessage, int Polls, DateTimeOffset? NextPollAt, string? Trouble, RequestCounts? Requests, RescanTimeline? Timeline,
    RescanOutcome? Outcome, string? Error)
{
    /// <summary>How far the session is, 0 to 100, where the appliance tells; null once it has ended.</summary>
    public int? ProgressPercent { get; init; }

    /// <summary>Until when the session is polled every few seconds, since somebody looks on; null when nobody has.</summary>
    public DateTimeOffset? LookedOnUntil { get; init; }

    /// <summary>Who or what asked for it; null where that is not known.</summary>
    public Initiator? StartedBy { get; init; }

    /// <summary>Who or what asked here for its end; null when nobody did, or where that is not known.</summary>
    public Initiator? CanceledBy { get; init; }

    /// <summary>
    /// Whether it waits for the one before it of the repository to end; that has the same id, and only the requestId tells them apart.
    /// </summary>
    public bool Waits { get; init; }

    /// <summary>What a person does next; null while it runs, or when nothing is to be done.</summary>
    public string? Next { get; init; }
}

/// <summary>Some rescans: those that run, those that wait for one of them, then the ended ones, newest first.</summary>
/// <param name="Items">The rescans.</param>
/// <param name="ContinuationToken">Pass it back for the next page; null: this is the last.</param>
public sealed record RescanPage(IReadOnlyList<RescanView> Items, string? ContinuationToken);

/// <summary>The log of a rescan's session.</summary>
/// <param name="Id">The instance id.</param>
/// <param name="RequestId">Tells the rescans of one id apart.</param>
/// <param name="Log">The items, oldest first.</param>
public sealed record RescanLogView(string Id, string? RequestId, IReadOnlyList<SessionLogItem> Log);

/// <summary>A rescan, or a run over many repositories, that was started or joined.</summary>
/// <param name="Id">The instance id.</param>
/// <param name="RequestId">Tells the rescans of one id apart; null for a run, whose id is never used again.</param>
/// <param name="Appliance">The appliance's configured name; null for a run over several.</param>
/// <param name="Repository">The repository; null for a run.</param>
/// <param name="Joined">True when it ran already.</param>
/// <param name="Links">Where to look next.</param>
public sealed record AcceptedView(
    string Id, string? RequestId, string? Appliance, RepositoryRef? Repository, bool Joined, AcceptedLinks Links)
{
    /// <summary>
    /// True when it starts once the one before it has ended, which was past being joined; until then only its requestId finds it.
    /// </summary>
    public bool Waits { get; init; }
}

/// <summary>Where to look next.</summary>
/// <param name="Self">The rescan or the run.</param>
/// <param name="Log">The rescan's log; null for a run.</param>
public sealed record AcceptedLinks(string Self, string? Log);

/// <summary>A rescan or a run that was asked to cancel.</summary>
/// <param name="Id">The instance id.</param>
/// <param name="Status">Canceling.</param>
public sealed record CancelingView(string Id, string Status = "Canceling");
