using Microsoft.DurableTask.Client;
using Rescan.Functions.Storage;

namespace Rescan.Functions.Rescans;

/// <summary>
/// Starts a run. It stands here, and not with runs, because one request starts either a rescan or a run, and runs are made of rescans.
/// </summary>
public interface IRunStarter
{
    /// <summary>Starts a run over the repositories that a filter lets through.</summary>
    /// <param name="client">The durable client.</param>
    /// <param name="appliance">The appliance's configured name; null: all appliances.</param>
    /// <param name="filter">Which repositories; null: all.</param>
    /// <param name="seed">Becomes part of the run's id, so that the same request coming again starts nothing
    /// more; null: a new request.</param>
    /// <param name="startedBy">Who or what asks.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task<AcceptedRescan> StartAsync(
        DurableTaskClient client, string? appliance, RepositoryFilter? filter, string? seed, Initiator? startedBy,
        CancellationToken cancellationToken);
}
