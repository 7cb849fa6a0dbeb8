using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Rescan.Functions.Appliance;
using Rescan.Functions.Configuration;
using Rescan.Functions.Orchestrations;

namespace Rescan.Functions.Webhooks;

/// <summary><c>POST /api/hooks/rescan</c>: a message signed by Standard Webhooks starts rescans, once however often it is delivered.</summary>
public sealed class RescanHook(
    IOptions<WebhookOptions> options, IWebhookReplayStore replays, IRescanStarter starter, TimeProvider time, ILogger<RescanHook> log)
{
    private static readonly TimeSpan AskAgainAfter = TimeSpan.FromSeconds(5);

    private readonly StandardWebhookVerifier verifier = new(options.Value.Secrets, time);

    /// <summary>Answers a request.</summary>
    public async Task<IActionResult> HandleAsync(HttpRequest request, DurableTaskClient client, CancellationToken cancellationToken) =>
        await HookRequest.AnswerAsync(request, log, async () =>
        {
            if (!verifier.HasSecrets)
            {
                throw new HookRefusedException(StatusCodes.Status404NotFound, "This hook is closed: no secret is set (Rescan__Webhooks__Secrets__0).");
            }

            byte[] body = await HookRequest.ReadBodyAsync(request, cancellationToken).ConfigureAwait(false);
            string id = Verify(request, body);
            string fingerprint = Convert.ToHexString(SHA256.HashData(body));
            ReplayClaim claim = await replays.BeginAsync(id, fingerprint, cancellationToken).ConfigureAwait(false);
            switch (claim.State)
            {
                case ReplayState.Answered:
                    log.LogInformation("Webhook message delivered again; answered as at first");
                    return new HookAnswer(claim.Answer!.Status, claim.Answer.Json) { Location = claim.Answer.Location };
                case ReplayState.InProgress:
                    throw new HookRefusedException(StatusCodes.Status409Conflict, "Another delivery of this message is at work.") { RetryAfter = AskAgainAfter };
                case ReplayState.Different:
                    throw new HookRefusedException(StatusCodes.Status422UnprocessableEntity, "This webhook-id was used for a message with another body.");
            }

            StoredAnswer? answer = null;
            try
            {
                answer = await StartAsync(RescanHookRequest.Read(body), client, cancellationToken).ConfigureAwait(false);
                await replays.CompleteAsync(id, answer, CancellationToken.None).ConfigureAwait(false);
                return new HookAnswer(answer.Status, answer.Json) { Location = answer.Location };
            }
            finally
            {
                if (answer is null)
                {
                    // Refusals are not kept: once what was wrong is put right, the sender's next attempt counts.
                    await replays.AbandonAsync(id, CancellationToken.None).ConfigureAwait(false);
                }
            }
        }).ConfigureAwait(false);

    private string Verify(HttpRequest request, byte[] body)
    {
        string? id = HookRequest.Single(request, StandardWebhookSignature.IdHeader);
        WebhookVerdict verdict = verifier.Verify(
            id, HookRequest.Single(request, StandardWebhookSignature.TimestampHeader), HookRequest.Single(request, StandardWebhookSignature.SignatureHeader), body);
        return verdict == WebhookVerdict.Valid ? id! : throw new HookRefusedException(StatusCodes.Status401Unauthorized, verdict switch
        {
            WebhookVerdict.Malformed => "webhook-id, webhook-timestamp and webhook-signature are needed, once each and in the form of Standard Webhooks.",
            WebhookVerdict.OutsideTolerance => "webhook-timestamp is more than 5 minutes from the time here.",
            _ => "webhook-signature fits none of the secrets.",
        });
    }

    private async Task<StoredAnswer> StartAsync(RescanHookRequest request, DurableTaskClient client, CancellationToken cancellationToken)
    {
        try
        {
            IReadOnlyList<AcceptedRescan> started = await starter.StartAsync(client, request, cancellationToken).ConfigureAwait(false);
            return new StoredAnswer(
                StatusCodes.Status202Accepted,
                JsonSerializer.Serialize(new { rescans = started.Select(s => new { s.Id, s.Joined }) }, JsonSerializerOptions.Web),
                started.Count == 1 ? (started[0].Id.StartsWith(RescanRequest.InstanceIdPrefix, StringComparison.Ordinal) ? "/api/rescans/" : "/api/runs/") + Uri.EscapeDataString(started[0].Id) : null);
        }
        catch (KeyNotFoundException e)
        {
            throw new HookRefusedException(StatusCodes.Status422UnprocessableEntity, e.Message);
        }
        catch (ApplianceException e)
        {
            throw new HookRefusedException(StatusCodes.Status503ServiceUnavailable, e.Message) { RetryAfter = e.RetryAfter ?? AskAgainAfter };
        }
    }
}
