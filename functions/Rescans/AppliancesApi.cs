using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Options;
using Rescan.Functions.Api;
using Rescan.Functions.Api.Callers;
using Rescan.Functions.Api.OpenApi;
using Rescan.Functions.Configuration;

namespace Rescan.Functions.Rescans;

/// <summary>A configured appliance.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Kind">VeeamBackupForAws or VeeamBackupAndReplication.</param>
/// <param name="BaseUrl">Where its REST API is.</param>
public sealed record ApplianceView(string Name, string Kind, string BaseUrl);

/// <summary>The configured appliances.</summary>
/// <param name="Items">In the settings' order.</param>
public sealed record ApplianceListView(IReadOnlyList<ApplianceView> Items);

/// <summary>Tells which appliances are configured. None of them is asked.</summary>
/// <param name="options">The settings.</param>
public sealed class AppliancesApi(IOptions<RescanOptions> options)
{
    /// <summary>Lists.</summary>
    [Function("ListAppliancesApi")]
    [ApiOperation("Lists the configured appliances; none of them is asked.", Answer = typeof(ApplianceListView))]
    public Task<IResult> ListAsync([HttpTrigger(AuthorizationLevel.Function, "get", "head", Route = "appliances")] HttpRequest request) =>
        ApiJson.AnswerAsync(request, CallerRole.Viewer, _ => Task.FromResult(ApiJson.Ok(new ApplianceListView(
            [.. options.Value.Appliances.Select(a => new ApplianceView(a.Name, a.Kind, a.BaseUrl?.AbsoluteUri ?? ""))]))));
}
