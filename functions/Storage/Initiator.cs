using System.Text.Json.Serialization;

namespace Rescan.Functions.Storage;

/// <summary>What asks for rescans and runs, and for their end.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<InitiatorKind>))]
public enum InitiatorKind
{
    /// <summary>The schedule.</summary>
    Schedule,

    /// <summary>The HTTP API, and with it the status page.</summary>
    Api,

    /// <summary>A signed webhook.</summary>
    Webhook,

    /// <summary>Objects that were created in a repository's bucket.</summary>
    S3Event,

    /// <summary>A run over many repositories.</summary>
    Run,

    /// <summary>The <c>rescan</c> command.</summary>
    Command,

    /// <summary>The app itself, to retry what failed in a run.</summary>
    Retry,
}

/// <summary>Who or what asked for a rescan or a run, or for its end.</summary>
/// <param name="Kind">What kind of caller.</param>
/// <param name="Name">
/// Its name: a schedule's, a key's, a signed-in user's, a run's id, the id that a webhook's sender gave its message; null where the kind
/// says all that is known.
/// </param>
public sealed record Initiator(InitiatorKind Kind, string? Name = null);
