using Microsoft.AspNetCore.Http;
using Rescan.Local.Simulator.Faults;

namespace Rescan.Local.Simulator.Endpoints;

/// <summary>The repositories, and their rescan.</summary>
internal sealed class RepositoryEndpoints(ApplianceState state)
{
    private static readonly Dictionary<string, Func<SimulatedRepository, object?>> Columns = new(StringComparer.Ordinal)
    {
        ["name"] = r => r.Name, ["amazonBucket"] = r => r.Bucket, ["amazonStorageFolder"] = r => r.Folder,
    };

    /// <returns>The status answered; null when there is no such endpoint or repository.</returns>
    public async Task<int?> TryAnswerAsync(HttpContext http, string[] path, string revision, FaultEffects effects) =>
        (http.Request.Method, path) switch
        {
            ("GET", []) => await ApplianceResponses.JsonAsync(http, List(http.Request)),
            ("GET", [var id]) when state.FindRepository(id) is { } repository =>
                await ApplianceResponses.JsonAsync(http, repository.Describe()),
            ("POST", [var id, "rescan"]) when ProductRelease.HasRescan(revision) && state.FindRepository(id) is { } repository =>
                await RescanAsync(http, repository, effects),
            _ => null,
        };

    private object List(HttpRequest request)
    {
        PageQuery query = new(request.Query, state.Options.PageSize);
        return query.Page(
            [.. query.Sorted(query.Matching(state.Options.Repositories, r => r.Name), Columns)], r => r.Describe(), "/api/v1/repositories");
    }

    private async Task<int> RescanAsync(HttpContext http, SimulatedRepository repository, FaultEffects effects)
    {
        if (effects.StartNoSession)
        {
            return await ApplianceResponses.JsonAsync(http, new { }, StatusCodes.Status202Accepted);
        }

        if (state.Sessions.StartRescan(repository, state.Now) is not { } session)
        {
            return await ApplianceResponses.ProblemAsync(
                http, StatusCodes.Status409Conflict, "UnknownError", $"A rescan of repository {repository.Name} is running.");
        }

        state.Save();
        return await ApplianceResponses.JsonAsync(
            http,
            effects.HideSessionId
            ? new { } : new
            {
                sessionId = session.Id,
                _links = new[] { new { rel = "session", href = $"/api/v1/sessions/{session.Id}", method = "GET" } }
            },
            StatusCodes.Status202Accepted);
    }
}
