using System.Text.Json.Serialization;
using Rescan.Functions.Appliances;
using Rescan.Functions.Storage;

namespace Rescan.Functions.Rescans;

/// <summary>The steps of a rescan.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<RescanPhase>))]
public enum RescanPhase
{
    /// <summary>Getting a token and learning whether the appliance can rescan.</summary>
    SigningIn,

    /// <summary>Posting the rescan.</summary>
    Starting,

    /// <summary>Polling the session.</summary>
    Watching,

    /// <summary>Asked to cancel; waiting for the session to stop.</summary>
    Stopping,

    /// <summary>Writing the outcome down.</summary>
    Recording,

    /// <summary>Ended.</summary>
    Ended,
}

/// <summary>What a rescan carries from step to step and across ContinueAsNew. Holds nothing secret.</summary>
public sealed partial record RescanState
{
    /// <summary>Identifies this rescan among all of the instance id's.</summary>
    public required string RequestId { get; init; }

    /// <summary>When the rescan was asked for, UTC.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>The step it is at.</summary>
    public RescanPhase Phase { get; init; }

    /// <summary>The appliance's session, once known.</summary>
    public string? SessionId { get; init; }

    /// <summary>When the session became known, by our clock.</summary>
    public DateTimeOffset? WatchedSince { get; init; }

    /// <summary>Whether the appliance has shown the session at least once.</summary>
    public bool Seen { get; init; }

    /// <summary>Polls made.</summary>
    public int Polls { get; init; }

    /// <summary>Until when the session is polled often, since somebody looks on, UTC.</summary>
    public DateTimeOffset? LookedOnUntil { get; init; }

    /// <summary>When it did what.</summary>
    public RescanTimeline Timeline { get; init; } = new();

    /// <summary>Requests sent so far, by kind.</summary>
    public RequestCounts Requests { get; init; } = new();

    /// <summary>Newest log message of the session.</summary>
    public string? LastMessage { get; init; }

    /// <summary>How far the session is, 0 to 100, where the appliance tells.</summary>
    public int? ProgressPercent { get; init; }

    /// <summary>Whether the session's log has grown too large to be read.</summary>
    public bool LogTooLarge { get; init; }

    /// <summary>Durations in seconds of this repository's last rescans, newest first.</summary>
    public IReadOnlyList<double> PastSeconds { get; init; } = [];

    /// <summary>Why it was canceled, once it was.</summary>
    public string? CancelReason { get; init; }

    /// <summary>Who or what canceled it; null while nobody did, or where that is not known.</summary>
    public Initiator? CanceledBy { get; init; }

    /// <summary>When the appliance accepted the stop.</summary>
    public DateTimeOffset? StopAcceptedAt { get; init; }

    /// <summary>Whether the appliance refused the stop for good, so that it cannot be what ended the session.</summary>
    public bool StopRefused { get; init; }

    /// <summary>Since when the appliance has not answered as it should; null while it does.</summary>
    public DateTimeOffset? TroubleSince { get; init; }

    /// <summary>The newest trouble, in words.</summary>
    public string? Trouble { get; init; }

    /// <summary>Tries of the present step that met trouble.</summary>
    public int Tries { get; init; }

    /// <summary>Last looks begun since the deadline passed; a few, since a single one may meet a hiccup.</summary>
    public int LastLooks { get; init; }

    /// <summary>How often in a row the appliance has not known the session.</summary>
    public int Missing { get; init; }

    /// <summary>Something the operator should know in any case, such as an ambiguous start.</summary>
    public string? Remark { get; init; }

    /// <summary>How it ended, once it has.</summary>
    public Outcome? Outcome { get; init; }

    /// <summary>Why it ended so.</summary>
    public string? Reason { get; init; }

    /// <summary>Start of the session by the appliance's clock.</summary>
    public DateTimeOffset? SessionStartedAt { get; init; }

    /// <summary>Stop of the session by the appliance's clock.</summary>
    public DateTimeOffset? SessionStoppedAt { get; init; }
}
