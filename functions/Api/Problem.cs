using System.Diagnostics;
using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace Rescan.Functions.Api;

/// <summary>Problem details as every error is answered (RFC 9457).</summary>
/// <param name="Type">about:blank: the status says all there is to say about the kind.</param>
/// <param name="Title">The status in words.</param>
/// <param name="Status">The HTTP status.</param>
/// <param name="Detail">What was wrong with this request, and what would be right.</param>
/// <param name="TraceId">Finds the request in the log.</param>
public sealed record Problem(string Type, string Title, int Status, string Detail, string TraceId)
{
    /// <summary>The media type.</summary>
    public const string ContentType = "application/problem+json";

    /// <summary>The problem of a request.</summary>
    public static Problem Of(HttpContext http, int status, string detail)
    {
        ArgumentNullException.ThrowIfNull(http);
        return new Problem("about:blank", ReasonPhrases.GetReasonPhrase(status), status, detail, Activity.Current?.Id ?? http.TraceIdentifier);
    }

    /// <summary>Says when to ask again.</summary>
    internal static void RetryAfter(HttpResponse response, TimeSpan wait) =>
        response.Headers.RetryAfter = Math.Ceiling(wait.TotalSeconds).ToString(CultureInfo.InvariantCulture);
}
