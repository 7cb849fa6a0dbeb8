using Rescan.Functions.Storage;

namespace Rescan.Functions.Api.Callers;

/// <summary>Who calls the HTTP API.</summary>
/// <param name="Name">The name of the key or of the Entra user; null where the key has none.</param>
/// <param name="Role">What the caller may do.</param>
public sealed record Caller(string? Name, CallerRole Role)
{
    /// <summary>One of whom no more is known than that the host let the request in.</summary>
    public static Caller Unnamed { get; } = new(null, CallerRole.Operator);

    /// <summary>As what is asked for remembers the caller.</summary>
    public Initiator AsInitiator() => new(InitiatorKind.Api, Name);

    /// <summary>What is told of a rescan or a run that the caller cancels.</summary>
    public string CancelReason() => Name is null ? "Canceled by a call of the HTTP API." : $"Canceled by {Name} over the HTTP API.";
}
