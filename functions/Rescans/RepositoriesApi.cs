using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;
using Rescan.Functions.Api;
using Rescan.Functions.Api.Callers;
using Rescan.Functions.Api.OpenApi;
using Rescan.Functions.Appliances;
using Rescan.Functions.Durable;
using Rescan.Functions.Storage;

namespace Rescan.Functions.Rescans;

/// <summary>The repositories of all configured appliances, with their last outcome.</summary>
/// <param name="appliances">The appliances' clients.</param>
/// <param name="reader">Asks appliances for their repositories.</param>
/// <param name="outcomes">Where outcomes are kept.</param>
/// <param name="time">The clock.</param>
public sealed class RepositoriesApi(IApplianceClients appliances, RepositoryReader reader, OutcomeStore outcomes, TimeProvider time)
{
    private const int HistoryLength = 20;

    /// <summary>
    /// Lists repositories. An appliance that does not answer is named under errors, and its repositories are
    /// those that outcomes are known of.
    /// </summary>
    [Function("ListRepositoriesApi")]
    [ApiOperation("Lists the repositories of all configured appliances, with their past.", Answer = typeof(RepositoryList))]
    public Task<IResult> ListAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", "head", Route = "repositories")] HttpRequest request,
        [DurableClient] DurableTaskClient client,
        CancellationToken cancellationToken) =>
        ApiJson.AnswerAsync(request, CallerRole.Viewer, async _ =>
        {
            Dictionary<string, RescanOutcome> last = new(StringComparer.OrdinalIgnoreCase);
            foreach (RescanOutcome outcome in await outcomes.GetLatestAsync(cancellationToken))
            {
                last.TryAdd(outcome.Id, outcome with { Log = [] });
            }

            IReadOnlySet<string> running = await client.GetRunningIdsAsync(RescanRequest.InstanceIdPrefix, cancellationToken);
            IReadOnlyDictionary<string, IReadOnlyList<OutcomePoint>> histories = await outcomes.GetHistoryAsync(
                last.Keys, HistoryLength, cancellationToken);

            (string Name, IReadOnlyList<Repository> Repositories, ApplianceErrorView? Error)[] answers = await Task.WhenAll(
                appliances.Names.Select(n => ListAsync(n, cancellationToken)));
            return ApiJson.Ok(new RepositoryList(
                [.. answers.SelectMany(a => (a.Error is null ? a.Repositories : KnownOf(a.Name, last.Values)).Select(r =>
                {
                    string id = RescanRequest.InstanceIdOf(a.Name, r.Id);
                    return new RepositoryView(
                        a.Name, r.Id, r.Name, r.Bucket, r.Folder, running.Contains(id), last.GetValueOrDefault(id),
                        histories.GetValueOrDefault(id, []))
                    {
                        Type = r.Type, LeftOutOfRuns = r.LeftOutOfRuns,
                    };
                }))],
                appliances.Names,
                [.. answers.Select(a => a.Error).OfType<ApplianceErrorView>()],
                [
                    .. answers.Where(a => a.Error is null && a.Repositories.Count == 0)
                    .Select(a => $"{a.Name}: {RepositoryWarnings.ListsNone}"),
                    .. RepositoryWarnings.SharedFolders(
                        answers.SelectMany(a => a.Repositories.Select(r => new RepositoryPlace(a.Name, r.Name, r.Bucket, r.Folder)))),
                ]));
        });

    private static IEnumerable<Repository> KnownOf(string appliance, IEnumerable<RescanOutcome> outcomes) => outcomes
        .Where(o => string.Equals(o.Appliance, appliance, StringComparison.OrdinalIgnoreCase))
        .Select(o => new Repository(o.Repository.Id, o.Repository.Name, null, null));

    private async Task<(string Name, IReadOnlyList<Repository> Repositories, ApplianceErrorView? Error)> ListAsync(
        string name, CancellationToken cancellationToken)
    {
        try
        {
            return (name, await reader.ReadAsync(name, cancellationToken), null);
        }
        catch (ApplianceException e)
        {
            return (name, [], new ApplianceErrorView(name, !e.IsTransient, e.Message, reader.FailingSince(name) ?? time.GetUtcNow()));
        }
    }
}
