using System.Buffers;
using System.Net.Http.Headers;
using System.Text.Json;
using Polly.Timeout;
using Rescan.Functions.Api;
using Rescan.Functions.Display;

namespace Rescan.Functions.Appliances;

/// <summary>
/// Sends single requests to one appliance, reads answers within limits, and turns whatever goes wrong into an
/// <see cref="ApplianceException"/>.
/// </summary>
/// <param name="product">The appliance's kind.</param>
/// <param name="appliance">The appliance's configured name.</param>
/// <param name="http">The client whose base address is the API's.</param>
/// <param name="time">The clock.</param>
internal sealed class ApplianceConnection(ApplianceProduct product, string appliance, HttpClient http, TimeProvider time)
{
    private const int LargestError = 64 * 1024;
    private const int MaxSaid = 300;

    /// <summary>The appliance's clock minus ours, by its last answer.</summary>
    public TimeSpan? ClockOffset { get; private set; }

    /// <summary>Sends one request.</summary>
    /// <returns>The JSON of the answer; undefined when it has no body.</returns>
    public Task<JsonElement> SendAsync(
        ApplianceCall call, HttpMethod method, string path, string revision, string? bearer, HttpContent? content,
        CancellationToken cancellationToken) =>
        SendAsync(call, method, path, revision, bearer, content,
            (answer, body, cancellation) => ReadJsonAsync(call, answer, body, cancellation), cancellationToken);

    /// <summary>Sends one request and reads its answer while it arrives.</summary>
    /// <param name="call">What is asked.</param>
    /// <param name="method">How.</param>
    /// <param name="path">Where, below the API's address.</param>
    /// <param name="revision">The x-api-version.</param>
    /// <param name="bearer">The token, if one is needed.</param>
    /// <param name="content">The body, if there is one.</param>
    /// <param name="read">Reads the body of an answer that is a success; whatever it throws for JSON or size is translated.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<T> SendAsync<T>(
        ApplianceCall call, HttpMethod method, string path, string revision, string? bearer, HttpContent? content,
        Func<HttpResponseMessage, Stream, CancellationToken, Task<T>> read, CancellationToken cancellationToken)
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
            using HttpResponseMessage answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token);
            ClockOffset = answer.Headers.Date - time.GetUtcNow() ?? ClockOffset;
            using Stream body = await answer.Content.ReadAsStreamAsync(limit.Token);
            if (!answer.IsSuccessStatusCode)
            {
                throw ApplianceErrorParser.FromAnswer(
                    product, appliance, call, revision, answer, await ReadErrorAsync(body, limit.Token), time.GetUtcNow());
            }

            return answer.Content.Headers.ContentLength > call.MaxBody
                ? throw new AnswerTooLargeException()
                : await read(answer, new LimitedStream(body, call.MaxBody), limit.Token);
        }
        catch (AnswerTooLargeException e)
        {
            throw Failure(
                ApplianceFailure.TooLarge, call,
                $"the answer is larger than {call.MaxBody / 1024 / 1024} MiB, or holds a text longer than 1 MiB, and was not read.", e);
        }
        catch (AnswerUnreadableException e)
        {
            throw Failure(ApplianceFailure.Transient, call, "the answer is not encoded as it says; a proxy may stand in between.", e);
        }
        catch (JsonException e)
        {
            throw Failure(ApplianceFailure.Transient, call, "the answer is not JSON; a proxy may stand in between.", e);
        }
        catch (HttpRequestException e) when (e.InnerException is UntrustedCertificateException untrusted)
        {
            throw new ApplianceException(
                ApplianceFailure.Rejected, $"Appliance '{appliance}': its certificate is not trusted. {untrusted.Message}",
                e)
            { MayHaveActed = false };
        }
        catch (HttpRequestException e) when (e.InnerException is TlsFailedException tls)
        {
            throw new ApplianceException(
                tls.IsFinal ? ApplianceFailure.Rejected : ApplianceFailure.Transient,
                $"Appliance '{appliance}', {call.What}: {http.BaseAddress!.Authority}: {tls.Message}.", e)
            {
                MayHaveActed = false,
            };
        }
        catch (HttpRequestException e)
        {
            bool never = e.HttpRequestError is HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError
                or HttpRequestError.SecureConnectionError;
            throw new ApplianceException(
                ApplianceFailure.Transient,
                $"Appliance '{appliance}', {call.What}: no answer from {http.BaseAddress!.Authority} ({Innermost(e)}).",
                e)
            { MayHaveActed = !never };
        }
        catch (Exception e) when (e is IOException or System.Net.Sockets.SocketException)
        {
            throw Failure(ApplianceFailure.Transient, call, $"the connection broke ({Innermost(e)}).", e);
        }
        catch (Exception e) when (e is TimeoutRejectedException
            || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw Failure(ApplianceFailure.Transient, call, $"no whole answer from {http.BaseAddress!.Authority} in time.", e);
        }
    }

    private async Task<JsonElement> ReadJsonAsync(
        ApplianceCall call, HttpResponseMessage answer, Stream stream, CancellationToken cancellationToken)
    {
        ArrayBufferWriter<byte> body = new();
        await CopyAsync(stream, body, int.MaxValue, cancellationToken);
        return body.WrittenCount == 0 ? default : JsonBody.Parse(body.WrittenMemory)
            ?? throw Failure(
                ApplianceFailure.Transient, call,
                $"the answer is not JSON ({answer.Content.Headers.ContentType?.MediaType ?? "no content type"}); a proxy may stand in "
                    + "between.", null, (int)answer.StatusCode);
    }

    /// <summary>The beginning of an error's body; what it says stands there, and an error that is long is one all the same.</summary>
    private static async Task<ReadOnlyMemory<byte>> ReadErrorAsync(Stream stream, CancellationToken cancellationToken)
    {
        ArrayBufferWriter<byte> body = new();
        try
        {
            await CopyAsync(new LimitedStream(stream, long.MaxValue), body, LargestError, cancellationToken);
        }
        catch (AnswerUnreadableException)
        {
            // The status says enough.
        }

        return body.WrittenMemory;
    }

    private static async Task CopyAsync(Stream from, ArrayBufferWriter<byte> to, int most, CancellationToken cancellationToken)
    {
        for (int read; to.WrittenCount < most && (read = await from.ReadAsync(to.GetMemory(16 * 1024), cancellationToken)) > 0;)
        {
            to.Advance(read);
        }
    }

    /// <summary>The innermost message tells what happened; those around it tell what was being done.</summary>
    private static string Innermost(Exception e)
    {
        while (e.InnerException is { Message.Length: > 0 } inner)
        {
            e = inner;
        }

        return SafeText.Line(e.Message.TrimEnd('.'), MaxSaid);
    }

    private ApplianceException Failure(
        ApplianceFailure failure, ApplianceCall call, string what, Exception? inner = null, int? status = null) =>
        new(failure, $"Appliance '{appliance}', {call.What}: {what}", inner) { Status = status };
}
