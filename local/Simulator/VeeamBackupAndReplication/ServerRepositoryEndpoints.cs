using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Rescan.Local.Simulator.Faults;

namespace Rescan.Local.Simulator.VeeamBackupAndReplication;

/// <summary>The repositories, and their rescan.</summary>
internal sealed class ServerRepositoryEndpoints(ApplianceState state)
{
    private static readonly Dictionary<string, Func<SimulatedRepository, object?>> Columns = new(StringComparer.Ordinal)
    {
        ["Name"] = r => r.Name, ["Description"] = _ => "Simulated", ["Type"] = r => r.Type, ["Host"] = _ => "", ["Path"] = r => r.Folder,
    };

    /// <returns>The status answered; null when there is no such endpoint or repository.</returns>
    public async Task<int?> TryAnswerAsync(HttpContext http, string[] path, string revision, FaultEffects effects) =>
        (http.Request.Method, path) switch
        {
            ("GET", []) => await ApplianceResponses.JsonAsync(http, List(http.Request)),
            ("POST", ["rescan"]) when HasRescan(revision) => await RescanAsync(http, revision, effects),
            ("GET", [var id]) when state.FindRepository(id) is { } repository =>
                await ApplianceResponses.JsonAsync(http, Describe(repository)),
            _ => null,
        };

    private static bool HasRescan(string revision) => revision is "1.2-rev1" || revision.StartsWith("1.3", StringComparison.Ordinal);

    private static Dictionary<string, object?> Describe(SimulatedRepository repository)
    {
        Dictionary<string, object?> item = new()
        {
            ["id"] = repository.Id, ["name"] = repository.Name, ["description"] = "Simulated", ["type"] = repository.Type,
            ["uniqueId"] = repository.Id,
        };
        if (repository.Type is "AzureBlob" or "AzureArchive")
        {
            item["container"] = new { containerName = repository.Bucket, folderName = repository.Folder };
        }
        else if (repository.Bucket.Length > 0)
        {
            item["account"] = new { regionId = "eu-central-1" };
            item["bucket"] = new { bucketName = repository.Bucket, folderName = repository.Folder, regionId = "eu-central-1" };
        }
        else
        {
            item["repository"] = new { path = @"C:\Backup", maxTaskCount = 4 };
        }

        return item;
    }

    private object List(HttpRequest request)
    {
        ServerQuery query = new(request.QueryString.Value);
        IEnumerable<SimulatedRepository> rows = state.Options.Repositories
            .Where(r => query.Fits("nameFilter", r.Name, "Simulated") && (query.Text("typeFilter") is not { } type || r.Type == type));
        return query.Page([.. query.Sorted(rows, Columns)], Describe);
    }

    private async Task<int> RescanAsync(HttpContext http, string revision, FaultEffects effects)
    {
        if (!ServerApi.MayRescan(state))
        {
            return await ServerResponses.ErrorAsync(http, StatusCodes.Status403Forbidden, "AccessDenied", "The account lacks the role.");
        }

        if (await ReadIdsAsync(http) is not { Length: > 0 } ids)
        {
            return await ServerResponses.ErrorAsync(
                http, StatusCodes.Status400BadRequest, "UnexpectedContent", "repositoryIds must be an array of ids.");
        }

        SimulatedRepository?[] wanted = [.. ids.Select(state.FindRepository)];
        if (Array.IndexOf(wanted, null) is >= 0 and var missing)
        {
            return await ServerResponses.ErrorAsync(
                http, StatusCodes.Status404NotFound, "NotFound", "The repository was not found.", ids[missing]);
        }

        if (effects.StartNoSession)
        {
            return await ApplianceResponses.JsonAsync(http, new { }, StatusCodes.Status201Created);
        }

        // One session for all of them, as the server makes it.
        if (state.Sessions.StartRescan(wanted[0]!, state.Now) is not { } session)
        {
            return await ServerResponses.ErrorAsync(
                http, StatusCodes.Status409Conflict, "UnknownError", "A rescan of the repository is running.");
        }

        state.Save();
        return await ApplianceResponses.JsonAsync(
            http, effects.HideSessionId
                ? new { }
                : ServerSession.Describe(session, state.Now, revision, effects), StatusCodes.Status201Created);
    }

    private static async Task<string[]?> ReadIdsAsync(HttpContext http)
    {
        try
        {
            JsonElement body = await http.Request.ReadFromJsonAsync<JsonElement>();
            return body.TryGetProperty("repositoryIds", out JsonElement ids) ? [.. ids.EnumerateArray().Select(i => i.GetString()!)] : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }
}
