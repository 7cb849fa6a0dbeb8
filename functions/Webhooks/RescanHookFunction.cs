using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;
using Rescan.Functions.Api.OpenApi;
using Rescan.Functions.Rescans;

namespace Rescan.Functions.Webhooks;

/// <summary>The hook for signed messages. It asks for no function key: the signature lets a message in.</summary>
public sealed class RescanHookFunction(RescanHook hook)
{
    /// <summary>A message signed by Standard Webhooks starts rescans.</summary>
    [Function("RescanHook")]
    [ApiOperation("Starts what a message signed by Standard Webhooks asks for, once however often it is delivered.",
        Body = typeof(StartRescanRequest), Answer = typeof(object), Status = 202, Problems = [401, 404, 409, 413, 422, 503])]
    [ApiParameter("webhook-id", "The message's id; svix-id, svix-timestamp and svix-signature are taken in place of these three.",
        In = "header", Required = true)]
    [ApiParameter("webhook-timestamp", "When it was sent, in seconds since 1970.", In = "header", Required = true)]
    [ApiParameter("webhook-signature", "Signatures of the form v1,BASE64, with a space between them.", In = "header", Required = true)]
    public Task<IActionResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "hooks/rescan")] HttpRequest request,
        [DurableClient] DurableTaskClient client,
        CancellationToken cancellationToken) => hook.HandleAsync(request, client, cancellationToken);
}
