using Microsoft.AspNetCore.Http;

namespace Rescan.Crash.Orders;

/// <summary>Answers that are not in the catalogue of faults.</summary>
internal static class OddAnswers
{
    private const string TenYears = "315360000";

    /// <summary>Busy, and asks for so much patience that nobody has it.</summary>
    public static Task<int> BusyForTenYears(HttpContext http)
    {
        http.Response.Headers.RetryAfter = TenYears;
        return WriteAsync(
            http, StatusCodes.Status503ServiceUnavailable, "application/json",
            """{"errorCode":"ServiceUnavailable","message":"The service is busy."}""");
    }

    /// <summary>A proxy's own 404.</summary>
    public static Task<int> UnknownToProxy(HttpContext http) =>
        WriteAsync(http, StatusCodes.Status404NotFound, "text/html", "<html><body>404 Not Found</body></html>");

    /// <summary>A log of either kind that names the repository, with half a character and a zero in it, which no store takes.</summary>
    public static Task<int> UnstorableLog(HttpContext http, string repository)
    {
        string text = $@"{repository}: half \ud800 a character, and \u0000";
        return WriteAsync(http, StatusCodes.Status200OK, "application/json", $$"""
            {"log":[{"logTime":"2026-01-05T01:30:00Z","status":"Success","message":"{{text}}"}],
            "totalRecords":1,"records":[{"id":1,"status":"Succeeded","startTime":"2026-01-05T01:30:00Z","title":"{{text}}"}]}
            """);
    }

    private static async Task<int> WriteAsync(HttpContext http, int status, string type, string body)
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = type;
        await http.Response.WriteAsync(body);
        return status;
    }
}
