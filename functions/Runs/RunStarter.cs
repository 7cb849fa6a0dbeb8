using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Options;
using Rescan.Functions.Configuration;
using Rescan.Functions.Durable;
using Rescan.Functions.Rescans;
using Rescan.Functions.Storage;

namespace Rescan.Functions.Runs;

/// <summary>Starts runs: HTTP, webhooks and schedules all come through here.</summary>
/// <param name="options">The settings.</param>
/// <param name="runs">Where runs are kept.</param>
public sealed class RunStarter(IOptions<RescanOptions> options, RunStore runs) : IRunStarter
{
    /// <inheritdoc/>
    public Task<AcceptedRescan> StartAsync(
        DurableTaskClient client, string? appliance, RepositoryFilter? filter, string? seed, Initiator? startedBy,
        CancellationToken cancellationToken)
    {
        string id = RunRequest.InstanceIdPrefix + (seed ?? Guid.NewGuid().ToString("N"));
        return StartAsync(
            client, id, RequestOf(appliance is null ? [] : [appliance], filter) with { StartedBy = startedBy }, cancellationToken);
    }

    /// <summary>Starts a scheduled run, unless there ever was one of that id.</summary>
    /// <param name="client">The durable client.</param>
    /// <param name="id">The run's id.</param>
    /// <param name="appliances">The appliances; none: all.</param>
    /// <param name="filter">Which of their repositories.</param>
    /// <param name="start">What the run keeps of its schedule.</param>
    /// <param name="cancellationToken">Ends the start.</param>
    public Task<AcceptedRescan> StartScheduledAsync(
        DurableTaskClient client, string id, IReadOnlyCollection<string> appliances, RepositoryFilter filter, ScheduledStart start,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(start);
        RunRequest request = RequestOf(appliances, filter) with
        {
            StartedBy = start.StartedBy,
            DueAt = start.DueAt,
            LateBecause = start.LateBecause,
        };
        return StartAsync(client, id, request, cancellationToken);
    }

    /// <summary>Starts the run that repeats what was not rescanned in another, unless there ever was one of that id.</summary>
    /// <param name="client">The durable client.</param>
    /// <param name="id">The id of the new run.</param>
    /// <param name="run">The run that is repeated.</param>
    /// <param name="appliances">Appliances that have something to repeat.</param>
    /// <param name="repeat">The new run's, which names the one that it repeats.</param>
    /// <param name="cancellationToken">Gives up.</param>
    internal Task<AcceptedRescan> StartRepeatAsync(
        DurableTaskClient client, string id, RunRecord run, IReadOnlyCollection<string> appliances, RunRepeat repeat,
        CancellationToken cancellationToken)
    {
        RunRequest request = RequestOf([], run.Filter);

        // One that is configured no more stays in the run, which then says so.
        RunAppliance[] gone = [.. appliances
            .Where(n => !request.Appliances.Any(a => string.Equals(a.Name, n, StringComparison.OrdinalIgnoreCase)))
            .Select(n => new RunAppliance(n, 1))];
        return StartAsync(
            client, id,
            request with
            {
                Appliances = [.. request.Appliances.Where(a => appliances.Contains(a.Name, StringComparer.OrdinalIgnoreCase)), .. gone],
                StartedBy = repeat.StartedBy,
                Repeats = repeat,
            },
            cancellationToken);
    }

    private async Task<AcceptedRescan> StartAsync(
        DurableTaskClient client, string id, RunRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(client);
        return await client.GetInstanceAsync(id, false, cancellationToken) is not null
            || await runs.GetRunAsync(id, cancellationToken) is not null
            ? new AcceptedRescan(id, true)
            : new AcceptedRescan(id, await client.StartOrJoinAsync(nameof(RunOrchestration), id, request, cancellationToken));
    }

    private RunRequest RequestOf(IReadOnlyCollection<string> appliances, RepositoryFilter? filter) => new(
        [.. RunAppliance.Of(options.Value, appliances)],
        RunFilter.Of(filter), options.Value.Deadline, options.Value.RunDeadline, options.Value.Polling);
}

/// <summary>What a run keeps of the schedule that started it.</summary>
/// <param name="StartedBy">The schedule.</param>
/// <param name="DueAt">When the run was due, UTC.</param>
/// <param name="LateBecause">Why it begins later than that; null when it does not.</param>
public sealed record ScheduledStart(Initiator StartedBy, DateTimeOffset DueAt, string? LateBecause);
