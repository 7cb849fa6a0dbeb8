namespace Rescan.Functions.Storage;

/// <summary>Which outcomes to read, newest first.</summary>
/// <param name="Appliance">The appliance's name, compared without case; null: any.</param>
/// <param name="Repository">The repository's name or id, compared without case; null: any.</param>
/// <param name="InstanceId">The instance id; null: any.</param>
/// <param name="Limit">How many at most, 1 to 1000.</param>
/// <param name="ContinuationToken">Where an earlier page ended; null: from the newest.</param>
public sealed record OutcomeQuery(
    string? Appliance = null, string? Repository = null, string? InstanceId = null, int Limit = 50, string? ContinuationToken = null);

/// <summary>An outcome and its request id.</summary>
/// <param name="RequestId">Tells the rescans of one instance id apart.</param>
/// <param name="Outcome">The outcome.</param>
public sealed record RecordedOutcome(string RequestId, RescanOutcome Outcome);

/// <summary>Some outcomes, newest first.</summary>
/// <param name="Items">The outcomes, without their logs.</param>
/// <param name="ContinuationToken">Where the next page begins; null: this is the last.</param>
public sealed record OutcomePage(IReadOnlyList<RecordedOutcome> Items, string? ContinuationToken);

/// <summary>An outcome as a point in a repository's history.</summary>
/// <param name="Outcome">How it ended.</param>
/// <param name="DurationSeconds">Seconds the session took.</param>
/// <param name="FinishedAt">When its end was noticed, UTC.</param>
public sealed record OutcomePoint(Outcome Outcome, double DurationSeconds, DateTimeOffset FinishedAt);
