using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using Rescan.Functions.Telemetry;

namespace Rescan.Functions.Durable;

/// <summary>Starting and finding instances by id.</summary>
internal static class DurableInstanceExtensions
{
    /// <summary>The statuses of an instance that has not ended.</summary>
    public static IReadOnlyList<OrchestrationRuntimeStatus> RunningStatuses { get; } =
        [OrchestrationRuntimeStatus.Pending, OrchestrationRuntimeStatus.Running, OrchestrationRuntimeStatus.Suspended];

    /// <summary>Starts an instance, unless one of that id runs.</summary>
    /// <returns>True when one ran already.</returns>
    public static async Task<bool> StartOrJoinAsync(this DurableTaskClient client, TaskName orchestration, string id, object input, CancellationToken cancellationToken)
    {
        if (await client.IsRunningAsync(id, cancellationToken))
        {
            return true;
        }

        try
        {
            await client.ScheduleNewOrchestrationInstanceAsync(orchestration, input, new StartOrchestrationOptions(id) { Tags = CarriedTrace.TagsOfCaller() }, cancellationToken);
            return false;
        }
        catch (Exception) when (!cancellationToken.IsCancellationRequested)
        {
            // Hosts differ in what they throw for an id that runs; whether it runs is what counts.
            if (await client.IsRunningAsync(id, cancellationToken))
            {
                return true;
            }

            throw;
        }
    }

    /// <summary>The ids of instances that have not ended.</summary>
    /// <param name="client">The durable client.</param>
    /// <param name="prefix">What the ids begin with.</param>
    /// <param name="cancellationToken">Ends the read.</param>
    public static async Task<IReadOnlySet<string>> GetRunningIdsAsync(this DurableTaskClient client, string prefix, CancellationToken cancellationToken)
    {
        HashSet<string> ids = new(StringComparer.Ordinal);
        OrchestrationQuery query = new(Statuses: RunningStatuses, InstanceIdPrefix: prefix);
        await foreach (OrchestrationMetadata instance in client.GetAllInstancesAsync(query).WithCancellation(cancellationToken))
        {
            ids.Add(instance.InstanceId);
        }

        return ids;
    }

    private static async Task<bool> IsRunningAsync(this DurableTaskClient client, string id, CancellationToken cancellationToken) =>
        await client.GetInstanceAsync(id, false, cancellationToken) is { IsCompleted: false };
}
