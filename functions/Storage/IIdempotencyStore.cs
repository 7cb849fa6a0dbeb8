namespace Rescan.Functions.Storage;

/// <summary>The answer that a request got when it came first.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Json">The body, JSON.</param>
/// <param name="Location">The header of that name, when there was one.</param>
public sealed record StoredResponse(int Status, string Json, string? Location = null);

/// <summary>What is known of a request.</summary>
/// <param name="State">How far its first coming is.</param>
/// <param name="Answer">The answer, when <see cref="IdempotencyState.Answered"/>.</param>
/// <param name="FirstAt">When the key was first used, UTC, when <see cref="IdempotencyState.New"/>: of an earlier try that was cut off, that one's time.</param>
public sealed record IdempotencyClaim(IdempotencyState State, StoredResponse? Answer = null, DateTimeOffset FirstAt = default);

/// <summary>How far a request's first coming is.</summary>
public enum IdempotencyState
{
    /// <summary>It comes first, or all that came before were abandoned or cut off; the caller must complete or abandon it.</summary>
    New,

    /// <summary>Another coming of the request is at work.</summary>
    InProgress,

    /// <summary>The request was answered.</summary>
    Answered,

    /// <summary>The key was used for a request with another body.</summary>
    Different,
}

/// <summary>Remembers requests by key for a day, so that one repeated does nothing twice and gets the first one's answer. Durable, and shared by all workers.</summary>
public interface IIdempotencyStore
{
    /// <summary>How long a key is remembered, from its first use.</summary>
    static readonly TimeSpan KeepFor = TimeSpan.FromDays(1);

    /// <summary>A claim neither completed nor abandoned lapses after this: whoever made it was killed.</summary>
    static readonly TimeSpan ClaimLapsesAfter = TimeSpan.FromMinutes(2);

    /// <summary>Claims a key, unless it is known.</summary>
    /// <param name="key">The key.</param>
    /// <param name="fingerprint">A digest of the body.</param>
    /// <param name="now">The time, UTC.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task<IdempotencyClaim> BeginAsync(string key, string fingerprint, DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>Keeps the answer to a claimed request.</summary>
    Task CompleteAsync(string key, StoredResponse answer, CancellationToken cancellationToken);

    /// <summary>Gives a claim back: the next coming is handled.</summary>
    /// <param name="key">The key.</param>
    /// <param name="forget">Whether the key is free again, since nothing can have been started under it; else it stays that of this body.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task AbandonAsync(string key, bool forget, CancellationToken cancellationToken);
}
