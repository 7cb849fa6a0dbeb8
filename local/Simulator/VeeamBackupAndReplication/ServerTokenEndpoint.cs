using Microsoft.AspNetCore.Http;
using Rescan.Local.Simulator.Faults;

namespace Rescan.Local.Simulator.VeeamBackupAndReplication;

/// <summary>Hands out token pairs; a refresh token serves once.</summary>
internal sealed class ServerTokenEndpoint(SimulatorOptions options) : TokenStore(options)
{
    private readonly SimulatorOptions options = options;

    public async Task<int> GrantAsync(HttpContext http, DateTimeOffset now, FaultEffects effects)
    {
        if (!http.Request.HasFormContentType)
        {
            return await ServerResponses.ErrorAsync(
                http, StatusCodes.Status400BadRequest, "UnexpectedContent", "Send the body as application/x-www-form-urlencoded.");
        }

        IFormCollection form = await http.Request.ReadFormAsync();
        switch (form["grant_type"].ToString())
        {
            case "password":
                if (effects.SignInRefusal is { } refusal)
                {
                    return await RefuseAsync(http, refusal);
                }

                // What an account with a second factor gets is not documented.
                if (effects.AskForCode)
                {
                    return await RefuseAsync(http, "Multi-factor authentication is enabled for the account.");
                }

                return Accepts(form["username"].ToString(), form["password"].ToString())
                    ? await PairAsync(http, now)
                    : await RefuseAsync(http, "Access denied: invalid credentials.");
            case "refresh_token":
                return TakeRefreshToken(form["refresh_token"].ToString(), now)
                    ? await PairAsync(http, now)
                    : await ServerResponses.ErrorAsync(
                        http, StatusCodes.Status401Unauthorized, "InvalidToken", "The refresh token is unknown or has been used.");
            default:
                return await ServerResponses.ErrorAsync(
                    http, StatusCodes.Status400BadRequest, "UnexpectedContent", "The grant_type is not known.");
        }
    }

    private static Task<int> RefuseAsync(HttpContext http, string message) =>
        ServerResponses.ErrorAsync(http, StatusCodes.Status401Unauthorized, "AccessDenied", message);

    private async Task<int> PairAsync(HttpContext http, DateTimeOffset now)
    {
        (string access, string refresh) = Grant(now);
        return await ApplianceResponses.JsonAsync(http, new Dictionary<string, object?>
        {
            ["access_token"] = access,
            ["token_type"] = "bearer",
            ["refresh_token"] = refresh,
            ["expires_in"] = (int)options.TokenLifetime.TotalSeconds,
            [".issued"] = ServerResponses.Time(now),
            [".expires"] = ServerResponses.Time(now + options.TokenLifetime),
        });
    }
}
