using System.Text.Json.Serialization;
using Rescan.Functions.Appliances;

namespace Rescan.Functions.Storage;

/// <summary>How a rescan ended.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Outcome>))]
public enum Outcome
{
    /// <summary>The appliance says the session succeeded.</summary>
    Succeeded,

    /// <summary>The appliance says it ended with warnings.</summary>
    Warning,

    /// <summary>The appliance says it failed.</summary>
    Failed,

    /// <summary>It was canceled, here or on the appliance.</summary>
    Canceled,

    /// <summary>Our deadline passed before the session ended.</summary>
    TimedOut,

    /// <summary>The session vanished from the appliance.</summary>
    Lost,

    /// <summary>The appliance cannot or may not rescan; no retry helps.</summary>
    Rejected,

    /// <summary>The appliance did not answer until the deadline.</summary>
    Unreachable,
}

/// <summary>A repository named in an outcome.</summary>
/// <param name="Id">Its uuid.</param>
/// <param name="Name">Its name when the rescan was asked for.</param>
public sealed record RepositoryRef(string Id, string Name);

/// <summary>The record of one finished rescan; also the JSON object that <c>rescan run --output json</c> prints.</summary>
public sealed record RescanOutcome
{
    /// <summary>The orchestration's instance id.</summary>
    public required string Id { get; init; }

    /// <summary>The appliance's configured name.</summary>
    public required string Appliance { get; init; }

    /// <summary>The repository.</summary>
    public required RepositoryRef Repository { get; init; }

    /// <summary>The appliance's session, null when none was started.</summary>
    public string? SessionId { get; init; }

    /// <summary>How it ended.</summary>
    public required Outcome Outcome { get; init; }

    /// <summary>Why, in words for the operator; null when there is nothing to add.</summary>
    public string? Reason { get; init; }

    /// <summary>Who or what asked for it; null where that is not known.</summary>
    public Initiator? StartedBy { get; init; }

    /// <summary>
    /// Who or what asked here for its end, whether it came of that or not; null when nobody did, also when the appliance's own users did.
    /// </summary>
    public Initiator? CanceledBy { get; init; }

    /// <summary>When the rescan was asked for, UTC.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>When its end was noticed, UTC.</summary>
    public required DateTimeOffset FinishedAt { get; init; }

    /// <summary>Seconds the session took by the appliance's clock, or between our own times when it told none.</summary>
    public required double DurationSeconds { get; init; }

    /// <summary>Polls made.</summary>
    public int Polls { get; init; }

    /// <summary>Requests sent, by kind.</summary>
    public RequestCounts Requests { get; init; } = new();

    /// <summary>When it did what; null in outcomes recorded before this was kept.</summary>
    public RescanTimeline? Timeline { get; init; }

    /// <summary>The session's log, capped.</summary>
    public IReadOnlyList<SessionLogItem> Log { get; init; } = [];
}
