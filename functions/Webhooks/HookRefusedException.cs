using System.Text.Json;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.WebUtilities;

namespace Rescan.Functions.Webhooks;

/// <summary>A hook does not do what was asked; becomes problem details (RFC 9457). Its message goes to the caller and holds no secret.</summary>
internal sealed class HookRefusedException(int status, string message) : Exception(message)
{
    /// <summary>The HTTP status.</summary>
    public int Status => status;

    /// <summary>When to ask again, where that helps.</summary>
    public TimeSpan? RetryAfter { get; init; }

    public HookAnswer ToAnswer() => new(status, JsonSerializer.Serialize(new ProblemDetails
    {
        Type = "about:blank",
        Title = ReasonPhrases.GetReasonPhrase(status),
        Status = status,
        Detail = Message,
    }))
    {
        ContentType = "application/problem+json",
        RetryAfter = RetryAfter,
    };
}
