using Rescan.Functions.Storage;

namespace Rescan.Functions.Runs;

/// <summary>One repository of a run.</summary>
/// <param name="Appliance">The appliance's configured name.</param>
/// <param name="Repository">The repository.</param>
/// <param name="State">Waiting for its turn, Running, or Ended.</param>
/// <param name="Id">The rescan's instance id.</param>
/// <param name="RequestId">Tells the rescans of one id apart.</param>
/// <param name="Joined">Whether the rescan ran already when its turn came.</param>
/// <param name="Outcome">How it ended; null while it has not, or when no outcome was recorded.</param>
/// <param name="DurationSeconds">Seconds its session took.</param>
/// <param name="Found">What the session's log said last.</param>
/// <param name="Reason">Why it ended so.</param>
public sealed record RunItemView(
    string Appliance, RepositoryRef Repository, RunItemState State, string Id, string RequestId, bool Joined, Outcome? Outcome,
    double DurationSeconds, string? Found, string? Reason);

/// <summary>The report of a run over many repositories; while it goes on, as far as it has come.</summary>
/// <param name="Id">The run's id, never used again.</param>
/// <param name="Status">How far it is, or how it ended.</param>
/// <param name="StartedAt">When it began, UTC.</param>
/// <param name="FinishedAt">When it ended, UTC; null while it goes on.</param>
/// <param name="StartedBy">Who or what asked for it; null where that is not known.</param>
/// <param name="DueAt">When it was due, UTC; null for one that the schedule did not start.</param>
/// <param name="Reason">Why it began late or ended so.</param>
/// <param name="Counts">Repositories by outcome; those whose rescan has none count as None.</param>
/// <param name="Items">The repositories, by appliance and turn.</param>
/// <param name="Errors">Appliances that could not be rescanned, each with its reason.</param>
/// <param name="Warnings">What the operator should look into.</param>
/// <param name="Troubles">Appliances that the run waits for now.</param>
public sealed record RunView(
    string Id, RunStatus Status, DateTimeOffset StartedAt, DateTimeOffset? FinishedAt, Initiator? StartedBy, DateTimeOffset? DueAt,
    string? Reason,
    IReadOnlyDictionary<string, int> Counts, IReadOnlyList<RunItemView> Items, IReadOnlyList<string> Errors, IReadOnlyList<string> Warnings,
    IReadOnlyList<ApplianceTroubleView> Troubles)
{
    /// <summary>The appliances that it was to see to.</summary>
    public IReadOnlyList<string> Appliances { get; init; } = [];

    /// <summary>Which of their repositories; null: all.</summary>
    public RepositoryFilter? Filter { get; init; }

    /// <summary>The run that it repeats; null when it repeats none.</summary>
    public RunRepeat? Repeats { get; init; }

    /// <summary>The runs that repeat it, oldest first.</summary>
    public IReadOnlyList<RunRepeat> RepeatedBy { get; init; } = [];

    /// <summary>Who or what canceled it; null when nobody did, or where that is not known.</summary>
    public Initiator? CanceledBy { get; init; }

    /// <summary>When it is retried by itself; null when it is not.</summary>
    public RunRetry? Retry { get; init; }

    /// <summary>Whether POST /api/runs/{id}/rerun has something to repeat.</summary>
    public bool CanBeRepeated { get; init; }
}

/// <summary>An appliance that a run waits for.</summary>
/// <param name="Appliance">The appliance's configured name.</param>
/// <param name="Trouble">What is wrong, in words for the operator.</param>
/// <param name="Since">Since when, UTC.</param>
/// <param name="NextTryAt">When it is asked next, UTC.</param>
/// <param name="GivesUpAt">When the run goes on without it, UTC; null when its rescans wait until their own deadline.</param>
public sealed record ApplianceTroubleView(
    string Appliance, string Trouble, DateTimeOffset Since, DateTimeOffset NextTryAt, DateTimeOffset? GivesUpAt);
