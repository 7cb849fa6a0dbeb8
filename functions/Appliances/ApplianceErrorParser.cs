using System.Net.Http.Headers;
using System.Text.Json;
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
        ApplianceProduct product, string appliance, ApplianceCall call, string revision, HttpResponseMessage answer,
        ReadOnlyMemory<byte> body, DateTimeOffset now)
    {
        int status = (int)answer.StatusCode;
        JsonElement json = JsonBody.Parse(body) ?? default;
        bool fromAppliance = IsFromAppliance(json, body);
        ApplianceProblem problem = product.ReadProblem(call, status, json);
        bool isOtherKind = call.IsGrant && !problem.IsVersionProblem
            && ((status == 404 && fromAppliance) || (status == 400 && problem.Code == "NotImplemented"));
        bool refused = call == ApplianceCall.SignIn && status is 400 or 401 && !problem.IsVersionProblem && !isOtherKind;
        (ApplianceFailure failure, string meaning) = status switch
        {
            >= 300 and < 400 =>
                (ApplianceFailure.Rejected,
                    $"it redirects to {SafeText.Line(answer.Headers.Location is { IsAbsoluteUri: true } to ? to.Host : "another address", 253)}; redirects are not followed. Set BaseUrl to the REST API, port {product.DefaultPort} by default"),
            >= 400 and < 500 when problem.IsVersionProblem => (ApplianceFailure.Rejected, $"it does not accept x-api-version {revision}"),
            _ when isOtherKind =>
                (ApplianceFailure.Rejected,
                    $"it does not sign in as {product.Title} does. Is that what it is (Kind), and is this its REST API (port "
                        + $"{product.DefaultPort} by default)"),
            400 or 401 when call == ApplianceCall.SignIn && SpeaksOfExpiry(problem.Said) =>
                (ApplianceFailure.Rejected,
                    "the account's password has expired. Set a new one on the appliance, then in the settings or the vault"),
            400 or 401 when call.IsGrant => (ApplianceFailure.Rejected, $"it refuses the user name or password{product.RefusedSignIn}"),
            401 => (ApplianceFailure.Transient, "it refuses a token that it has just given out"),
            403 => (ApplianceFailure.Rejected,
                $"the account lacks the right; it needs the role {string.Join(" or ", product.RolesThatRescan)}"),
            404 when !fromAppliance => (ApplianceFailure.Transient, "the answer is not the appliance's; a proxy may stand in between"),
            404 when call == ApplianceCall.Rescan =>
                (ApplianceFailure.NotFound, $"it knows no such repository, or x-api-version {revision} has no rescan"),
            404 => (ApplianceFailure.NotFound, "it does not know what was asked for"),
            405 or 501 when call == ApplianceCall.Rescan =>
                (ApplianceFailure.Rejected,
                    $"x-api-version {revision} has no rescan; set ApiVersion to auto or to a revision that has it "
                        + $"({product.RevisionsWithRescan[^1]} to {product.RevisionsWithRescan[0]})"),
            409 => (ApplianceFailure.Conflict, "its present state forbids it"),
            408 or 429 or >= 500 => (ApplianceFailure.Transient, "it cannot answer now"),
            _ => (ApplianceFailure.Rejected, "it refuses the request"),
        };
        string said = SafeText.Line(problem.Said, MaxSaid);
        return new ApplianceException(
            failure, $"Appliance '{appliance}', {call.What}: {meaning} (HTTP {status}{(said.Length > 0 ? ", " + said : "")}).")
        {
            Status = status,
            IsAppliances = fromAppliance,
            ErrorCode = problem.Code,
            IsVersionProblem = problem.IsVersionProblem,
            IsPasswordRefused = refused,
            RetryAfter = Wait(answer.Headers.RetryAfter, answer.Headers.Date ?? now),
        };
    }

    private static bool SpeaksOfExpiry(string said) =>
        said.Contains("password", StringComparison.OrdinalIgnoreCase) && said.Contains("expire", StringComparison.OrdinalIgnoreCase);

    /// <summary>
    /// A date is read against the appliance's own clock where it tells it, so that a skew does not lengthen or drop the wait.
    /// </summary>
    private static TimeSpan? Wait(RetryConditionHeaderValue? header, DateTimeOffset now) =>
        (header?.Delta ?? (header?.Date is { } date ? date > now ? date - now : TimeSpan.Zero : null)) is { } wait
            ? wait < LongestRetryAfter ? wait : LongestRetryAfter
            : null;

    /// <summary>
    /// The contract gives every error a JSON body with an errorCode; older servers say nothing at all. Pages and texts are a proxy's.
    /// </summary>
    private static bool IsFromAppliance(JsonElement problem, ReadOnlyMemory<byte> body) =>
        body.Length == 0 || ErrorFields.Any(name => problem.Text(name) is not null) || problem.Part("error").Text("code") is not null;
}
