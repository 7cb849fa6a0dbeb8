namespace Rescan.Functions.Storage;

/// <summary>A wish to start a rescan, written before the POST so that a crash or a lost answer cannot start a second session.</summary>
/// <param name="RequestId">Unique per rescan (the orchestration's own request id, not its instance id, which is used again).</param>
/// <param name="Appliance">The appliance's name, compared without case.</param>
/// <param name="RepositoryId">The repository.</param>
/// <param name="CreatedAt">When it was written, UTC, by our clock.</param>
/// <param name="SessionId">The session, once known.</param>
public sealed record RescanIntent(string RequestId, string Appliance, string RepositoryId, DateTimeOffset CreatedAt, string? SessionId)
{
    /// <summary>The first POST that may have taken effect without an answer, by the appliance's clock; null when there is none.</summary>
    public DateTimeOffset? FirstPostAt { get; init; }

    /// <summary>The last POST that may have taken effect without an answer, by the appliance's clock; null when there is none.</summary>
    public DateTimeOffset? LastPostAt { get; init; }

    /// <summary>Why the rescan was canceled; null while it was not. From then on nothing is posted for it.</summary>
    public string? CancelReason { get; init; }

    /// <summary>What its outcome must tell, such as that it was posted again; null when there is nothing.</summary>
    public string? Remark { get; init; }
}

/// <summary>Keeps intents, and which session belongs to which. All writes are conditional: safe to repeat, safe among workers.</summary>
public interface IIntentStore
{
    /// <summary>Writes the intent unless one with that request id exists.</summary>
    /// <returns>The stored intent, and whether this call created it.</returns>
    Task<(RescanIntent Intent, bool Created)> GetOrAddIntentAsync(RescanIntent intent, CancellationToken cancellationToken);

    /// <summary>The intent of a request; null when there is none.</summary>
    Task<RescanIntent?> GetIntentAsync(string appliance, string requestId, CancellationToken cancellationToken);

    /// <summary>Writes down which POSTs of an intent may have taken effect, and its remark, unless it knows its session or another has posted since.</summary>
    /// <param name="intent">The intent; its two times of POSTs and its remark are stored.</param>
    /// <param name="lastPostAt">The last POST as it stands in the store, as far as the caller knows.</param>
    /// <param name="cancellationToken">Ends the write.</param>
    /// <returns>Whether it was written.</returns>
    Task<bool> TrySetPostsAsync(RescanIntent intent, DateTimeOffset? lastPostAt, CancellationToken cancellationToken);

    /// <summary>Writes down that a rescan was canceled, and its intent where there is none; the first reason stays.</summary>
    Task SetCanceledAsync(RescanIntent intent, CancellationToken cancellationToken);

    /// <summary>Replaces the remark of an intent.</summary>
    Task SetRemarkAsync(RescanIntent intent, string remark, CancellationToken cancellationToken);

    /// <summary>Claims a session for an intent, and notes it in the intent; both or neither.</summary>
    /// <returns>True when the session is this intent's (now or before); false when another holds it.</returns>
    Task<bool> TryClaimSessionAsync(RescanIntent intent, string sessionId, CancellationToken cancellationToken);

    /// <summary>Who holds which of these sessions of an appliance.</summary>
    /// <returns>The request id by session id, empty for a session that was set aside; sessions that nobody holds are left out.</returns>
    Task<IReadOnlyDictionary<string, string>> GetClaimsAsync(string appliance, IReadOnlyCollection<string> sessionIds, CancellationToken cancellationToken);

    /// <summary>Sees to it that no intent claims these sessions, save one that holds its already.</summary>
    Task SetAsideAsync(string appliance, IReadOnlyCollection<string> sessionIds, CancellationToken cancellationToken);

    /// <summary>Intents of an appliance that know no session though a POST since the given time may have taken effect.</summary>
    /// <param name="appliance">The appliance.</param>
    /// <param name="since">By the appliance's clock.</param>
    /// <param name="cancellationToken">Ends the read.</param>
    Task<IReadOnlyList<RescanIntent>> GetOpenIntentsAsync(string appliance, DateTimeOffset since, CancellationToken cancellationToken);
}
