using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http;
using Rescan.Functions.Appliance;
using Rescan.Functions.Webhooks;

namespace Rescan.Functions.Triggers;

/// <summary>How the HTTP API writes its answers, and how it says what was wrong.</summary>
internal static class ApiJson
{
    /// <summary>When callers who wait may well ask again, in seconds.</summary>
    public const string RetryAfter = "2";

    /// <summary>Names in camel case, nulls left out, texts as they are.</summary>
    public static JsonSerializerOptions Options { get; } = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.Never,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter() },
    };

    public static IResult Ok(object body, int status = StatusCodes.Status200OK) => Results.Json(body, Options, statusCode: status);

    public static IResult Problem(int status, string detail) => Results.Problem(detail, statusCode: status);

    /// <summary>Runs a request and turns what went wrong into problem details.</summary>
    public static async Task<IResult> AnswerAsync(HttpResponse response, Func<Task<IResult>> handle)
    {
        response.Headers.CacheControl = "no-store";
        response.Headers.XContentTypeOptions = "nosniff";
        try
        {
            return await handle().ConfigureAwait(false);
        }
        catch (HookRefusedException e)
        {
            return Problem(e.Status, e.Message);
        }
        catch (FormatException e)
        {
            return Problem(StatusCodes.Status400BadRequest, e.Message);
        }
        catch (UnknownRepositoryException e)
        {
            return Problem(e.IsAmbiguous ? StatusCodes.Status409Conflict : StatusCodes.Status404NotFound, e.Message);
        }
        catch (KeyNotFoundException e)
        {
            return Problem(StatusCodes.Status404NotFound, e.Message);
        }
        catch (ApplianceException e) when (e.IsTransient)
        {
            response.Headers.RetryAfter = Math.Ceiling((e.RetryAfter ?? TimeSpan.FromSeconds(30)).TotalSeconds).ToString(CultureInfo.InvariantCulture);
            return Problem(StatusCodes.Status503ServiceUnavailable, e.Message);
        }
        catch (ApplianceException e)
        {
            return Problem(StatusCodes.Status502BadGateway, e.Message);
        }
    }
}
