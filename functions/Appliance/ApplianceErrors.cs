using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;

namespace Rescan.Functions.Appliance;

/// <summary>Turns an answer that is not what was asked for into an <see cref="ApplianceException"/>.</summary>
internal static class ApplianceErrors
{
    public static ApplianceException FromAnswer(string appliance, string what, HttpResponseMessage answer, ReadOnlyMemory<byte> body, DateTimeOffset now)
    {
        JsonElement problem = Parse(body) ?? default;
        string? details = problem.Text("details") ?? problem.Text("detail");
        string? title = problem.Text("title");
        string? code = problem.Text("errorCode");
        bool version = problem.Text("type") is { } type
            && (type.EndsWith("ApiVersion", StringComparison.OrdinalIgnoreCase) || type.EndsWith("apiVersionUnspecified", StringComparison.OrdinalIgnoreCase));
        int status = (int)answer.StatusCode;
        (ApplianceFailure failure, string meaning) = status switch
        {
            >= 300 and < 400 => (ApplianceFailure.Rejected, $"it redirects to {answer.Headers.Location?.Host ?? "another address"}; redirects are not followed. Set BaseUrl to the REST API, port 11005 by default"),
            400 when version => (ApplianceFailure.Rejected, "it does not accept this x-api-version; set ApiVersion to auto or to a revision with repository rescan (1.0-rev0 to 1.3-rev0)"),
            401 => (ApplianceFailure.Rejected, "it refuses the user name or password"),
            403 => (ApplianceFailure.Rejected, "the account lacks the right; it needs the role Portal Administrator or Portal Operator"),
            404 => (ApplianceFailure.NotFound, "it does not know what was asked for"),
            409 => (ApplianceFailure.Conflict, "its present state forbids it"),
            408 or 429 or >= 500 => (ApplianceFailure.Transient, "it cannot answer now"),
            _ => (ApplianceFailure.Rejected, "it refuses the request"),
        };
        string said = string.Join(": ", new[] { title, details }.Where(t => !string.IsNullOrEmpty(t)));
        return new ApplianceException(failure, $"Appliance '{appliance}', {what}: {meaning} (HTTP {status}{(said.Length > 0 ? ", " + said : "")}).")
        {
            Status = status,
            ErrorCode = code,
            Title = title,
            Details = details,
            RetryAfter = Wait(answer.Headers.RetryAfter, now),
        };
    }

    public static JsonElement? Parse(ReadOnlyMemory<byte> body)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(body);
            return document.RootElement.Clone();
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static TimeSpan? Wait(RetryConditionHeaderValue? header, DateTimeOffset now) =>
        header?.Delta ?? (header?.Date is { } date ? date > now ? date - now : TimeSpan.Zero : null);
}
