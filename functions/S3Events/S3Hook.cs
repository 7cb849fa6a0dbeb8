using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;
using Rescan.Functions.Api;
using Rescan.Functions.Display;
using Rescan.Functions.S3Events.Sns;

namespace Rescan.Functions.S3Events;

/// <summary>
/// <c>POST /api/hooks/s3</c>: S3 events by EventBridge, which shows a key, or by SNS, which signs. An event delivered twice is
/// harmless, so deliveries are not remembered: it only begins the quiet period again.
/// </summary>
public sealed class S3Hook
{
    private static readonly TimeSpan AskAgainAfter = TimeSpan.FromSeconds(30);

    private const string RawDeliveryHeader = "x-amz-sns-rawdelivery";
    private const string BearerPrefix = "Bearer ";
    private const int MostUnmatchedTold = 20;
    private static readonly JsonSerializerOptions Json = new(
        JsonSerializerDefaults.Web)
    { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };
    private const int MaxBucket = 255;
    private const int MaxKey = 1024;

    private readonly string keyHeader;
    private readonly SecretKeys keys;
    private readonly SnsMessageVerifier sns;
    private readonly ISnsSubscriptions subscriptions;
    private readonly IRepositoryDirectory repositories;
    private readonly S3EventThrottle throttle;
    private readonly ILogger<S3Hook> log;

    /// <summary>Creates the hook.</summary>
    public S3Hook(
        IOptions<S3HookOptions> options, ISnsCertificateSource certificates, ISnsSubscriptions subscriptions,
        IRepositoryDirectory repositories, S3EventThrottle throttle, TimeProvider time, ILogger<S3Hook> log)
    {
        S3HookOptions s3 = options.Value;
        keyHeader = s3.ApiKeyHeader;
        keys = new SecretKeys(s3.ApiKeys);
        sns = new SnsMessageVerifier(s3.TopicArns, certificates, time);
        this.subscriptions = subscriptions;
        this.repositories = repositories;
        this.throttle = throttle;
        this.log = log;
    }

    /// <summary>Answers a request.</summary>
    public async Task<IActionResult> HandleAsync(HttpRequest request, DurableTaskClient client, CancellationToken cancellationToken) =>
        await RequestReader.AnswerAsync(request, log, async () =>
        {
            if (keys.IsEmpty && !sns.HasTopics)
            {
                throw new RequestRefusedException(
                    StatusCodes.Status404NotFound,
                    "This hook is closed: neither a key nor a topic is set (Rescan__Webhooks__S3__ApiKeys__0, "
                        + "Rescan__Webhooks__S3__TopicArns__0).");
            }

            bool trusted = ShowsKey(request);
            byte[] body = await RequestReader.ReadBodyAsync(request, cancellationToken);
            if (!trusted && request.Headers.ContainsKey(RawDeliveryHeader))
            {
                throw new RequestRefusedException(
                    StatusCodes.Status401Unauthorized,
                    "SNS sends this raw: raw message delivery carries no signature, so nothing tells who sent it. Switch it off for this "
                        + "subscription.");
            }

            (SnsMessage? message, IReadOnlyList<S3Event>? events) = Read(body, trusted);
            if (message is not null)
            {
                await VerifyAsync(message, cancellationToken);
                if (message.Type != SnsMessage.Notification)
                {
                    return await ConfirmAsync(message, cancellationToken);
                }

                events = Parse(() => S3EventParser.Parse(message.Message));
            }

            return await HandleAsync(events!, client, cancellationToken);
        });

