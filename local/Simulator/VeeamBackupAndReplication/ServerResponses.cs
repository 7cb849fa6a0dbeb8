using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace Rescan.Local.Simulator.VeeamBackupAndReplication;

/// <summary>How the server writes its answers.</summary>
internal static class ServerResponses
{
    /// <summary>The server's zone; its times carry the offset.</summary>
    private static readonly TimeSpan Zone = TimeSpan.FromHours(-7);

    /// <summary>A time as the server writes it: with its offset, and without trailing zeros of the fraction.</summary>
    public static string Time(DateTimeOffset time) =>
        time.ToOffset(Zone).ToString("yyyy-MM-ddTHH:mm:ss.FFFFFFFzzz", CultureInfo.InvariantCulture);

    public static async Task<int> ErrorAsync(HttpContext http, int status, string code, string message, string? resource = null)
    {
        http.Response.StatusCode = status;
        await http.Response.WriteAsJsonAsync(new Dictionary<string, object?>
        {
            ["errorCode"] = code, ["message"] = message, ["resourceId"] = resource, ["title"] = code, ["status"] = status,
        });
        return status;
    }
}
