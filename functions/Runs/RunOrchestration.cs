using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask;
using Rescan.Functions.Durable;
using Rescan.Functions.Notifications;
using Rescan.Functions.Rescans;
using Rescan.Functions.Storage;

namespace Rescan.Functions.Runs;

/// <summary>
/// A run over many repositories: the appliances side by side, each at its own pace. One bad appliance never stops the rest.
/// </summary>
public static class RunOrchestration
{
    /// <summary>Runs the run.</summary>
    /// <param name="context">The durable context; its input is a <see cref="RunRequest"/>.</param>
    /// <returns>The run as written down, without its items.</returns>
    [Function(nameof(RunOrchestration))]
    public static async Task<RunRecord> RunAsync([OrchestrationTrigger] TaskOrchestrationContext context)
    {
        RunRequest request = context.GetInput<RunRequest>()!;
        DateTimeOffset began = context.Now();
        Task<RescanCancel> cancel = context.WaitForExternalEvent<RescanCancel>(RescanEvents.Cancel);
        BeginRunInput begin = new(context.InstanceId, began, request.StartedBy, request.DueAt, request.LateBecause)
        {
            Appliances = [.. request.Appliances.Select(a => a.Name)],
            Filter = request.Filter.ToKeep(),
            Repeats = request.Repeats,
        };
        await context.CallActivityAsync(nameof(BeginRun), begin, OrchestrationExtensions.RetryStoresForADay);

        bool isScheduled = request.StartedBy?.Kind == InitiatorKind.Schedule;
        Task told = isScheduled
            ? NotificationOrchestration.BeginAsync(
                context, new Notification(context.InstanceId + "-start") { Started = new RunStart(context.InstanceId, began) })
            : Task.CompletedTask;
        List<Task<PartitionEnd>> partitions = [];
        foreach (RunAppliance appliance in request.Appliances)
        {
            partitions.Add(
                RunPartitionAsync(context, new AppliancePartition(context.InstanceId, appliance, request, began + request.RunDeadline)));
        }

        Task<PartitionEnd[]> all = Task.WhenAll(partitions);
        if (await Task.WhenAny(all, cancel) == cancel)
        {
            foreach (RunAppliance appliance in request.Appliances)
            {
                context.SendEvent(RunRequest.PartitionIdOf(context.InstanceId, appliance.Name), RescanEvents.Cancel, cancel.Result);
            }
        }

        PartitionEnd[] ends = await all;
        await told;
        RunStopReason? stop = cancel.IsCompletedSuccessfully ? RunStopReason.Canceled
            : context.Now() >= began + request.RunDeadline ? RunStopReason.TimedOut : null;
        FinishedRun finished = await context.CallActivityAsync<FinishedRun>(
            nameof(FinishRun),
            new FinishRunInput(context.InstanceId, began, context.Now(), stop, ends, request.Filter)
            {
                CanceledBy = stop == RunStopReason.Canceled ? cancel.Result.By : null,
            },
            OrchestrationExtensions.RetryStoresForADay);
        if (finished.Notification is { } notification)
        {
            await NotificationOrchestration.BeginAsync(context, notification);
        }
        else
        {
            await context.CallActivityAsync(nameof(ScheduleRetry), context.InstanceId, OrchestrationExtensions.RetryStoresForADay);
        }

        return finished.Run;
    }

    private static async Task<PartitionEnd> RunPartitionAsync(TaskOrchestrationContext context, AppliancePartition partition)
    {
        try
        {
            SubOrchestrationOptions options = new() { InstanceId = RunRequest.PartitionIdOf(partition.RunId, partition.Appliance.Name) };
            return await context.CallSubOrchestratorAsync<PartitionEnd>(nameof(RunApplianceOrchestration), partition, options);
        }
        catch (TaskFailedException e)
        {
            return new PartitionEnd($"{partition.Appliance.Name}: {e.FailureDetails.ErrorMessage}", null);
        }
    }
}
