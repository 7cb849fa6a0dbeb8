using Microsoft.AspNetCore.Http;
using Rescan.Functions.Storage;

namespace Rescan.Functions.Api;

/// <summary>Who calls the HTTP API. A feature of the request where the host knows.</summary>
/// <param name="Name">The name of the key that was shown, or of the user who signed in; null where there is none.</param>
public sealed record Caller(string? Name)
{
    /// <summary>The caller as one who starts, cancels or pauses.</summary>
    public static Initiator InitiatorOf(HttpRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return new Initiator(InitiatorKind.Api, Of(request)?.Name);
    }

    /// <summary>What is told of a rescan or a run that the caller cancels.</summary>
    public static string CanceledBy(HttpRequest request) => Of(request)?.Name is { } name
        ? $"Canceled by {name} over the HTTP API."
        : "Canceled by a call of the HTTP API.";

    private static Caller? Of(HttpRequest request) => request.HttpContext.Features.Get<Caller>();
}
