using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Rescan.Functions.Api.Callers;
using Rescan.Functions.Appliances;
using Rescan.Functions.Display;

namespace Rescan.Functions.Api;

/// <summary>How the HTTP API writes its answers, and how it says what was wrong.</summary>
internal static class ApiJson
{
    /// <summary>When callers who wait may well ask again, in seconds.</summary>
    public const string RetryAfter = "2";

    private static readonly TimeSpan AskAgainAfter = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan AskAgainSoon = TimeSpan.FromSeconds(5);

    /// <summary>Names in camel case, nulls kept, texts as they are.</summary>
    public static JsonSerializerOptions Options { get; } = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.Never,
        Encoder = SafeJsonEncoder.Instance,
        Converters = { new JsonStringEnumConverter() },
    };

    public static IResult Ok(object body, int status = StatusCodes.Status200OK) => Results.Json(body, Options, statusCode: status);

    /// <summary>Runs a request of a caller who has a role, and turns what went wrong into problem details.</summary>
    /// <param name="request">The request.</param>
    /// <param name="needs">The role that the caller must have.</param>
    /// <param name="handle">Handles it.</param>
    public static Task<IResult> AnswerAsync(HttpRequest request, CallerRole needs, Func<Caller, Task<IResult>> handle) =>
        AnswerAsync(request.HttpContext.Response, () => handle(CallerReader.Require(request, needs)));

    /// <summary>Runs a request and turns what went wrong into problem details.</summary>
    public static async Task<IResult> AnswerAsync(HttpResponse response, Func<Task<IResult>> handle)
    {
        response.Headers.CacheControl = "no-store";
        response.Headers.XContentTypeOptions = "nosniff";
        try
        {
            return await handle();
        }
        catch (RequestRefusedException e)
        {
            return Refuse(response, e.Status, e.Message, e.RetryAfter);
        }
        catch (FormatException e)
        {
            return Refuse(response, StatusCodes.Status400BadRequest, e.Message);
        }
        catch (Exception e) when (e is IRetrySoon)
        {
            return Refuse(response, StatusCodes.Status409Conflict, e.Message, AskAgainSoon);
        }
        catch (UnknownRepositoryException e)
        {
            return Refuse(response, e.IsAmbiguous ? StatusCodes.Status409Conflict : StatusCodes.Status404NotFound, e.Message);
        }
        catch (KeyNotFoundException e)
        {
            return Refuse(response, StatusCodes.Status404NotFound, e.Message);
        }
        catch (ApplianceException e) when (e.IsTransient)
        {
            return Refuse(response, StatusCodes.Status503ServiceUnavailable, e.Message, e.RetryAfter ?? AskAgainAfter);
        }
        catch (ApplianceException e)
        {
            return Refuse(response, StatusCodes.Status502BadGateway, e.Message);
        }
        catch (OperationCanceledException) when (response.HttpContext.RequestAborted.IsCancellationRequested)
        {
            return Results.StatusCode(StatusCodes.Status499ClientClosedRequest);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // A fault of our own is for the log; the caller learns where to find it there.
            Log(response)
                .LogError(e, "{Method} {Path} failed", response.HttpContext.Request.Method, response.HttpContext.Request.Path.Value);
            return Refuse(
                response, StatusCodes.Status500InternalServerError, "Something went wrong here; the log tells more under this traceId.");
        }
    }

    private static ProblemResult Refuse(HttpResponse response, int status, string detail, TimeSpan? retryAfter = null)
    {
        if (status < StatusCodes.Status500InternalServerError)
        {
            HttpRequest request = response.HttpContext.Request;
            Log(response).LogInformation(
                "{Method} {Path} refused with {Status}: {Reason} ({TraceId})", request.Method, request.Path.Value, status, detail,
                Problems.TraceIdOf(response.HttpContext));
        }

        return new ProblemResult(status, detail, retryAfter);
    }

    private static ILogger Log(HttpResponse response) =>
        response.HttpContext.RequestServices.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(ApiJson).Namespace!);
}
