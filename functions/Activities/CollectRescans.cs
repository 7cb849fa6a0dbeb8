using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;
using Rescan.Functions.Orchestrations;
using Rescan.Functions.Outcomes;

namespace Rescan.Functions.Activities;

/// <summary>Which rescans to look at.</summary>
/// <param name="Appliance">The appliance's configured name.</param>
/// <param name="InstanceIds">Their instance ids.</param>
public sealed record CollectRescansInput(string Appliance, IReadOnlyList<string> InstanceIds);

/// <summary>Collects those rescans that have ended, recorded ones with their outcome.</summary>
/// <param name="outcomes">Where outcomes are kept.</param>
public sealed class CollectRescans(IOutcomeStore outcomes)
{
    /// <summary>Collects.</summary>
    /// <param name="input">The rescans.</param>
    /// <param name="client">The durable client.</param>
    /// <param name="cancellationToken">Ends with the host.</param>
    [Function(nameof(CollectRescans))]
    public async Task<FleetItem[]> RunAsync([ActivityTrigger] CollectRescansInput input, [DurableClient] DurableTaskClient client, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(client);
        List<FleetItem> ended = [];
        foreach (string id in input.InstanceIds)
        {
            OrchestrationMetadata? instance = await client.GetInstanceAsync(id, true, cancellationToken).ConfigureAwait(false);
            if (instance is { IsCompleted: false } && !IsRecorded(instance))
            {
                continue;
            }

            RescanOutcome? outcome = (await outcomes.GetRecentAsync(id, 1, cancellationToken).ConfigureAwait(false)).FirstOrDefault();
            string repositoryId = id[(RescanRequest.InstanceIdPrefix.Length + input.Appliance.Length + 1)..];
            bool fresh = outcome is not null && (instance is null || outcome.FinishedAt >= instance.CreatedAt);
            ended.Add(fresh
                ? new FleetItem(input.Appliance, outcome!.Repository, outcome.Outcome, outcome.DurationSeconds, outcome.Reason)
                : new FleetItem(input.Appliance, new RepositoryRef(repositoryId, repositoryId), null, 0, instance?.FailureDetails?.ErrorMessage ?? "The rescan ended without an outcome."));
        }

        return [.. ended];
    }

    /// <summary>A rescan tells its end just before its instance completes.</summary>
    private static bool IsRecorded(OrchestrationMetadata instance) => instance.ReadCustomStatusAs<RescanStatus>()?.Phase == RescanPhase.Ended;
}
