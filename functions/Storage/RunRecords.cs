using System.Text.Json.Serialization;

namespace Rescan.Functions.Storage;

/// <summary>How far a run over many repositories is, or how it ended.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<RunStatus>))]
public enum RunStatus
{
    /// <summary>It goes on.</summary>
    Running,

    /// <summary>Every repository was seen to; its items tell how each fared.</summary>
    Completed,

    /// <summary>It was canceled.</summary>
    Canceled,

    /// <summary>Its deadline passed before every repository was seen to.</summary>
    TimedOut,

    /// <summary>It was due while the one before still went on, so it did not begin.</summary>
    Skipped,

    /// <summary>It ended by a fault or by an operator's hand; rescans that it had started go on by themselves.</summary>
    Failed,
}

/// <summary>A run over many repositories, without its items.</summary>
public sealed record RunRecord
{
    /// <summary>The run's id, never used again.</summary>
    public required string Id { get; init; }

    /// <summary>How far it is.</summary>
    public required RunStatus Status { get; init; }

    /// <summary>When it began, UTC.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>When it ended, UTC; null while it goes on.</summary>
    public DateTimeOffset? FinishedAt { get; init; }

    /// <summary>Who or what asked for it; null where that is not known.</summary>
    public Initiator? StartedBy { get; init; }

    /// <summary>Who or what canceled it; null when nobody did, or where that is not known.</summary>
    public Initiator? CanceledBy { get; init; }

    /// <summary>When it was due, UTC; null for one that the schedule did not start.</summary>
    public DateTimeOffset? DueAt { get; init; }

    /// <summary>Why it began late or ended so, in words for the operator; null when there is nothing to add.</summary>
    public string? Reason { get; init; }

    /// <summary>Repositories by outcome; those whose rescan has none count as None. Empty until the run has ended.</summary>
    public IReadOnlyDictionary<string, int> Counts { get; init; } = new Dictionary<string, int>();

    /// <summary>The appliances that it was to see to.</summary>
    public IReadOnlyList<string> Appliances { get; init; } = [];

    /// <summary>Which of their repositories; null: all.</summary>
    public RepositoryFilter? Filter { get; init; }

    /// <summary>The run that it repeats; null when it repeats none.</summary>
    public RunRepeat? Repeats { get; init; }

    /// <summary>The runs that repeat it, oldest first.</summary>
    public IReadOnlyList<RunRepeat> RepeatedBy { get; init; } = [];

    /// <summary>When it is retried by itself; null when it is not.</summary>
    public RunRetry? Retry { get; init; }

    /// <summary>Appliances whose repositories were never listed, so that no item stands for them.</summary>
    public IReadOnlyList<UnlistedAppliance> Unlisted { get; init; } = [];

    /// <summary>Which try it is: 1, and 2 for what retries it, and so on.</summary>
    [JsonIgnore]
    public int Try => Repeats?.Try ?? 1;

    /// <summary>Whether it waits to be retried. Whatever repeats it first is the retry, also when a person asks for it.</summary>
    [JsonIgnore]
    public bool IsRetryDue => Retry is { CanceledAt: null } && RepeatedBy.Count == 0;

    /// <summary>Appliances whose repositories could not be rescanned at all, each with its reason.</summary>
    public IReadOnlyList<string> Errors { get; init; } = [];

    /// <summary>What the operator should look into.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];
}

/// <summary>That one run repeats another, as either of them keeps it.</summary>
/// <param name="RunId">The other run.</param>
/// <param name="Try">1 when it was asked for anew; 2 when it retries the first try, and so on.</param>
/// <param name="Canceled">Whether it takes canceled rescans too.</param>
/// <param name="StartedBy">Who or what asked for the repetition.</param>
public sealed record RunRepeat(string RunId, int Try, bool Canceled, Initiator StartedBy);

/// <summary>That a run is to be retried by itself.</summary>
/// <param name="DueAt">When, UTC.</param>
public sealed record RunRetry(DateTimeOffset DueAt)
{
    /// <summary>When that was canceled, UTC; null when it was not.</summary>
    public DateTimeOffset? CanceledAt { get; init; }

    /// <summary>Who or what canceled it; null when nobody did.</summary>
    public Initiator? CanceledBy { get; init; }
}

/// <summary>An appliance whose repositories a run could not list.</summary>
/// <param name="Appliance">Its configured name.</param>
/// <param name="Outcome">Rejected when trying again does not help, Unreachable when it may, Canceled; null where a fault ended it.</param>
public sealed record UnlistedAppliance(string Appliance, Outcome? Outcome);

/// <summary>Some runs, newest first.</summary>
/// <param name="Items">The runs.</param>
/// <param name="ContinuationToken">Where the next page begins; null: this is the last.</param>
public sealed record RunRecordPage(IReadOnlyList<RunRecord> Items, string? ContinuationToken);

/// <summary>How far a run is with one repository.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<RunItemState>))]
public enum RunItemState
{
    /// <summary>Its turn has not come.</summary>
    Waiting,

    /// <summary>Its rescan runs.</summary>
    Running,

    /// <summary>The run is done with it.</summary>
    Ended,
}

/// <summary>One repository of a run.</summary>
public sealed record RunItem
{
    /// <summary>The appliance's configured name.</summary>
    public required string Appliance { get; init; }

    /// <summary>The repository.</summary>
    public required RepositoryRef Repository { get; init; }

    /// <summary>The S3 bucket, where the appliance tells it.</summary>
    public string? Bucket { get; init; }

    /// <summary>The folder in the bucket, where the appliance tells it.</summary>
    public string? Folder { get; init; }

    /// <summary>Its turn among the appliance's, from 0.</summary>
    public required int Turn { get; init; }

    /// <summary>The request whose outcome counts: the run's own, or the one that was joined.</summary>
    public required string RequestId { get; init; }

    /// <summary>How far the run is with it.</summary>
    public RunItemState State { get; init; }

    /// <summary>Whether the rescan ran already when its turn came.</summary>
    public bool Joined { get; init; }

    /// <summary>How the rescan ended; null while it has not, or when no outcome was recorded.</summary>
    public Outcome? Outcome { get; init; }

    /// <summary>Seconds its session took.</summary>
    public double DurationSeconds { get; init; }

    /// <summary>What the session's log said last: what was found.</summary>
    public string? Found { get; init; }

    /// <summary>Why it ended so.</summary>
    public string? Reason { get; init; }
}