    private static T Parse<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (FormatException e)
        {
            throw new RequestRefusedException(StatusCodes.Status400BadRequest, e.Message);
        }
    }

    /// <returns>The SNS message, still to be verified, or the events of whoever showed the key.</returns>
    private static (SnsMessage? Message, IReadOnlyList<S3Event>? Events) Read(byte[] body, bool trusted) => Parse(() =>
        StrictJson.Read<(SnsMessage?, IReadOnlyList<S3Event>?)>(body, root =>
            SnsMessage.IsOne(root) ? (SnsMessage.Read(root), null)
            : trusted ? (null, S3EventParser.Parse(root))
            : throw new RequestRefusedException(
                StatusCodes.Status401Unauthorized, "Events come with the key in its header, or in a message that SNS signed.")));

    /// <returns>False when no key is shown; a wrong one is refused.</returns>
    private bool ShowsKey(HttpRequest request)
    {
        if (!request.Headers.ContainsKey(keyHeader))
        {
            return false;
        }

        string value = RequestReader.Single(request, keyHeader) ?? "";
        bool isBearer = string.Equals(keyHeader, HeaderNames.Authorization, StringComparison.OrdinalIgnoreCase)
            && value.StartsWith(BearerPrefix, StringComparison.OrdinalIgnoreCase);
        return keys.Contains(isBearer ? value[BearerPrefix.Length..] : value)
            ? true
            : throw new RequestRefusedException(StatusCodes.Status401Unauthorized, $"The key in {keyHeader} is none of those set.");
    }

    private async Task VerifyAsync(SnsMessage message, CancellationToken cancellationToken)
    {
        SnsVerdict verdict = await sns.VerifyAsync(message, cancellationToken);
        if (verdict != SnsVerdict.Valid)
        {
            throw verdict switch
            {
                SnsVerdict.TopicNotAllowed => new RequestRefusedException(
                    StatusCodes.Status403Forbidden, "The topic is none of those set (Rescan__Webhooks__S3__TopicArns__0)."),
                SnsVerdict.CertificateUnavailable =>
                    new RequestRefusedException(
                        StatusCodes.Status503ServiceUnavailable,
                        "The certificate of SNS cannot be had at the moment.")
                    { RetryAfter = AskAgainAfter },
                _ => new RequestRefusedException(StatusCodes.Status401Unauthorized, $"The SNS message is not authentic: {verdict}."),
            };
        }
    }

    private async Task<JsonResponse> ConfirmAsync(SnsMessage message, CancellationToken cancellationToken)
    {
        if (message.Type == SnsMessage.UnsubscribeConfirmation)
        {
            log.LogWarning("The subscription to topic {Topic} has ended; events of its buckets come no more", message.TopicArn);
            return new JsonResponse(StatusCodes.Status200OK, """{"subscription":"ended"}""");
        }

        try
        {
            if (!await subscriptions.ConfirmAsync(message, cancellationToken))
            {
                throw new RequestRefusedException(
                    StatusCodes.Status400BadRequest, "SubscribeURL does not confirm this subscription at SNS.");
            }
        }
        catch (HttpRequestException)
        {
            throw new RequestRefusedException(
                StatusCodes.Status503ServiceUnavailable, "SNS did not confirm the subscription.")
            { RetryAfter = AskAgainAfter };
        }

        log.LogInformation("Subscribed to topic {Topic}", message.TopicArn);
        return new JsonResponse(StatusCodes.Status200OK, """{"subscription":"confirmed"}""");
    }

    private async Task<JsonResponse> HandleAsync(
        IReadOnlyList<S3Event> events, DurableTaskClient client, CancellationToken cancellationToken)
    {
        List<ListedRepository> matched = [];
        List<UnmatchedS3Event> unmatched = [];
        if (events.Count > 0)
        {
            RepositoryListing listing = await repositories.GetAsync(fresh: false, cancellationToken);
            if (events.Any(e => listing.Matcher.Match(e.Bucket, e.Key).Count == 0))
            {
                // The repository may be new.
                listing = await repositories.GetAsync(fresh: true, cancellationToken);
            }

            unmatched = [.. events.Where(e => listing.Matcher.Match(e.Bucket, e.Key).Count == 0).Select(e => Tell(e, listing.Matcher))];
            matched = [.. events.SelectMany(e => listing.Matcher.Match(e.Bucket, e.Key)).Distinct()];
            await Task.WhenAll(matched.Select(r => throttle.SendAsync(client, r, cancellationToken)));
            if (listing.Unread.Count > 0)
            {
                throw new RequestRefusedException(
                    StatusCodes.Status503ServiceUnavailable,
                    $"The repositories of {string.Join(", ", listing.Unread)} are not known yet, so the event may be theirs.")
                { RetryAfter = AskAgainAfter };
            }
        }

        return new JsonResponse(StatusCodes.Status202Accepted, JsonSerializer.Serialize(
            new
            {
                events = events.Count,
                repositories = matched.Select(t => new { appliance = t.Appliance, id = t.Repository.Id, name = t.Repository.Name }),
                unmatched = unmatched.Count == 0 ? null : unmatched.Take(MostUnmatchedTold),
            },
            Json));
    }

    /// <summary>An event that starts nothing may be meant to: the bucket may be misspelled in the rule, or the folder be another.</summary>
    private UnmatchedS3Event Tell(S3Event created, RepositoryMatcher matcher)
    {
        UnmatchedS3Event told = new(
            SafeText.Line(created.Bucket, MaxBucket), SafeText.Line(created.Key, MaxKey), matcher.WhyNone(created.Bucket));
        log.LogWarning("An S3 event matches no repository: bucket {Bucket}, key {Key}. {Reason}", told.Bucket, told.Key, told.Reason);
        return told;
    }
}
