using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Rescan.Functions.Api;
using Rescan.Functions.Appliances;
using Rescan.Functions.Rescans;
using Rescan.Functions.StandardWebhooks;
using Rescan.Functions.Storage;

namespace Rescan.Functions.Webhooks;

/// <summary>
/// <c>POST /api/hooks/rescan</c>: a message signed by Standard Webhooks starts rescans, once however often it is delivered.
/// </summary>
public sealed class RescanHook(
    IOptions<WebhookOptions> options, IdempotencyHandler idempotency, IRescanStarter starter, TimeProvider time, ILogger<RescanHook> log)
{
    private static readonly TimeSpan AskAgainAfter = TimeSpan.FromSeconds(5);

    /// <summary>Of a message's id, as much as is kept for people.</summary>
    private const int MaxId = 100;

    private readonly StandardWebhookVerifier verifier = new(options.Value.Secrets, time);

    /// <summary>Answers a request.</summary>
    public async Task<IActionResult> HandleAsync(HttpRequest request, DurableTaskClient client, CancellationToken cancellationToken) =>
        await RequestReader.AnswerAsync(request, log, async () =>
        {
            if (!verifier.HasSecrets)
            {
                throw new RequestRefusedException(
                    StatusCodes.Status404NotFound, "This hook is closed: no secret is set (Rescan__Webhooks__Secrets__0).");
            }

            byte[] body = await RequestReader.ReadBodyAsync(request, cancellationToken);
            string id = Verify(request, body);
            (StoredResponse answer, bool replayed) = await idempotency.HandleAsync(
                "hook " + id, StandardWebhookSignature.IdHeader, body,
                seed => StartAsync(StartRescanRequest.Read(body) with { StartedBy = By(id) }, seed, client, cancellationToken),
                cancellationToken);
            if (replayed)
            {
                log.LogInformation("Webhook message delivered again; answered as at first");
            }

            return new JsonResponse(answer.Status, answer.Json) { Location = answer.Location };
        });

    /// <summary>A sender is known by a secret that all may share, but its message by an id of its own, which is signed.</summary>
    private static Initiator By(string id) => new(InitiatorKind.Webhook, id.Length > MaxId ? id[..MaxId] : id);

    private string Verify(HttpRequest request, byte[] body)
    {
        bool isSvix = !request.Headers.ContainsKey(StandardWebhookSignature.IdHeader)
            && request.Headers.ContainsKey(StandardWebhookSignature.SvixIdHeader);
        string? id = RequestReader.Single(request, isSvix ? StandardWebhookSignature.SvixIdHeader : StandardWebhookSignature.IdHeader);
        WebhookVerdict verdict = verifier.Verify(
            id,
            RequestReader.Single(request, isSvix ? StandardWebhookSignature.SvixTimestampHeader : StandardWebhookSignature.TimestampHeader),
            RequestReader.Single(request, isSvix ? StandardWebhookSignature.SvixSignatureHeader : StandardWebhookSignature.SignatureHeader),
            body);
        return verdict == WebhookVerdict.Valid ? id! : throw new RequestRefusedException(StatusCodes.Status401Unauthorized, verdict switch
        {
            WebhookVerdict.Malformed =>
                "webhook-id, webhook-timestamp and webhook-signature (or the same with svix-) are needed, once each and in the form of "
                    + "Standard Webhooks: a printable id of at most 256 characters without spaces, and seconds since 1970.",
            WebhookVerdict.OutsideTolerance => "webhook-timestamp is more than 5 minutes from the time here.",
            _ => "webhook-signature fits none of the secrets.",
        });
    }

    private async Task<StoredResponse> StartAsync(
        StartRescanRequest request, string seed, DurableTaskClient client, CancellationToken cancellationToken)
    {
        try
        {
            IReadOnlyList<AcceptedRescan> started = await starter.StartAsync(client, request, seed, cancellationToken);
            return new StoredResponse(
                StatusCodes.Status202Accepted,
                JsonSerializer.Serialize(new { rescans = started.Select(s => new { s.Id, s.Joined }) }, JsonSerializerOptions.Web),
                started.Count == 1
                ? (started[0].Id.StartsWith(RescanRequest.InstanceIdPrefix, StringComparison.Ordinal) ? "/api/rescans/" : "/api/runs/")
                + Uri.EscapeDataString(started[0].Id) : null);
        }
        catch (KeyNotFoundException e)
        {
            throw new RequestRefusedException(StatusCodes.Status422UnprocessableEntity, e.Message);
        }
        catch (RescanBusyException e)
        {
            throw new RequestRefusedException(StatusCodes.Status503ServiceUnavailable, e.Message) { RetryAfter = AskAgainAfter };
        }
        catch (ApplianceException e)
        {
            throw new RequestRefusedException(
                StatusCodes.Status503ServiceUnavailable, e.Message)
            { RetryAfter = e.RetryAfter ?? AskAgainAfter };
        }
    }
}
