using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Options;
using Rescan.Functions.Appliances;
using Rescan.Functions.Configuration;
using Rescan.Functions.Durable;
using Rescan.Functions.Storage;

namespace Rescan.Functions.Rescans;

/// <summary>Starts rescans, or joins those that run: HTTP, webhooks and runs all come through here.</summary>
/// <param name="appliances">The appliances' clients.</param>
/// <param name="outcomes">Where outcomes are kept.</param>
/// <param name="runs">Starts runs, for requests that name no single repository.</param>
/// <param name="options">The settings.</param>
public sealed class RescanStarter(IApplianceClients appliances, IOutcomeStore outcomes, IRunStarter runs, IOptions<RescanOptions> options) : IRescanStarter
{
    /// <summary>Starts one rescan, or joins the one of the same repository that runs.</summary>
    /// <returns>The instance id, and whether it ran already.</returns>
    /// <param name="client">The durable client.</param>
    /// <param name="appliance">The appliance's configured name.</param>
    /// <param name="repository">The repository.</param>
    /// <param name="seed">Becomes the request id, so that the same request coming again starts nothing more; null: a new request.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<AcceptedRescan> StartAsync(DurableTaskClient client, string appliance, Repository repository, string? seed, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(repository);
        RescanRequest request = new(appliance, new RepositoryRef(repository.Id, repository.Name), options.Value.Deadline, options.Value.Polling) { RequestId = seed };
        return seed is not null && await outcomes.GetAsync(seed, cancellationToken) is { } ended
            ? new AcceptedRescan(ended.Id, true, seed)
            : await StartOrJoinAsync(client, request, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<AcceptedRescan>> StartAsync(DurableTaskClient client, StartRescanRequest request, string? seed, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        string? appliance = request.Appliance is null ? null : appliances.Get(request.Appliance).Name;
        if (request.Repository is { } wanted)
        {
            Repository repository = await FindAsync(appliance!, wanted, cancellationToken);
            return [await StartAsync(client, appliance!, repository, seed, cancellationToken)];
        }

        return [await runs.StartAsync(client, appliance, request.Filter, seed, cancellationToken)];
    }

    /// <summary>Finds a repository of an appliance by name or id.</summary>
    /// <exception cref="UnknownRepositoryException">None fits, or several do.</exception>
    /// <exception cref="ApplianceException">The appliance did not list its repositories.</exception>
    public async Task<Repository> FindAsync(string appliance, string nameOrId, CancellationToken cancellationToken) =>
        RepositoryResolver.Find(appliance, await appliances.Get(appliance).GetRepositoriesAsync(cancellationToken), nameOrId);

    /// <summary>Starts a rescan, or joins the one of the same repository that runs.</summary>
    /// <returns>With the request id of the rescan that runs now.</returns>
    internal static async Task<AcceptedRescan> StartOrJoinAsync(DurableTaskClient client, RescanRequest request, CancellationToken cancellationToken)
    {
        RescanRequest own = request with { RequestId = request.RequestId ?? Guid.NewGuid().ToString("N") };
        string id = RescanRequest.InstanceIdOf(own.Appliance, own.Repository.Id);
        bool joined = await client.StartOrJoinAsync(nameof(RescanOrchestration), id, own, cancellationToken);

        // Read back in either case: of two that start one id at the same moment, Azure Storage tells both that they did, and runs one.
        RescanRequest? running = (await client.GetInstanceAsync(id, true, cancellationToken))?.ReadInputAs<RescanRequest>();
        string? requestId = running?.RequestId ?? running?.State?.RequestId ?? (joined ? null : own.RequestId);
        return new AcceptedRescan(id, requestId != own.RequestId, requestId);
    }
}
