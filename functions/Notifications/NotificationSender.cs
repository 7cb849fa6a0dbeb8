using System.Net.Http.Headers;
using Microsoft.Extensions.Options;
using Rescan.Functions.Configuration;
using Rescan.Functions.StandardWebhooks;
using Rescan.Functions.Storage;

namespace Rescan.Functions.Notifications;

/// <summary>Sends a notification to a channel once, in the channel's own format.</summary>
/// <param name="options">The settings.</param>
/// <param name="secrets">Addresses and secrets.</param>
/// <param name="http">Posts.</param>
/// <param name="mail">Sends mail.</param>
/// <param name="time">The clock.</param>
internal sealed class NotificationSender(
    IOptions<RescanOptions> options, ChannelSecrets secrets, ChannelHttp http, MailSender mail, TimeProvider time)
{
    /// <summary>The id under which a receiver knows a notification, the same however often it is sent.</summary>
    public static string IdOf(Notification notification, string channel) => $"{notification.RequestId}_{channel}";

    /// <summary>Sends.</summary>
    /// <param name="channel">To whom.</param>
    /// <param name="notification">What happened.</param>
    /// <param name="changes">What is new of it to the channel; null: the channel is told all.</param>
    /// <param name="record">Records each problem that the channel takes by itself, and whether it is over.</param>
    /// <param name="cancellationToken">Ends the try.</param>
    /// <returns>What became of it; not delivered when sending the same again cannot help.</returns>
    /// <exception cref="DeliveryFailedException">It was not taken, but may be the next time.</exception>
    public async Task<DeliveryResult> SendAsync(
        Channel channel, Notification notification, ProblemChanges? changes, Func<ToldProblem, bool, Task> record,
        CancellationToken cancellationToken)
    {
        try
        {
            if (channel.Kind == ChannelKind.Ping)
            {
                return await PingAsync(channel, notification, cancellationToken);
            }

            NotificationText text = NotificationText.Of(notification, options.Value.PublicUrl, changes);
            return channel.Kind switch
            {
                ChannelKind.Webhook => await SignAsync(
                    channel, notification, WebhookEvent.Write(notification, text, changes), cancellationToken),
                ChannelKind.Slack => await PostAsync(channel, SlackMessage.Write(text), cancellationToken),
                ChannelKind.Teams => await PostAsync(channel, TeamsCard.Write(text), cancellationToken),
                ChannelKind.Ntfy => await PublishAsync(channel, text, cancellationToken),
                ChannelKind.Mail => await mail.SendAsync(channel, IdOf(notification, channel.Name), text, cancellationToken),
                _ => await AlertAsync(channel, notification, text, changes, record, cancellationToken),
            };
        }
        catch (SecretUnavailableException e)
        {
            throw new DeliveryFailedException(channel.Name, e.Message);
        }
    }

    private async Task<DeliveryResult> PostAsync(Channel channel, byte[] body, CancellationToken cancellationToken) =>
        await http.PostAsync(channel, await secrets.AddressAsync(channel, null, cancellationToken), body, null, cancellationToken);

    private async Task<DeliveryResult> PingAsync(Channel channel, Notification notification, CancellationToken cancellationToken)
    {
        Uri check = await secrets.AddressAsync(channel, null, cancellationToken);
        byte[] body = RunPing.Write(
            notification, notification.Started is null ? NotificationText.Of(notification, options.Value.PublicUrl) : null);
        return await http.PostAsync(
            channel, RunPing.AddressOf(check, notification), body,
            r => r.Content!.Headers.ContentType = new MediaTypeHeaderValue("text/plain", "utf-8"), cancellationToken);
    }

    private async Task<DeliveryResult> SignAsync(
        Channel channel, Notification notification, byte[] body, CancellationToken cancellationToken)
    {
        Uri url = await secrets.AddressAsync(channel, null, cancellationToken);
        string secret = await secrets.SecretAsync(channel, cancellationToken) ?? "";
        if (!WebhookSecret.TryParse(secret, out _))
        {
            throw new DeliveryFailedException(channel.Name, "its signing secret is not whsec_ and 24 to 64 bytes in base64");
        }

        return await http.PostAsync(
            channel, url, body, r => new StandardWebhookSigner([secret])
                .Sign(r, IdOf(notification, channel.Name), time.GetUtcNow(), body), cancellationToken);
    }

    private async Task<DeliveryResult> PublishAsync(Channel channel, NotificationText text, CancellationToken cancellationToken)
    {
        Uri url = await secrets.AddressAsync(channel, null, cancellationToken);
        string? token = await secrets.SecretAsync(channel, cancellationToken);
        if (NtfyMessage.Split(url) is not var (server, topic))
        {
            throw new DeliveryFailedException(
                channel.Name, "its address does not end in a topic: letters, digits, hyphens and underscores, no query");
        }

        if (token is not null && !ChannelSecretFormat.IsToken(token))
        {
            throw new DeliveryFailedException(channel.Name, ChannelSecretFormat.Token);
        }

        return await http.PostAsync(
            channel, server, NtfyMessage.Write(text, topic), r => r.Headers.Authorization = token is null
                ? null
                : new AuthenticationHeaderValue("Bearer", token), cancellationToken);
    }

    private async Task<DeliveryResult> AlertAsync(
        Channel channel, Notification notification, NotificationText text, ProblemChanges? changes, Func<ToldProblem, bool, Task> record,
        CancellationToken cancellationToken)
    {
        Uri url = await secrets.AddressAsync(channel, PagerDutyEvent.Usual, cancellationToken);
        string key = await secrets.SecretAsync(channel, cancellationToken) ?? "";
        if (!ChannelSecretFormat.IsRoutingKey(key))
        {
            throw new DeliveryFailedException(channel.Name, ChannelSecretFormat.RoutingKey);
        }

        if (notification is { IsTest: true, Rescan: { } sample })
        {
            Problem problem = Problem.OfRepository(sample.Appliance, sample.Repository, sample.Outcome, sample.Reason, sample.FinishedAt);
            problem = problem with { Told = problem.Told with { Id = notification.RequestId } };
            changes = new ProblemChanges([problem], [problem.Told], 0);
        }

        DeliveryResult result = new(channel.Name, true, "nothing to tell");
        foreach ((ToldProblem told, Problem? begun) in (changes?.Begun ?? []).Select(p => (p.Told, (Problem?)p))
            .Concat((changes?.Over ?? []).Select(o => (o, (Problem?)null))))
        {
            byte[] body = begun is not null
                ? PagerDutyEvent.Trigger(begun, text, notification.IsTest, key)
                : PagerDutyEvent.Resolve(told, key);
            result = await http.PostAsync(channel, url, body, null, cancellationToken);
            if (!result.Delivered)
            {
                break;
            }

            await record(told, begun is null);
        }

        return result;
    }
}
