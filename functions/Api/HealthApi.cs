using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Rescan.Functions.Api.OpenApi;

namespace Rescan.Functions.Api;

/// <summary>Tells that the app answers.</summary>
public sealed class HealthApi
{
    /// <summary>Tells that the app answers.</summary>
    [Function("Health")]
    [ApiOperation("Tells that the app answers.", Answer = typeof(HealthView))]
    public IResult Health([HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "health")] HttpRequest request) =>
        ApiJson.Ok(new HealthView("Healthy"));
}

/// <summary>Whether the app answers.</summary>
/// <param name="Status">Healthy.</param>
public sealed record HealthView(string Status);
