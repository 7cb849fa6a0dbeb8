using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;
using Rescan.Functions.Triggers.OpenApi;
using Rescan.Functions.Webhooks;

namespace Rescan.Functions.Triggers;

/// <summary>The hooks. They ask for no function key: a signature, or a key of the hook's own, lets a message in.</summary>
public sealed class WebhookTriggers(RescanHook rescan, S3Hook s3)
{
    /// <summary>A message signed by Standard Webhooks starts rescans.</summary>
    [Function("RescanHook")]
    [ApiOperation("Starts what a message signed by Standard Webhooks asks for, once however often it is delivered.", Body = typeof(RescanHookRequest), Answer = typeof(object), Status = 202, Problems = [401, 404, 409, 413, 422, 503])]
    [ApiParameter("webhook-id", "The message's id.", In = "header", Required = true)]
    [ApiParameter("webhook-timestamp", "When it was sent, in seconds since 1970.", In = "header", Required = true)]
    [ApiParameter("webhook-signature", "Signatures of the form v1,BASE64, with a space between them.", In = "header", Required = true)]
    public Task<IActionResult> RescanAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "hooks/rescan")] HttpRequest request,
        [DurableClient] DurableTaskClient client,
        CancellationToken cancellationToken) => rescan.HandleAsync(request, client, cancellationToken);

    /// <summary>S3 events, by EventBridge or SNS, lead to a rescan of the repositories they belong to.</summary>
    [Function("S3Hook")]
    [ApiOperation("Takes S3 events, by EventBridge with a key or by SNS with a signature, that lead to a rescan of the repositories they belong to.", Body = typeof(object), Answer = typeof(object), Status = 202, Problems = [401, 403, 404, 413, 503])]
    public Task<IActionResult> S3Async(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "hooks/s3")] HttpRequest request,
        [DurableClient] DurableTaskClient client,
        CancellationToken cancellationToken) => s3.HandleAsync(request, client, cancellationToken);
}
