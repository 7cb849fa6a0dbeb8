using System.Diagnostics;
using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.WebUtilities;

namespace Rescan.Functions.Api;

/// <summary>
/// Problem details (RFC 9457), as every error is answered: by functions, hooks, the page, and the local host before them.
/// </summary>
public static class Problems
{
    /// <summary>The media type.</summary>
    public const string ContentType = "application/problem+json";

    /// <summary>The extension by which a request is found in the log.</summary>
    public const string TraceId = "traceId";

    /// <summary>The problem of a request.</summary>
    /// <param name="http">The request.</param>
    /// <param name="status">The HTTP status.</param>
    /// <param name="detail">What was wrong with this request, and what would be right.</param>
    public static ProblemDetails Of(HttpContext http, int status, string detail)
    {
        ArgumentNullException.ThrowIfNull(http);
        return new ProblemDetails
        {
            // The status says all there is to say about the kind.
            Type = "about:blank",
            Title = ReasonPhrases.GetReasonPhrase(status),
            Status = status,
            Detail = detail,
            Extensions = { [TraceId] = TraceIdOf(http) },
        };
    }

    /// <summary>Answers a request with a problem.</summary>
    /// <param name="http">The request.</param>
    /// <param name="status">The HTTP status.</param>
    /// <param name="detail">What was wrong with this request, and what would be right.</param>
    /// <param name="retryAfter">When to ask again, where that helps.</param>
    public static Task WriteAsync(HttpContext http, int status, string detail, TimeSpan? retryAfter = null)
    {
        ArgumentNullException.ThrowIfNull(http);
        HttpResponse response = http.Response;
        response.StatusCode = status;
        response.Headers.CacheControl = "no-store";
        response.Headers.XContentTypeOptions = "nosniff";
        if (retryAfter is { } wait)
        {
            response.Headers.RetryAfter = Math.Max(1, Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        }

        // Without a token, a caller who hangs up meanwhile is no failure of the function.
        return response.WriteAsJsonAsync(Of(http, status, detail), ApiJson.Options, ContentType);
    }

    /// <summary>Finds a request in the log.</summary>
    public static string TraceIdOf(HttpContext http)
    {
        ArgumentNullException.ThrowIfNull(http);
        return Activity.Current?.Id ?? http.TraceIdentifier;
    }
}
