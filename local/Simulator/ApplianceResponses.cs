using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;

namespace Rescan.Local.Simulator;

/// <summary>How the appliance writes its answers.</summary>
internal static partial class ApplianceResponses
{
    /// <summary>A time as the appliance writes it: UTC, to the microsecond, without a zone.</summary>
    public static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.ffffff", CultureInfo.InvariantCulture);

    /// <summary>A time as callers must write it: a date-time of RFC 3339, which has a zone.</summary>
    public static bool TryTime(string? text, out DateTimeOffset time) => DateTimeOffset.TryParseExact(
        text, ["yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK", "yyyy-MM-dd'T'HH:mm:ssK"], CultureInfo.InvariantCulture, DateTimeStyles.None, out time)
    && ZoneAtEnd().IsMatch(text!);

    public static async Task<int> ProblemAsync(HttpContext http, int status, string code, string details, string type = "error")
    {
        http.Response.StatusCode = status;
        await http.Response.WriteAsJsonAsync(
            new { type = "/api/v1/problems/" + type, title = code, status, errorCode = code, details, instance = http.Request.Path.Value },
            options: null, "application/problem+json");
        return status;
    }

    public static async Task<int> JsonAsync(HttpContext http, object body, int status = StatusCodes.Status200OK)
    {
        http.Response.StatusCode = status;
        await http.Response.WriteAsJsonAsync(body);
        return status;
    }

    [GeneratedRegex(@"(Z|[+-][0-9]{2}:[0-9]{2})\z")]
    private static partial Regex ZoneAtEnd();
}
