using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace Rescan.Local.Simulator;

/// <summary>How the appliance writes its answers.</summary>
internal static class ApplianceResponses
{
    /// <summary>A time as the appliance writes it: UTC, to the microsecond, without a zone.</summary>
    public static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.ffffff", CultureInfo.InvariantCulture);

    /// <summary>A time as callers write it; without a zone it is UTC.</summary>
    public static bool TryTime(string? text, out DateTimeOffset time) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out time);

    public static async Task<int> ProblemAsync(HttpContext http, int status, string code, string details, string type = "error")
    {
        http.Response.StatusCode = status;
        await http.Response.WriteAsJsonAsync(
            new { type = "https://docs.example/problems/" + type, title = code, status, errorCode = code, details, instance = http.Request.Path.Value },
            options: null, "application/problem+json");
        return status;
    }

    public static async Task<int> JsonAsync(HttpContext http, object body, int status = StatusCodes.Status200OK)
    {
        http.Response.StatusCode = status;
        await http.Response.WriteAsJsonAsync(body);
        return status;
    }
}
