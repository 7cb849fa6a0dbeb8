using Microsoft.AspNetCore.Http;
using Rescan.Local.Simulator.Endpoints;
using Rescan.Local.Simulator.Faults;

namespace Rescan.Local.Simulator.VeeamBackupAndReplication;

/// <summary>
/// The REST API of a server of Veeam Backup &amp; Replication: checks revision and token, then hands a request to its endpoint.
/// </summary>
internal sealed class ServerApi : ISimulatedApi
{
    private const string Api = "/api/v1/";

    private readonly ApplianceState state;
    private readonly ServerTokenEndpoint tokens;
    private readonly ServerRepositoryEndpoints repositories;
    private readonly ServerSessionEndpoints sessions;

    public ServerApi(ApplianceState state)
    {
        this.state = state;
        tokens = new ServerTokenEndpoint(state.Options);
        repositories = new ServerRepositoryEndpoints(state);
        sessions = new ServerSessionEndpoints(state);
    }

    /// <inheritdoc/>
    public TokenStore Tokens => tokens;

    /// <summary>The server resynchronizes its database by itself, and those sessions look like rescans.</summary>
    public IReadOnlyList<string> OtherWork { get; } = [ServerSession.RescanType];

    /// <inheritdoc/>
    public ProductRelease WithoutRescan => ProductRelease.Find("12.3", SimulatedKind.VeeamBackupAndReplication);

    /// <inheritdoc/>
    public string LogField => "records";

    /// <inheritdoc/>
    public string KindOf(string path) => SimulatedPath.PartsOf(Api, path) switch
    {
        ["backupInfrastructure", "repositories", "rescan"] => "rescan",
        ["backupInfrastructure", "repositories", ..] => "repositories",
        ["sessions", _, "logs"] => "log",
        ["sessions", _, "stop"] => "stop",
        ["sessions", ..] => "session",
        _ => path.StartsWith("/api/oauth2/", StringComparison.Ordinal) ? "token" : "other",
    };

    /// <inheritdoc/>
    public Task<int> ProblemAsync(HttpContext http, int status, string code, string details) =>
        ServerResponses.ErrorAsync(http, status, code, details);

    /// <inheritdoc/>
    public async Task<int> AnswerAsync(HttpContext http, string path, FaultEffects effects)
    {
        bool get = HttpMethods.IsGet(http.Request.Method);
        if (get && path == "/swagger/index.js" && state.Options.ListsRevisions)
        {
            string urls = string.Join(",", state.Revisions.Select(r => $$"""{"url":"/swagger/v{{r}}/swagger.json","name":"{{r}}"}"""));
            http.Response.ContentType = "application/javascript";
            await http.Response.WriteAsync($"var configObject = {{\"urls\":[{urls}]}};");
            return StatusCodes.Status200OK;
        }

        string revision = http.Request.Headers["x-api-version"].ToString();
        if (!state.Revisions.Contains(revision))
        {
            string known = state.Revisions[0].StartsWith("1.3", StringComparison.Ordinal)
                ? "" : $" The following versions are supported: {string.Join(", ", state.Revisions.Select(r => "v" + r))}";
            return await ServerResponses.ErrorAsync(
                http, StatusCodes.Status400BadRequest, "NotImplemented", "Unsupported RESTAPI version." + known);
        }

        if (HttpMethods.IsPost(http.Request.Method) && path == "/api/oauth2/token")
        {
            return effects.Send(http, await tokens.GrantAsync(http, state.Now, effects));
        }

        string[] parts = SimulatedPath.PartsOf(Api, path);
        if (get && parts is ["serverTime"])
        {
            return effects.Send(http, await ApplianceResponses.JsonAsync(
                http, new { serverTime = ServerResponses.Time(state.Now), timeZone = "(UTC-07:00) Arizona" }));
        }

        string bearer = TokenEndpoint.BearerOf(http.Request);
        if (!tokens.IsLive(bearer, state.Now))
        {
            return await ServerResponses.ErrorAsync(
                http, StatusCodes.Status401Unauthorized, "ExpiredToken", "The access token is unknown or has expired.");
        }

        if (HttpMethods.IsPost(http.Request.Method) && path == "/api/oauth2/logout")
        {
            tokens.SignOut(bearer);
            tokens.ForgetRefreshTokens();
            return effects.Send(http, await ApplianceResponses.JsonAsync(http, new { }));
        }

        return effects.Send(http, await ServeAsync(http, path, parts, revision, effects));
    }

    private async Task<int> ServeAsync(HttpContext http, string path, string[] parts, string revision, FaultEffects effects)
    {
        try
        {
            int? answered = parts switch
            {
                ["serverInfo"] when HttpMethods.IsGet(http.Request.Method) => await InfoAsync(http),
                ["backupInfrastructure", "repositories", .. var rest] => await repositories.TryAnswerAsync(http, rest, revision, effects),
                ["sessions", .. var rest] => await sessions.TryAnswerAsync(http, rest, revision, effects),
                _ => null,
            };
            return answered ?? await ServerResponses.ErrorAsync(
                http, StatusCodes.Status404NotFound, "NotFound", $"{http.Request.Method} {path} was not found.");
        }
        catch (QueryException e)
        {
            return await ServerResponses.ErrorAsync(http, StatusCodes.Status400BadRequest, "UnexpectedContent", e.Message);
        }
    }

    private Task<int> InfoAsync(HttpContext http) => MayRescan(state)
        ? ApplianceResponses.JsonAsync(http, new
        {
            vbrId = state.ServerId, name = "vbr.lab.example", buildVersion = state.ProductVersion, patches = Array.Empty<string>(),
        })
        : ServerResponses.ErrorAsync(http, StatusCodes.Status403Forbidden, "AccessDenied", "The account lacks the role.");

    /// <summary>Rescan and the server's description are a Backup Administrator's alone.</summary>
    internal static bool MayRescan(ApplianceState state) => state.Options.Role == "Backup Administrator";
}
