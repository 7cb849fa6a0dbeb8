using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;
using Rescan.Functions.Webhooks;

namespace Rescan.Functions.Triggers;

/// <summary>The hooks. They ask for no function key: a signature, or a key of the hook's own, lets a message in.</summary>
public sealed class WebhookTriggers(RescanHook rescan, S3Hook s3)
{
    /// <summary>A message signed by Standard Webhooks starts rescans.</summary>
    [Function("RescanHook")]
    public Task<IActionResult> RescanAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "hooks/rescan")] HttpRequest request,
        [DurableClient] DurableTaskClient client,
        CancellationToken cancellationToken) => rescan.HandleAsync(request, client, cancellationToken);

    /// <summary>S3 events, by EventBridge or SNS, lead to a rescan of the repositories they belong to.</summary>
    [Function("S3Hook")]
    public Task<IActionResult> S3Async(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "hooks/s3")] HttpRequest request,
        [DurableClient] DurableTaskClient client,
        CancellationToken cancellationToken) => s3.HandleAsync(request, client, cancellationToken);
}
