using System.Net.Http.Headers;
using System.Text.Json;
using Rescan.Functions.Api;
using Rescan.Functions.Appliances.VeeamBackupForAws;
using Rescan.Functions.Display;

namespace Rescan.Functions.Appliances;

/// <summary>Turns an answer that is not what was asked for into an <see cref="ApplianceException"/>.</summary>
internal static class ApplianceErrorParser
{
    private const int MaxSaid = 300;
    private static readonly string[] ErrorFields = ["errorCode", "title", "details", "detail", "type"];

    /// <summary>A longer Retry-After is taken for a mistake: the appliance is asked again by then.</summary>
    private static readonly TimeSpan LongestRetryAfter = TimeSpan.FromHours(1);

    public static ApplianceException FromAnswer(
        string appliance, ApplianceCall call, string revision, HttpResponseMessage answer, ReadOnlyMemory<byte> body, DateTimeOffset now)
    {
        JsonElement problem = JsonBody.Parse(body) ?? default;
        bool fromAppliance = IsFromAppliance(problem, body);
        string? details = problem.Text("details") ?? problem.Text("detail");
        string? title = problem.Text("title");
        string? code = problem.Text("errorCode");
        bool version = IsVersionProblem(problem);
        int status = (int)answer.StatusCode;
        (ApplianceFailure failure, string meaning) = status switch
        {
            >= 300 and < 400 => (ApplianceFailure.Rejected, $"it redirects to {SafeText.Line(answer.Headers.Location is { IsAbsoluteUri: true } to ? to.Host : "another address", 253)}; redirects are not followed. Set BaseUrl to the REST API, port 11005 by default"),
            >= 400 and < 500 when version => (ApplianceFailure.Rejected, $"it does not accept x-api-version {revision}"),
            400 or 401 when call == ApplianceCall.SignIn && SpeaksOfExpiry(title, details) =>
                (ApplianceFailure.Rejected, "the account's password has expired. Set a new one in the appliance's web UI, then in the settings or the vault"),
            400 or 401 when call.IsGrant => (ApplianceFailure.Rejected, "it refuses the user name or password"),
            401 => (ApplianceFailure.Transient, "it refuses a token that it has just given out"),
            403 => (ApplianceFailure.Rejected, "the account lacks the right; it needs the role Portal Administrator or Portal Operator"),
            404 when !fromAppliance => (ApplianceFailure.Transient, "the answer is not the appliance's; a proxy may stand in between"),
            404 when call == ApplianceCall.Rescan => (ApplianceFailure.NotFound, $"it knows no such repository, or x-api-version {revision} has no rescan"),
            404 => (ApplianceFailure.NotFound, "it does not know what was asked for"),
            405 or 501 when call == ApplianceCall.Rescan => (ApplianceFailure.Rejected, $"x-api-version {revision} has no rescan; set ApiVersion to auto or to a revision that has it ({Revisions})"),
            409 => (ApplianceFailure.Conflict, "its present state forbids it"),
            408 or 429 or >= 500 => (ApplianceFailure.Transient, "it cannot answer now"),
            _ => (ApplianceFailure.Rejected, "it refuses the request"),
        };
        string said = string.Join(": ", new[] { title, details }.Where(t => !string.IsNullOrEmpty(t)).Select(t => t!.Trim().TrimEnd('.')).Distinct());
        said = SafeText.Line(said, MaxSaid);
        return new ApplianceException(failure, $"Appliance '{appliance}', {call.What}: {meaning} (HTTP {status}{(said.Length > 0 ? ", " + said : "")}).")
        {
            Status = status,
            IsAppliances = fromAppliance,
            ErrorCode = code,
            Title = title,
            Details = details,
            IsVersionProblem = version,
            RetryAfter = Wait(answer.Headers.RetryAfter, answer.Headers.Date ?? now),
        };
    }

    private static string Revisions => $"{ApplianceRevisions.WithRescan[^1]} to {ApplianceRevisions.WithRescan[0]}";

    /// <summary>The documentation names the problem types; where in the body they stand is not certain.</summary>
    private static bool IsVersionProblem(JsonElement problem) =>
        new[] { problem.Text("type"), problem.Text("errorCode"), problem.Text("title"), problem.Part("error").Text("code") }
            .Any(t => t is not null && t.Contains("apiVersion", StringComparison.OrdinalIgnoreCase));

    private static bool SpeaksOfExpiry(string? title, string? details) =>
        $"{title} {details}" is { } said && said.Contains("password", StringComparison.OrdinalIgnoreCase) && said.Contains("expire", StringComparison.OrdinalIgnoreCase);

    /// <summary>A date is read against the appliance's own clock where it tells it, so that a skew does not lengthen or drop the wait.</summary>
    private static TimeSpan? Wait(RetryConditionHeaderValue? header, DateTimeOffset now) =>
        (header?.Delta ?? (header?.Date is { } date ? date > now ? date - now : TimeSpan.Zero : null)) is { } wait
            ? wait < LongestRetryAfter ? wait : LongestRetryAfter
            : null;

    /// <summary>The contract gives every error a JSON body with an errorCode; older servers say nothing at all. Pages and texts are a proxy's.</summary>
    private static bool IsFromAppliance(JsonElement problem, ReadOnlyMemory<byte> body) =>
        body.Length == 0 || ErrorFields.Any(name => problem.Text(name) is not null) || problem.Part("error").Text("code") is not null;
}
