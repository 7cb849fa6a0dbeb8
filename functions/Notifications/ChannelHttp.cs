using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Rescan.Functions.Display;

namespace Rescan.Functions.Notifications;

/// <summary>Posts to channels over HTTP, once each time, and says in words what became of it.</summary>
internal sealed class ChannelHttp : IDisposable
{
    private const int MaxAnswer = 200;

    // The address of most channels is a secret, so no instrumentation of HTTP clients may see it.
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

    /// <summary>Posts.</summary>
    /// <param name="channel">To whom.</param>
    /// <param name="url">Where.</param>
    /// <param name="body">What.</param>
    /// <param name="prepare">Adds what the channel wants besides.</param>
    /// <param name="cancellationToken">Ends the try.</param>
    /// <returns>What became of it; not delivered when sending the same again cannot help.</returns>
    /// <exception cref="DeliveryFailedException">It was not taken, but may be the next time.</exception>
    public async Task<DeliveryResult> PostAsync(
        Channel channel, Uri url, byte[] body, Action<HttpRequestMessage>? prepare, CancellationToken cancellationToken)
    {
        try
        {
            using HttpRequestMessage request = new(HttpMethod.Post, url) { Content = new ByteArrayContent(body) };
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json", "utf-8");
            request.Headers.UserAgent.Add(new ProductInfoHeaderValue("Rescan", null));
            prepare?.Invoke(request);
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

        if (ReasonIn(channel.Kind, await answer.Content.ReadAsStringAsync(cancellationToken)) is { Length: > 0 } reason)
        {
            detail += $" ({reason})";
        }

        // The same body is refused again, and a channel that says it is gone wants no more.
        return answer.StatusCode is HttpStatusCode.BadRequest or HttpStatusCode.Gone or HttpStatusCode.RequestEntityTooLarge
            or HttpStatusCode.UnprocessableEntity
            ? new DeliveryResult(channel.Name, false, detail)
            : throw new DeliveryFailedException(channel.Name, detail);
    }

    /// <summary>
    /// Why a receiver refused, where its contract says where that stands. Words only: an answer could hold the address or the secret.
    /// </summary>
    private static string? ReasonIn(ChannelKind kind, string said)
    {
        if (kind == ChannelKind.Slack)
        {
            return said.Length is > 0 and <= MaxAnswer && said.All(c => char.IsAsciiLetter(c) || c == '_') ? said : null;
        }

        string? property = kind switch { ChannelKind.Ntfy => "error", ChannelKind.PagerDuty => "errors", _ => null };
        try
        {
            if (property is null || JsonSerializer.Deserialize<JsonElement>(said) is not { ValueKind: JsonValueKind.Object } json
                || !json.TryGetProperty(property, out JsonElement told))
            {
                return null;
            }

            IEnumerable<JsonElement> all = told.ValueKind == JsonValueKind.Array ? told.EnumerateArray() : [told];
            string reason = SafeText.Line(
                string.Join("; ", all.Where(t => t.ValueKind == JsonValueKind.String).Select(t => t.GetString())), MaxAnswer);
            return string.Join(
                ' ', reason.Split(' ').Select(w => w.Any(char.IsAsciiDigit) && w.Any(char.IsAsciiLetter) && w.Length > 10 ? "…" : w));
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
