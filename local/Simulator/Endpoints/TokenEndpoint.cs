using System.Collections.Concurrent;
using Microsoft.AspNetCore.Http;
using Rescan.Local.Simulator.Faults;

namespace Rescan.Local.Simulator.Endpoints;

/// <summary>Hands out tokens, takes them back, and forgets them when the appliance restarts.</summary>
internal sealed class TokenEndpoint(SimulatorOptions options) : TokenStore(options)
{
    private const string MfaCode = "123456";

    private readonly SimulatorOptions options = options;
    private readonly ConcurrentDictionary<string, DateTimeOffset> mfa = new();

    public static string BearerOf(HttpRequest request) =>
        request.Headers.Authorization.ToString() is { } header && header.StartsWith("Bearer ", StringComparison.Ordinal)
        ? header["Bearer ".Length..] : "";

    public override void Forget()
    {
        base.Forget();
        mfa.Clear();
    }

    public async Task<int> GrantAsync(HttpContext http, DateTimeOffset now, FaultEffects effects)
    {
        if (!http.Request.HasFormContentType)
        {
            return await ApplianceResponses.ProblemAsync(
                http, StatusCodes.Status400BadRequest, "UnexpectedContent", "Send the body as application/x-www-form-urlencoded.");
        }

        IFormCollection form = await http.Request.ReadFormAsync();
        switch (form["grant_type"].ToString())
        {
            case "password":
                if (effects.SignInRefusal is { } refusal)
                {
                    return await ApplianceResponses.ProblemAsync(http, StatusCodes.Status401Unauthorized, "AccessDenied", refusal);
                }

                if (!Accepts(form["username"].ToString(), form["password"].ToString()))
                {
                    return await ApplianceResponses.ProblemAsync(
                        http, StatusCodes.Status401Unauthorized, "AccessDenied", "The user name or password is incorrect.");
                }

                if (effects.AskForCode)
                {
                    string question = Guid.NewGuid().ToString("N");
                    mfa[question] = now + TimeSpan.FromMinutes(5);
                    return await ApplianceResponses.JsonAsync(http, new { access_token = "", mfa_enabled = true, mfa_token = question });
                }

                return await PairAsync(http, now);
            case "refresh_token":
                return TakeRefreshToken(form["refresh_token"].ToString(), now)
                    ? await PairAsync(http, now)
                    : await ApplianceResponses.ProblemAsync(
                        http, StatusCodes.Status401Unauthorized, "InvalidToken", "The refresh token is unknown or has expired.");
            case "mfa":
                return mfa.TryRemove(form["mfa_token"].ToString(), out DateTimeOffset asked) && asked > now && form["mfa_code"] == MfaCode
                    ? await PairAsync(http, now)
                    : await ApplianceResponses.ProblemAsync(
                        http, StatusCodes.Status401Unauthorized, "AccessDenied", "The code is incorrect.");
            default:
                return await ApplianceResponses.ProblemAsync(
                    http, StatusCodes.Status400BadRequest, "UnexpectedContent", "This grant_type is not supported.");
        }
    }

    /// <summary>Every grant, a refresh too, gives a new pair.</summary>
    private async Task<int> PairAsync(HttpContext http, DateTimeOffset now)
    {
        (string bearer, string renewal) = Grant(now);
        return await ApplianceResponses.JsonAsync(http, new Dictionary<string, object?>
        {
            ["access_token"] = bearer,
            ["token_type"] = "bearer",
            ["refresh_token"] = renewal,
            ["expires_in"] = (int)options.TokenLifetime.TotalSeconds,
            [".issued"] = ApplianceResponses.Time(now),
            [".expires"] = ApplianceResponses.Time(now + options.TokenLifetime),
            ["username"] = options.Username,
            ["roleName"] = options.Role,
            ["mfa_enabled"] = false,
        });
    }
}
