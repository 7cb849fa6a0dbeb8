using System.Text.Json.Serialization;

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

    /// <summary>Who or what canceled it; null while nobody did.</summary>
    public Initiator? CanceledBy { get; init; }

    /// <summary>What its outcome must tell, such as that it was posted again; null when there is nothing.</summary>
    public string? Remark { get; init; }

    /// <summary>Whether a POST may have started a session that is not known.</summary>
    [JsonIgnore]
    internal bool IsOpen => this is { SessionId: null, LastPostAt: not null };
}
