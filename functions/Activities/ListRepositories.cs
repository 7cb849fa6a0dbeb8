using Microsoft.Azure.Functions.Worker;
using Rescan.Functions.Appliance;
using Rescan.Functions.Orchestrations;
using Rescan.Functions.Outcomes;

namespace Rescan.Functions.Activities;

/// <summary>Which repositories to list.</summary>
/// <param name="Appliance">The appliance's configured name.</param>
/// <param name="Filter">Which of its repositories.</param>
public sealed record ListRepositoriesInput(string Appliance, FleetFilter Filter);

/// <summary>Lists an appliance's repositories that a run takes, in order of name.</summary>
/// <param name="appliances">The appliances' clients.</param>
public sealed class ListRepositories(IApplianceClients appliances)
{
    /// <summary>Lists.</summary>
    /// <param name="input">The appliance and the filter.</param>
    /// <param name="cancellationToken">Ends with the host.</param>
    [Function(nameof(ListRepositories))]
    public Task<ActivityAnswer<RepositoryRef[]>> RunAsync([ActivityTrigger] ListRepositoriesInput input, CancellationToken cancellationToken) =>
        ActivityAnswer.FromAsync<RepositoryRef[]>(async () =>
        {
            IReadOnlyList<Repository> all = await appliances.Get(input.Appliance).GetRepositoriesAsync(cancellationToken).ConfigureAwait(false);
            return [.. all.Where(input.Filter.Takes).OrderBy(r => r.Name, StringComparer.Ordinal).Select(r => new RepositoryRef(r.Id, r.Name))];
        });
}
