using System.Buffers;
using System.Net.Http.Headers;
using System.Text.Json;
using Polly.Timeout;

namespace Rescan.Functions.Appliances;

/// <summary>Sends single requests to one appliance, reads answers within limits, and turns whatever goes wrong into an <see cref="ApplianceException"/>.</summary>
/// <param name="product">The appliance's kind.</param>
/// <param name="appliance">The appliance's configured name.</param>
/// <param name="http">The client whose base address is the API's.</param>
/// <param name="time">The clock.</param>
internal sealed class ApplianceConnection(ApplianceProduct product, string appliance, HttpClient http, TimeProvider time)
{
    /// <summary>The appliance's clock minus ours, by its last answer.</summary>
    public TimeSpan? ClockOffset { get; private set; }

    /// <summary>Sends one request.</summary>
    /// <returns>The JSON of the answer; undefined when it has no body.</returns>
    public async Task<JsonElement> SendAsync(
        ApplianceCall call, HttpMethod method, string path, string revision, string? bearer, HttpContent? content, CancellationToken cancellationToken)
    {
        (byte[] body, HttpContentHeaders headers, int status) = await SendForBytesAsync(call, method, path, revision, bearer, content, cancellationToken);
        return body.Length == 0 ? default : ApplianceErrorParser.Parse(body)
            ?? throw Failure(ApplianceFailure.Transient, call, $"the answer is not JSON ({headers.ContentType?.MediaType ?? "no content type"}); a proxy may stand in between.", null, status);
    }

    /// <summary>Sends one request.</summary>
    /// <returns>The body, its headers, and the status, which is a success.</returns>
    public async Task<(byte[] Body, HttpContentHeaders Headers, int Status)> SendForBytesAsync(
        ApplianceCall call, HttpMethod method, string path, string revision, string? bearer, HttpContent? content, CancellationToken cancellationToken)
    {
        using HttpRequestMessage request = new(method, path)
        {
            // SocketsHttpHandler sends a bodyless request again by itself when the connection ends without an answer; a body, even
            // an empty one, stops it. A rescan must never be posted twice.
            Content = content ?? (method == HttpMethod.Get ? null : new ByteArrayContent([])),
        };
        request.Options.Set(ApplianceCall.Key, call);
        request.Headers.Add("x-api-version", revision);
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/problem+json"));
        if (bearer is not null)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", bearer);
        }

        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(ApplianceHttp.CallLimit);
        try
        {
            using HttpResponseMessage answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token).ConfigureAwait(false);
            ClockOffset = answer.Headers.Date - time.GetUtcNow() ?? ClockOffset;
            byte[] body = await ReadAsync(answer.Content, call.MaxBody, limit.Token).ConfigureAwait(false)
                ?? throw Failure(ApplianceFailure.TooLarge, call, $"the answer is larger than {call.MaxBody / 1024 / 1024} MiB and was not read.");
            if (!answer.IsSuccessStatusCode)
            {
                throw ApplianceErrorParser.FromAnswer(product, appliance, call, revision, answer, body, time.GetUtcNow());
            }

            return (body, answer.Content.Headers, (int)answer.StatusCode);
        }
        catch (HttpRequestException e) when (e.InnerException is UntrustedCertificateException untrusted)
        {
            throw new ApplianceException(ApplianceFailure.Rejected, $"Appliance '{appliance}': its certificate is not trusted. {untrusted.Message}", e) { MayHaveActed = false };
        }
        catch (HttpRequestException e)
        {
            bool never = e.HttpRequestError is HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError;
            throw new ApplianceException(ApplianceFailure.Transient, $"Appliance '{appliance}', {call.What}: no answer from {http.BaseAddress!.Authority} ({e.Message.TrimEnd('.')}).", e) { MayHaveActed = !never };
        }
        catch (Exception e) when (e is IOException or System.Net.Sockets.SocketException)
        {
            throw Failure(ApplianceFailure.Transient, call, $"the connection broke ({e.Message.TrimEnd('.')}).", e);
        }
        catch (Exception e) when (e is TimeoutRejectedException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw Failure(ApplianceFailure.Transient, call, $"no whole answer from {http.BaseAddress!.Authority} in time.", e);
        }
    }

    private static async Task<byte[]?> ReadAsync(HttpContent content, int limit, CancellationToken cancellationToken)
    {
        if (content.Headers.ContentLength > limit)
        {
            return null;
        }

        using Stream stream = await content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        ArrayBufferWriter<byte> body = new();
        for (int read; (read = await stream.ReadAsync(body.GetMemory(16 * 1024), cancellationToken).ConfigureAwait(false)) > 0;)
        {
            body.Advance(read);
            if (body.WrittenCount > limit)
            {
                return null;
            }
        }

        return body.WrittenSpan.ToArray();
    }

    private ApplianceException Failure(ApplianceFailure failure, ApplianceCall call, string what, Exception? inner = null, int? status = null) =>
        new(failure, $"Appliance '{appliance}', {call.What}: {what}", inner) { Status = status };
}
