using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace Rescan.Local.Simulator.Faults;

/// <summary>Makes the handlers of faults.</summary>
internal static class FaultHandlers
{
    private const int HugeBody = 50 * 1024 * 1024;

    /// <summary>Changes what the endpoint does.</summary>
    public static FaultHandler Effect(Action<FaultEffects> set) => context =>
    {
        set(context.Effects);
        return Task.FromResult<int?>(null);
    };

    /// <summary>Does something to the appliance, which then serves the request.</summary>
    public static FaultHandler Act(Action<SimulatedAppliance> act) => context =>
    {
        act(context.Appliance);
        return Task.FromResult<int?>(null);
    };

    public static FaultHandler Problem(int status, string code, string details) =>
        async context => await context.Appliance.State.Api.ProblemAsync(context.Http, status, code, details);

    public static FaultHandler Body(string type, string body) => async context =>
    {
        context.Http.Response.ContentType = type;
        await context.Http.Response.WriteAsync(body);
        return StatusCodes.Status200OK;
    };

    /// <summary>The service is busy, without a Retry-After.</summary>
    public static FaultHandler Busy(int status) => Busy(status, _ => null);

    /// <summary>The service is busy, with a Retry-After in seconds.</summary>
    public static FaultHandler BusySeconds(int status) =>
        Busy(status, context => Math.Ceiling(context.Span.TotalSeconds).ToString(CultureInfo.InvariantCulture));

    /// <summary>The service is busy, with a Retry-After as a date.</summary>
    public static FaultHandler BusyDate(int status) =>
        Busy(status, context => (context.Appliance.State.Now + context.Span).UtcDateTime.ToString("R", CultureInfo.InvariantCulture));

    public static async Task<int?> SlowAsync(FaultContext context)
    {
        await Task.Delay(context.Span, context.Appliance.State.Options.Time, context.Http.RequestAborted);
        return null;
    }

    public static async Task<int?> LateAsync(FaultContext context)
    {
        await Task.Delay(context.Span, context.Appliance.State.Options.Time, CancellationToken.None);
        return null;
    }

    public static async Task<int?> HangAsync(FaultContext context)
    {
        await Task.Delay(Timeout.InfiniteTimeSpan, context.Http.RequestAborted);
        return null;
    }

    public static Task<int?> DropBefore(FaultContext context)
    {
        context.Http.Abort();
        return Task.FromResult<int?>(0);
    }

    public static Task<int?> DropAfter(FaultContext context)
    {
        // Buffered, so that nothing of the answer leaves before the connection goes.
        context.Http.Response.Body = Stream.Null;
        context.Effects.DropAnswer = true;
        return Task.FromResult<int?>(null);
    }

    public static Task<int?> Redirect(FaultContext context)
    {
        context.Http.Response.Redirect("https://elsewhere.example/login");
        return Task.FromResult<int?>(StatusCodes.Status302Found);
    }

    public static Task<int?> NewCertificate(FaultContext context)
    {
        context.Appliance.ChangeCertificate();
        return Task.FromResult<int?>(0);
    }

    public static Task<int?> Reboot(FaultContext context)
    {
        _ = Task.Run(() => context.Appliance.RebootAsync(context.Span));
        context.Http.Abort();
        return Task.FromResult<int?>(0);
    }

    public static async Task<int?> HugeLogAsync(FaultContext context)
    {
        HttpContext http = context.Http;
        http.Response.ContentType = "application/json";
        string item = $$"""{"logTime":"2026-01-01T00:00:00","status":"Success","message":"{{new string('x', 1000)}}"}""";
        await http.Response.WriteAsync($"{{\"{context.Appliance.State.Api.LogField}\":[" + item);
        for (int sent = item.Length; sent < HugeBody && !http.RequestAborted.IsCancellationRequested; sent += item.Length + 1)
        {
            await http.Response.WriteAsync("," + item, http.RequestAborted);
        }

        await http.Response.WriteAsync("]}", http.RequestAborted);
        return StatusCodes.Status200OK;
    }

    private static FaultHandler Busy(int status, Func<FaultContext, string?> retryAfter) => async context =>
    {
        if (retryAfter(context) is { } wait)
        {
            context.Http.Response.Headers.RetryAfter = wait;
        }

        return await context.Appliance.State.Api.ProblemAsync(context.Http, status, "ServiceUnavailable", "The service is busy.");
    };
}
