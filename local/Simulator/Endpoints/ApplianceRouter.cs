using Microsoft.AspNetCore.Http;
using Rescan.Local.Simulator.Faults;

namespace Rescan.Local.Simulator.Endpoints;

/// <summary>Checks revision and token of a request to the REST API, then hands it to its endpoint.</summary>
internal sealed class ApplianceRouter(ApplianceState state) : ISimulatedApi
{
    private const string Api = "/api/v1/";

    private readonly TokenEndpoint tokens = new(state.Options);
    /// <summary>The contract gives the version to no other role.</summary>
    private const string RoleThatSeesVersion = "Portal Administrator";

    private readonly RepositoryEndpoints repositories = new(state);
    private readonly SessionEndpoints sessions = new(state);

    /// <inheritdoc/>
    public TokenStore Tokens => tokens;

    /// <inheritdoc/>
    public IReadOnlyList<string> OtherWork { get; } = ["Policy", "RetentionActivity", "SelfBackupActivity"];

    /// <inheritdoc/>
    public ProductRelease WithoutRescan => ProductRelease.Find("8.0");

    /// <inheritdoc/>
    public string LogField => "log";

    /// <inheritdoc/>
    public Task<int> ProblemAsync(HttpContext http, int status, string code, string details) =>
        ApplianceResponses.ProblemAsync(http, status, code, details);

    /// <inheritdoc/>
    public string KindOf(string path) => SimulatedPath.PartsOf(Api, path) switch
    {
        ["token"] => "token",
        ["repositories", _, "rescan"] => "rescan",
        ["repositories", ..] => "repositories",
        ["sessions", _, "log"] => "log",
        ["sessions", _, "stop"] => "stop",
        ["sessions", ..] => "session",
        _ => "other",
    };

    /// <inheritdoc/>
    public async Task<int> AnswerAsync(HttpContext http, string path, FaultEffects effects)
    {
        string revision = http.Request.Headers["x-api-version"].ToString();
        if (revision.Length == 0)
        {
            return await ApplianceResponses.ProblemAsync(
                http, StatusCodes.Status400BadRequest, "UnexpectedContent", "x-api-version is required.", "apiVersionUnspecified");
        }

        if (!state.Revisions.Contains(revision))
        {
            bool formed = revision.EndsWith("-rev0", StringComparison.Ordinal) || revision.EndsWith("-rev1", StringComparison.Ordinal);
            return await ApplianceResponses.ProblemAsync(
                http, StatusCodes.Status400BadRequest, "UnexpectedContent", $"Revision {revision} is not supported.",
                formed ? "unsupportedApiVersion" : "invalidApiVersion");
        }

        string[] parts = SimulatedPath.PartsOf(Api, path);
        if (HttpMethods.IsPost(http.Request.Method) && parts is ["token"])
        {
            return effects.Send(http, await tokens.GrantAsync(http, state.Now, effects));
        }

        string bearer = TokenEndpoint.BearerOf(http.Request);
        if (!state.Tokens.IsLive(bearer, state.Now))
        {
            return await ApplianceResponses.ProblemAsync(
                http, StatusCodes.Status401Unauthorized, "ExpiredToken", "The token is unknown or has expired.");
        }

        if (HttpMethods.IsDelete(http.Request.Method) && parts is ["token"])
        {
            state.Tokens.SignOut(bearer);
            return effects.Send(http, http.Response.StatusCode = StatusCodes.Status204NoContent);
        }

        return effects.Send(http, await ServeAsync(http, path, parts, revision, effects));
    }

    private async Task<int> ServeAsync(HttpContext http, string path, string[] parts, string revision, FaultEffects effects)
    {
        try
        {
            int? answered = parts switch
            {
                ["system", "version"] when HttpMethods.IsGet(http.Request.Method) && state.Options.Role != RoleThatSeesVersion =>
                    await ApplianceResponses.ProblemAsync(
                        http, StatusCodes.Status403Forbidden, "AccessDenied", $"The account needs the role {RoleThatSeesVersion}."),
                ["system", "version"] when HttpMethods.IsGet(http.Request.Method) =>
                    await ApplianceResponses.JsonAsync(
                        http, new { about = "Veeam Backup for AWS (simulated)", version = state.ProductVersion }),
                ["repositories", .. var rest] => await repositories.TryAnswerAsync(http, rest, revision, effects),
                ["sessions", .. var rest] => await sessions.TryAnswerAsync(http, rest, effects),
                _ => null,
            };
            return answered ?? await ApplianceResponses.ProblemAsync(
                http, StatusCodes.Status404NotFound, "NotFound", $"{http.Request.Method} {path} is not known.");
        }
        catch (QueryException e)
        {
            return await ApplianceResponses.ProblemAsync(http, StatusCodes.Status400BadRequest, "UnexpectedContent", e.Message);
        }
    }
}
