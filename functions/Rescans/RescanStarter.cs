using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Options;
using Rescan.Functions.Appliances;
using Rescan.Functions.Configuration;
using Rescan.Functions.Storage;

namespace Rescan.Functions.Rescans;

/// <summary>Starts rescans, or joins those that run: HTTP, webhooks and runs all come through here.</summary>
/// <param name="appliances">The appliances' clients.</param>
/// <param name="outcomes">Where outcomes are kept.</param>
/// <param name="instances">The instances of rescans.</param>
/// <param name="runs">Starts runs, for requests that name no single repository.</param>
/// <param name="options">The settings.</param>
public sealed class RescanStarter(
    IApplianceClients appliances, OutcomeStore outcomes, RescanInstances instances, IRunStarter runs, IOptions<RescanOptions> options)
    : IRescanStarter
{
    /// <summary>Starts one rescan, or joins the one of the same repository that runs.</summary>
    /// <returns>The instance id, and whether it ran already.</returns>
    /// <param name="client">The durable client.</param>
    /// <param name="appliance">The appliance's configured name.</param>
    /// <param name="repository">The repository.</param>
    /// <param name="seed">Becomes the request id, so that the same request coming again starts nothing more; null: a new request.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <param name="startedBy">Who or what asks.</param>
    public async Task<AcceptedRescan> StartAsync(
        DurableTaskClient client, string appliance, Repository repository, string? seed, CancellationToken cancellationToken,
        Initiator? startedBy = null)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(repository);
        RescanRequest request = new(
            appliance, new RepositoryRef(repository.Id, repository.Name), options.Value.Deadline, options.Value.Polling)
        {
            RequestId = seed,
            StartedBy = startedBy,
        };
        return seed is not null && await outcomes.GetAsync(seed, cancellationToken) is { } ended
            ? new AcceptedRescan(ended.Id, false, seed)
            : await instances.StartOrJoinAsync(client, request, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<AcceptedRescan>> StartAsync(
        DurableTaskClient client, StartRescanRequest request, string? seed, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        string? appliance = request.Appliance is null ? null : appliances.Get(request.Appliance).Name;
        if (request.Repository is { } wanted)
        {
            Repository repository = await FindAsync(appliance!, wanted, cancellationToken);
            return [await StartAsync(client, appliance!, repository, seed, cancellationToken, request.StartedBy)];
        }

        return [await runs.StartAsync(client, appliance, request.Filter, seed, request.StartedBy, cancellationToken)];
    }

    /// <summary>Finds a repository of an appliance by name or id.</summary>
    /// <exception cref="UnknownRepositoryException">None fits, or several do.</exception>
    /// <exception cref="ApplianceException">The appliance did not list its repositories.</exception>
    public async Task<Repository> FindAsync(string appliance, string nameOrId, CancellationToken cancellationToken) =>
        RepositoryResolver.Find(appliance, await appliances.Get(appliance).GetRepositoriesAsync(cancellationToken), nameOrId);
}
