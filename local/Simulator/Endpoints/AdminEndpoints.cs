using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Rescan.Local.Simulator.Faults;

namespace Rescan.Local.Simulator.Endpoints;

/// <summary>What no real appliance has: the ledger, and faults on demand.</summary>
internal sealed class AdminEndpoints(SimulatedAppliance appliance)
{
    public async Task HandleAsync(HttpContext http, string path)
    {
        if (!IsMeantForHere(http.Request))
        {
            await ApplianceResponses.ProblemAsync(
                http, StatusCodes.Status403Forbidden, "AccessDenied",
                "This is for programs of this machine, under the name localhost or a loopback address.");
            return;
        }

        try
        {
            switch (http.Request.Method, path)
            {
                case ("GET", "/_ledger"):
                    await http.Response.WriteAsJsonAsync(appliance.Ledger);
                    return;
                case ("GET", "/_admin/faults"):
                    await http.Response.WriteAsJsonAsync(appliance.OpenFaults);
                    return;
                case ("POST", "/_admin/faults"):
                    appliance.Add(await ReadAsync<Fault>(http));
                    break;
                case ("DELETE", "/_admin/faults"):
                    appliance.ClearFaults();
                    break;
                case ("POST", "/_admin/password"):
                    appliance.Password = (await ReadAsync<NewPassword>(http)).Password
                        ?? throw new ArgumentException("A password is needed.");
                    break;
                case ("POST", "/_admin/certificate"):
                    http.Response.OnCompleted(() =>
                    {
                        appliance.ChangeCertificate();
                        return Task.CompletedTask;
                    });
                    break;
                case ("POST", "/_admin/reboot"):
                    TimeSpan away = TimeSpan.FromSeconds(Math.Clamp((await ReadAsync<Reboot>(http)).Seconds, 0, 3600));
                    http.Response.OnCompleted(() =>
                    {
                        _ = Task.Run(() => appliance.RebootAsync(away));
                        return Task.CompletedTask;
                    });
                    break;
                default:
                    await ApplianceResponses.ProblemAsync(
                        http, StatusCodes.Status404NotFound, "NotFound", $"{http.Request.Method} {path} is not known.");
                    return;
            }

            http.Response.StatusCode = StatusCodes.Status204NoContent;
        }
        catch (Exception e) when (e is ArgumentException or JsonException)
        {
            await ApplianceResponses.ProblemAsync(http, StatusCodes.Status400BadRequest, "UnexpectedContent", e.Message);
        }
    }

    /// <summary>
    /// A page of another site can have a browser send this, but then the browser names its origin, or the name that leads here.
    /// </summary>
    private static bool IsMeantForHere(HttpRequest request) =>
        request.Headers.Origin.Count == 0
        && (string.Equals(request.Host.Host, "localhost", StringComparison.OrdinalIgnoreCase)
            || (IPAddress.TryParse(request.Host.Host.Trim('[', ']'), out IPAddress? address) && IPAddress.IsLoopback(address)));

    private static async Task<T> ReadAsync<T>(HttpContext http) =>
        await JsonSerializer.DeserializeAsync<T>(http.Request.Body, JsonSerializerOptions.Web, http.RequestAborted)
        ?? throw new ArgumentException("A JSON object is needed.");

    private sealed record NewPassword(string? Password);

    private sealed record Reboot(double Seconds);
}
