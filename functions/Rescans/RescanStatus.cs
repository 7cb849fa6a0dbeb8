using Rescan.Functions.Appliances;
using Rescan.Functions.Storage;

namespace Rescan.Functions.Rescans;

/// <summary>The custom status of a rescan: what a person wants to know while waiting.</summary>
/// <param name="Phase">The step it is at.</param>
/// <param name="SessionId">The appliance's session, once known.</param>
/// <param name="LastMessage">Newest log message of the session.</param>
/// <param name="Polls">Polls made.</param>
/// <param name="NextPollAt">When the appliance is asked next, UTC; null while a request is under way.</param>
/// <param name="Trouble">What keeps the appliance from answering, when something does.</param>
/// <param name="Requests">Requests sent so far, by kind.</param>
public sealed record RescanStatus(
    RescanPhase Phase, string? SessionId, string? LastMessage, int Polls, DateTimeOffset? NextPollAt, string? Trouble,
    RequestCounts Requests)
{
    /// <summary>How far the session is, 0 to 100, where the appliance tells.</summary>
    public int? ProgressPercent { get; init; }

    /// <summary>Until when the session is polled often, since somebody looks on, UTC; null when nobody has.</summary>
    public DateTimeOffset? LookedOnUntil { get; init; }

    /// <summary>Who or what canceled it; null while nobody did, or where that is not known.</summary>
    public Initiator? CanceledBy { get; init; }

    /// <summary>When it did what so far.</summary>
    public RescanTimeline? Timeline { get; init; }
}

/// <summary>What a finished rescan tells the instances that watch it.</summary>
/// <param name="InstanceId">The rescan's instance id.</param>
/// <param name="RequestId">Its request id, under which its outcome is recorded by now.</param>
/// <param name="Outcome">How it ended.</param>
public sealed record RescanEnded(string InstanceId, string RequestId, Outcome Outcome)
{
    /// <summary>Name of the external event.</summary>
    public const string EventName = "ended";
}
