using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;
using Rescan.Functions.Api.OpenApi;

namespace Rescan.Functions.S3Events;

/// <summary>
/// The hook for S3 events. It asks for no function key: a signature of SNS, or a key of the hook's own, lets a message in.
/// </summary>
public sealed class S3HookFunction(S3Hook hook)
{
    /// <summary>S3 events, by EventBridge or SNS, lead to a rescan of the repositories they belong to.</summary>
    [Function("S3Hook")]
    [ApiOperation("Takes S3 events, by EventBridge with a key or by SNS with a signature, that lead to a rescan of the repositories they "
        + "belong to.", Body = typeof(object), Answer = typeof(object), Status = 202, Problems = [401, 403, 404, 413, 503])]
    public Task<IActionResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "hooks/s3")] HttpRequest request,
        [DurableClient] DurableTaskClient client,
        CancellationToken cancellationToken) => hook.HandleAsync(request, client, cancellationToken);
}
