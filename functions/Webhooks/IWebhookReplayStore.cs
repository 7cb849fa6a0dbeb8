namespace Rescan.Functions.Webhooks;

/// <summary>The answer that a message's first delivery got.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Json">The body, JSON.</param>
/// <param name="Location">The header of that name, when there was one.</param>
public sealed record StoredAnswer(int Status, string Json, string? Location = null);

/// <summary>What is known of a message.</summary>
/// <param name="State">How far its first delivery is.</param>
/// <param name="Answer">The answer, when <see cref="ReplayState.Answered"/>.</param>
public sealed record ReplayClaim(ReplayState State, StoredAnswer? Answer = null);

/// <summary>How far a message's first delivery is.</summary>
public enum ReplayState
{
    /// <summary>This is the first delivery; the caller must complete or abandon it.</summary>
    New,

    /// <summary>Another delivery of the message is at work.</summary>
    InProgress,

    /// <summary>The message was answered.</summary>
    Answered,

    /// <summary>The id was used for a message with another body.</summary>
    Different,
}

/// <summary>Remembers webhook messages by id, so that a delivery repeated does nothing twice and gets the first one's answer.</summary>
public interface IWebhookReplayStore
{
    /// <summary>Claims a message, unless it is known. A claim neither completed nor abandoned lapses after a while.</summary>
    /// <param name="id">The message's id.</param>
    /// <param name="fingerprint">A digest of its body.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task<ReplayClaim> BeginAsync(string id, string fingerprint, CancellationToken cancellationToken);

    /// <summary>Keeps the answer to a claimed message.</summary>
    Task CompleteAsync(string id, StoredAnswer answer, CancellationToken cancellationToken);

    /// <summary>Gives a claim back: the next delivery is handled as the first.</summary>
    Task AbandonAsync(string id, CancellationToken cancellationToken);
}
