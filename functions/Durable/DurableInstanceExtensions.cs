using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using Rescan.Functions.Telemetry;

namespace Rescan.Functions.Durable;

/// <summary>Starting and finding instances by id.</summary>
internal static class DurableInstanceExtensions
{
    /// <summary>How long an id that is taken may stay invisible before the start's failure counts as one.</summary>
    private static readonly TimeSpan ShowsWithin = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan FirstLook = TimeSpan.FromMilliseconds(20);

    /// <summary>The statuses of an instance that has not ended.</summary>
    public static IReadOnlyList<OrchestrationRuntimeStatus> RunningStatuses { get; } =
        [OrchestrationRuntimeStatus.Pending, OrchestrationRuntimeStatus.Running, OrchestrationRuntimeStatus.Suspended];

    /// <summary>Starts an instance, unless one of that id runs.</summary>
    /// <returns>True when one ran already.</returns>
    public static async Task<bool> StartOrJoinAsync(
        this DurableTaskClient client, TaskName orchestration, string id, object input, CancellationToken cancellationToken) =>
        await client.GetRunningAsync(id, false, cancellationToken) is not null
        || !await client.TryStartAsync(orchestration, id, input, cancellationToken);

    /// <summary>Starts an instance. Of several that start one id at once, by whatever processes, one succeeds.</summary>
    /// <returns>False when another was quicker; its instance is visible then, unless it has ended already.</returns>
    public static async Task<bool> TryStartAsync(
        this DurableTaskClient client, TaskName orchestration, string id, object input, CancellationToken cancellationToken)
    {
        DateTimeOffset? lastEnd = (await client.GetInstanceAsync(id, false, cancellationToken))?.CreatedAt;
        try
        {
            StartOrchestrationOptions options = new(id) { Tags = CarriedTrace.TagsOfCaller() };
            await client.ScheduleNewOrchestrationInstanceAsync(orchestration, input, options, cancellationToken);
            return true;
        }
        catch (Exception) when (!cancellationToken.IsCancellationRequested)
        {
            // Hosts differ in what they throw for an id that is taken, and reserve it before others can see it: what is there counts.
            for (TimeSpan waited = TimeSpan.Zero, pause = FirstLook; ; waited += pause, pause *= 2)
            {
                if (await client.GetInstanceAsync(id, false, cancellationToken) is { } other
                    && (!other.IsCompleted || other.CreatedAt != lastEnd))
                {
                    return false;
                }

                if (waited > ShowsWithin)
                {
                    throw;
                }

                await Task.Delay(pause, cancellationToken);
            }
        }
    }

    /// <summary>The instance of an id, while it has not ended.</summary>
    public static async Task<OrchestrationMetadata?> GetRunningAsync(
        this DurableTaskClient client, string id, bool withInput, CancellationToken cancellationToken) =>
        await client.GetInstanceAsync(id, withInput, cancellationToken) is { IsCompleted: false } running ? running : null;

    /// <summary>The ids of instances that have not ended.</summary>
    /// <param name="client">The durable client.</param>
    /// <param name="prefix">What the ids begin with.</param>
    /// <param name="cancellationToken">Ends the read.</param>
    public static async Task<IReadOnlySet<string>> GetRunningIdsAsync(
        this DurableTaskClient client, string prefix, CancellationToken cancellationToken)
    {
        HashSet<string> ids = new(StringComparer.Ordinal);
        OrchestrationQuery query = new(Statuses: RunningStatuses, InstanceIdPrefix: prefix);
        await foreach (OrchestrationMetadata instance in client.GetAllInstancesAsync(query).WithCancellation(cancellationToken))
        {
            ids.Add(instance.InstanceId);
        }

        return ids;
    }
}
