using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Logging;
using Rescan.Functions.Api;
using Rescan.Functions.Api.OpenApi;
using Rescan.Functions.Appliances;

namespace Rescan.Functions.Health;

/// <summary>Tells whether the app lives, and whether it can do its work.</summary>
/// <param name="checks">What readiness looks at, besides the engine.</param>
/// <param name="appliances">The appliances' clients.</param>
/// <param name="availability">Which of them answer.</param>
/// <param name="twins">Which of them are the same.</param>
/// <param name="log">The log.</param>
public sealed class HealthApi(
    IEnumerable<IReadinessCheck> checks, IApplianceClients appliances, ApplianceAvailability availability, ApplianceTwins twins,
    ILogger<HealthApi> log)
{
    /// <summary>A store or an engine that takes longer to answer a small question is not well.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Tells that the process answers, whatever it depends on.</summary>
    [Function("Liveness")]
    [ApiOperation("Tells that the app answers, whatever it depends on.", Answer = typeof(LivenessView))]
    public IResult Live([HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "health/live")] HttpRequest request) =>
        ApiJson.Ok(new LivenessView("Healthy"));

    /// <summary>Tells whether store, engine and timers work, and which appliances answer.</summary>
    [Function("Health")]
    [ApiOperation("Tells whether the app can do its work, 200 or 503, and which appliances answer.", Answer = typeof(HealthView))]
    public Task<IResult> HealthAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "health")] HttpRequest request,
        [DurableClient] DurableTaskClient client,
        CancellationToken cancellationToken) => ApiJson.AnswerAsync(request.HttpContext.Response, async () =>
        {
            HealthCheckView[] seen = await Task.WhenAll(
                checks.Prepend(new EngineReadiness(client)).Select(c => LookAsync(c, cancellationToken)));
            bool ready = Array.TrueForAll(seen, c => c.Healthy);
            HealthView health = new(ready ? "Healthy" : "Unhealthy", seen, [.. appliances.Names.Select(ViewOf)]);
            return ApiJson.Ok(health, ready ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable);
        });

    private async Task<HealthCheckView> LookAsync(IReadinessCheck check, CancellationToken cancellationToken)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Patience);
        string? fault;
        try
        {
            fault = await check.FindFaultAsync(limit.Token).WaitAsync(limit.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            fault = $"no answer within {Patience.TotalSeconds:0} s";
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            log.LogWarning("The health check of the {Check} failed: {Fault}", check.Name, e.Message);
            fault = "it failed; the log tells more";
        }

        return new HealthCheckView(check.Name, fault is null, fault);
    }

    private ApplianceHealthView ViewOf(string appliance)
    {
        ApplianceAnswering? known = availability.Of(appliance);
        return new ApplianceHealthView(appliance, known?.Answers, known?.Since, known?.AskedAt, twins.Of(appliance));
    }
}
