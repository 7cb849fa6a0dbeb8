using System.Buffers;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Logging;

namespace Rescan.Functions.Api;

/// <summary>What both hooks do with a request: a bounded body, headers that must be there once, and refusals told and logged.</summary>
internal static class RequestReader
{
    /// <summary>The largest body taken; SNS sends no larger message.</summary>
    public const int LargestBody = 256 * 1024;

    public static async Task<IActionResult> AnswerAsync(HttpRequest request, ILogger log, Func<Task<JsonResponse>> handle)
    {
        try
        {
            return await handle();
        }
        catch (RequestRefusedException e)
        {
            log.LogWarning("{Path} refused with {Status}: {Reason}", request.Path.Value, e.Status, e.Message);
            return new ProblemResult(e.Status, e.Message, e.RetryAfter);
        }
        catch (OperationCanceledException) when (request.HttpContext.RequestAborted.IsCancellationRequested)
        {
            return new JsonResponse(StatusCodes.Status499ClientClosedRequest, "");
        }
    }

    public static async Task<byte[]> ReadBodyAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        if (request.ContentLength > LargestBody)
        {
            throw TooLarge();
        }

        ArrayBufferWriter<byte> body = new();
        try
        {
            for (int read; (read = await request.Body.ReadAsync(body.GetMemory(16 * 1024), cancellationToken)) > 0;)
            {
                body.Advance(read);
                if (body.WrittenCount > LargestBody)
                {
                    throw TooLarge();
                }
            }
        }
        catch (BadHttpRequestException e)
        {
            // The server found out first: too large, too slow, cut off by a caller who hung up.
            throw e.StatusCode == StatusCodes.Status413PayloadTooLarge
                ? TooLarge() : new RequestRefusedException(e.StatusCode, "The body could not be read.");
        }

        return body.WrittenSpan.ToArray();
    }

    /// <summary>The header's value, or null unless it is there exactly once.</summary>
    public static string? Single(HttpRequest request, string header) => request.Headers[header] is { Count: 1 } values ? values[0] : null;

    private static RequestRefusedException TooLarge() =>
        new(StatusCodes.Status413PayloadTooLarge, $"The body is larger than {LargestBody / 1024} KiB.");
}
