using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Options;
using Rescan.Functions.Appliance;
using Rescan.Functions.Configuration;
using Rescan.Functions.Orchestrations;
using Rescan.Functions.Outcomes;
using Rescan.Functions.Webhooks;

namespace Rescan.Functions.Triggers;

/// <summary>Starts rescans, or joins those that run: HTTP, webhooks and the timer all come through here.</summary>
/// <param name="appliances">The appliances' clients.</param>
/// <param name="outcomes">Where outcomes are kept.</param>
/// <param name="options">The settings.</param>
public sealed class RescanStarter(IApplianceClients appliances, IOutcomeStore outcomes, IOptions<RescanOptions> options) : IRescanStarter
{
    /// <summary>Starts one rescan, or joins the one of the same repository that runs.</summary>
    /// <returns>The instance id, and whether it ran already.</returns>
    /// <param name="client">The durable client.</param>
    /// <param name="appliance">The appliance's configured name.</param>
    /// <param name="repository">The repository.</param>
    /// <param name="seed">Becomes the request id, so that the same request coming again starts nothing more; null: a wish of its own.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<AcceptedRescan> StartAsync(DurableTaskClient client, string appliance, Repository repository, string? seed, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(repository);
        RescanRequest request = new(appliance, new RepositoryRef(repository.Id, repository.Name), options.Value.Deadline, options.Value.Polling) { RequestId = seed };
        return seed is not null && await outcomes.GetAsync(seed, cancellationToken).ConfigureAwait(false) is { } ended
            ? new AcceptedRescan(ended.Id, true, seed)
            : await StartOrJoinAsync(client, request, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Starts a run over many repositories, unless there ever was one of that id.</summary>
    public async Task<AcceptedRescan> StartFleetAsync(DurableTaskClient client, string id, FleetRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(client);
        return await client.GetInstanceAsync(id, false, cancellationToken).ConfigureAwait(false) is not null
            ? new AcceptedRescan(id, true)
            : await StartOrJoinAsync(client, nameof(FleetOrchestration), id, request, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The settings' part of a fleet run.</summary>
    public FleetRequest FleetOf(IEnumerable<string>? names, RescanHookFilter? filter) => new(
        [.. options.Value.Appliances.Where(a => names is null || names.Contains(a.Name, StringComparer.OrdinalIgnoreCase)).Select(a => new FleetAppliance(a.Name, a.MaxConcurrentRescans))],
        new FleetFilter(filter?.Include ?? [], filter?.Exclude ?? [], filter?.Bucket, filter?.Folder), options.Value.Deadline, options.Value.RunDeadline, options.Value.Polling);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<AcceptedRescan>> StartAsync(DurableTaskClient client, RescanHookRequest request, string? seed, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        string? appliance = request.Appliance is null ? null : appliances.Get(request.Appliance).Name;
        if (request.Repository is { } wanted)
        {
            Repository repository = await FindAsync(appliance!, wanted, cancellationToken).ConfigureAwait(false);
            return [await StartAsync(client, appliance!, repository, seed, cancellationToken).ConfigureAwait(false)];
        }

        FleetRequest fleet = FleetOf(appliance is null ? null : [appliance], request.Filter);
        return [await StartFleetAsync(client, FleetRequest.InstanceIdPrefix + (seed ?? Guid.NewGuid().ToString("N")), fleet, cancellationToken).ConfigureAwait(false)];
    }

    /// <summary>Finds a repository of an appliance by name or id.</summary>
    /// <exception cref="UnknownRepositoryException">None fits, or several do.</exception>
    /// <exception cref="ApplianceException">The appliance did not list its repositories.</exception>
    public async Task<Repository> FindAsync(string appliance, string nameOrId, CancellationToken cancellationToken) =>
        RepositoryResolver.Find(appliance, await appliances.Get(appliance).GetRepositoriesAsync(cancellationToken).ConfigureAwait(false), nameOrId);

    /// <summary>Starts a rescan, or joins the one of the same repository that runs; tells whose request it is.</summary>
    internal static async Task<AcceptedRescan> StartOrJoinAsync(DurableTaskClient client, RescanRequest request, CancellationToken cancellationToken)
    {
        RescanRequest own = request with { RequestId = request.RequestId ?? Guid.NewGuid().ToString("N") };
        string id = RescanRequest.InstanceIdOf(own.Appliance, own.Repository.Id);
        AcceptedRescan accepted = await StartOrJoinAsync(client, nameof(RescanOrchestration), id, own, cancellationToken).ConfigureAwait(false);
        if (!accepted.Joined)
        {
            return accepted with { RequestId = own.RequestId };
        }

        RescanRequest? running = (await client.GetInstanceAsync(id, true, cancellationToken).ConfigureAwait(false))?.ReadInputAs<RescanRequest>();
        return accepted with { RequestId = running?.RequestId ?? running?.State?.RequestId };
    }

    internal static async Task<AcceptedRescan> StartOrJoinAsync(DurableTaskClient client, TaskName orchestration, string id, object input, CancellationToken cancellationToken)
    {
        if (await RunsAsync(client, id, cancellationToken).ConfigureAwait(false))
        {
            return new AcceptedRescan(id, true);
        }

        try
        {
            await client.ScheduleNewOrchestrationInstanceAsync(orchestration, input, new StartOrchestrationOptions(id), cancellationToken).ConfigureAwait(false);
            return new AcceptedRescan(id, false);
        }
        catch (Exception) when (!cancellationToken.IsCancellationRequested)
        {
            // Hosts differ in what they throw for an id that runs; whether it runs is what counts.
            if (await RunsAsync(client, id, cancellationToken).ConfigureAwait(false))
            {
                return new AcceptedRescan(id, true);
            }

            throw;
        }
    }

    private static async Task<bool> RunsAsync(DurableTaskClient client, string id, CancellationToken cancellationToken) =>
        await client.GetInstanceAsync(id, false, cancellationToken).ConfigureAwait(false) is { IsCompleted: false };
}
