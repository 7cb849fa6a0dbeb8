using System.Net;
using System.Net.Http.Headers;
using Microsoft.Extensions.Options;
using Rescan.Functions.Configuration;
using Rescan.Functions.StandardWebhooks;

namespace Rescan.Functions.Notifications;

/// <summary>Posts a notification to a channel once.</summary>
/// <param name="options">The settings.</param>
/// <param name="vault">Where addresses and secrets are kept.</param>
/// <param name="time">The clock.</param>
internal sealed class NotificationSender(IOptions<RescanOptions> options, VaultSecrets vault, TimeProvider time) : IDisposable
{
    private const int MaxAnswer = 200;

    // The address of a Slack or Teams channel is a secret, so no instrumentation of HTTP clients may see it.
    private readonly HttpClient http = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        ActivityHeadersPropagator = null,
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        ConnectTimeout = TimeSpan.FromSeconds(10),
    })
    {
        Timeout = TimeSpan.FromSeconds(20),
        MaxResponseContentBufferSize = 64 * 1024,
    };

    /// <summary>The id under which a receiver knows a notification, the same however often it is sent.</summary>
    public static string IdOf(Notification notification, string channel) => $"{notification.RequestId}_{channel}";

    /// <summary>Posts.</summary>
    /// <param name="channel">To whom.</param>
    /// <param name="notification">What happened.</param>
    /// <param name="changes">What is new of it to the channel; null: the channel is told all.</param>
    /// <param name="cancellationToken">Ends the try.</param>
    /// <returns>What became of it; not delivered when sending the same again cannot help.</returns>
    /// <exception cref="DeliveryFailedException">It was not taken, but may be the next time.</exception>
    public async Task<DeliveryResult> SendAsync(Channel channel, Notification notification, ProblemChanges? changes, CancellationToken cancellationToken)
    {
        NotificationText text = NotificationText.Of(notification, options.Value.PublicUrl, changes);
        byte[] body = channel.Kind switch
        {
            ChannelKind.Webhook => WebhookEvent.Write(notification, text, changes),
            ChannelKind.Slack => SlackMessage.Write(text),
            _ => TeamsCard.Write(text),
        };
        try
        {
            string address = await ReadAsync(channel.Options.Url, channel.Options.UrlSecret, cancellationToken);
            if (!ChannelAddress.TryParse(address, out Uri? url))
            {
                throw new DeliveryFailedException(channel.Name, $"the secret '{channel.Options.UrlSecret}' is not an https address");
            }

            using HttpRequestMessage request = new(HttpMethod.Post, url) { Content = new ByteArrayContent(body) };
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json", "utf-8");
            request.Headers.UserAgent.Add(new ProductInfoHeaderValue("Rescan", null));
            if (channel.Kind == ChannelKind.Webhook)
            {
                string secret = await ReadAsync(channel.Options.Secret, channel.Options.SecretName, cancellationToken);
                new StandardWebhookSigner([secret]).Sign(request, IdOf(notification, channel.Name), time.GetUtcNow(), body);
            }

            using HttpResponseMessage answer = await http.SendAsync(request, cancellationToken);
            return await JudgeAsync(channel, answer, cancellationToken);
        }
        catch (HttpRequestException e)
        {
            throw new DeliveryFailedException(channel.Name, e.HttpRequestError switch
            {
                HttpRequestError.NameResolutionError => "its host's name cannot be resolved",
                HttpRequestError.SecureConnectionError => "its certificate is not trusted, or TLS failed",
                HttpRequestError.ConnectionError => "no connection to its host",
                _ => "the connection broke",
            });
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new DeliveryFailedException(channel.Name, $"no answer within {http.Timeout.TotalSeconds:0} s");
        }
        catch (SecretUnavailableException e)
        {
            throw new DeliveryFailedException(channel.Name, e.Message);
        }
        catch (FormatException)
        {
            throw new DeliveryFailedException(channel.Name, "its signing secret is not whsec_ and 24 to 64 bytes in base64");
        }
    }

    /// <inheritdoc/>
    public void Dispose() => http.Dispose();

    private static async Task<DeliveryResult> JudgeAsync(Channel channel, HttpResponseMessage answer, CancellationToken cancellationToken)
    {
        string detail = $"answered {(int)answer.StatusCode}";
        if (answer.IsSuccessStatusCode)
        {
            return new DeliveryResult(channel.Name, true, detail);
        }

        string said = await answer.Content.ReadAsStringAsync(cancellationToken);
        if (channel.Kind == ChannelKind.Slack && said.Length is > 0 and <= MaxAnswer && said.All(c => char.IsAsciiLetter(c) || c == '_'))
        {
            detail += $" ({said})";
        }

        // The same body is refused again, and a channel that says it is gone wants no more.
        return answer.StatusCode is HttpStatusCode.BadRequest or HttpStatusCode.Gone or HttpStatusCode.RequestEntityTooLarge or HttpStatusCode.UnprocessableEntity
            ? new DeliveryResult(channel.Name, false, detail)
            : throw new DeliveryFailedException(channel.Name, detail);
    }

    private async Task<string> ReadAsync(string? value, string? secret, CancellationToken cancellationToken) =>
        !string.IsNullOrWhiteSpace(secret) ? await vault.ReadAsync(secret, cancellationToken)
        : SecretText.IsUnresolved(value) ? throw new SecretUnavailableException(SecretText.Unresolved, isTransient: false)
        : value!;
}
