using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Rescan.Functions.Appliance;
using Rescan.Functions.Orchestrations;
using Rescan.Functions.Outcomes;

namespace Rescan.Functions.Triggers;

/// <summary>The repositories of all configured appliances, with their last outcome; and health.</summary>
/// <param name="appliances">The appliances' clients.</param>
/// <param name="outcomes">Where outcomes are kept.</param>
public sealed class RepositoriesApi(IApplianceClients appliances, IOutcomeStore outcomes)
{
    /// <summary>Lists repositories; appliances that do not answer are named under errors.</summary>
    [Function("ListRepositoriesApi")]
    public Task<IResult> ListAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", Route = "repositories")] HttpRequest request, CancellationToken cancellationToken) =>
        ApiJson.AnswerAsync(request.HttpContext.Response, async () =>
        {
            Dictionary<string, RescanOutcome> last = new(StringComparer.OrdinalIgnoreCase);
            foreach (RescanOutcome outcome in await outcomes.GetLatestAsync(cancellationToken).ConfigureAwait(false))
            {
                last.TryAdd(outcome.Id, outcome with { Log = [] });
            }

            (string Name, IReadOnlyList<Repository> Repositories, string? Error)[] answers = await Task.WhenAll(
                appliances.Names.Select(n => ListAsync(n, cancellationToken))).ConfigureAwait(false);
            return ApiJson.Ok(new
            {
                Items = answers.SelectMany(a => a.Repositories.Select(r => new
                {
                    Appliance = a.Name, r.Id, r.Name, r.Bucket, r.Folder, LastOutcome = last.GetValueOrDefault(RescanRequest.InstanceIdOf(a.Name, r.Id)),
                })),
                Errors = answers.Where(a => a.Error is not null).Select(a => new { Appliance = a.Name, a.Error }),
            });
        });

    /// <summary>Tells that the app answers.</summary>
    [Function("Health")]
    public IResult Health([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "health")] HttpRequest request) =>
        ApiJson.Ok(new { Status = "Healthy" });

    private async Task<(string Name, IReadOnlyList<Repository> Repositories, string? Error)> ListAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            return (name, await appliances.Get(name).GetRepositoriesAsync(cancellationToken).ConfigureAwait(false), null);
        }
        catch (ApplianceException e)
        {
            return (name, [], e.Message);
        }
    }
}
