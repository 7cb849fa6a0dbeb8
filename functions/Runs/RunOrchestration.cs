using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask;
using Rescan.Functions.Notifications;
using Rescan.Functions.Rescans;
using Rescan.Functions.Storage;

namespace Rescan.Functions.Runs;

/// <summary>A run over many repositories: the appliances side by side, each at its own pace. One bad appliance never stops the rest.</summary>
public static class RunOrchestration
{
    private static readonly TaskOptions UntilWritten = TaskOptions.FromRetryPolicy(new RetryPolicy(300, TimeSpan.FromSeconds(5), 2, TimeSpan.FromMinutes(5)));

    /// <summary>Runs the run.</summary>
    /// <param name="context">The durable context; its input is a <see cref="RunRequest"/>.</param>
    /// <returns>The run as written down, without its items.</returns>
    [Function(nameof(RunOrchestration))]
    public static async Task<RunRecord> RunAsync([OrchestrationTrigger] TaskOrchestrationContext context)
    {
        RunRequest request = context.GetInput<RunRequest>()!;
        DateTimeOffset began = Now(context);
        Task<string> cancel = context.WaitForExternalEvent<string>(RescanEvents.Cancel);
        await context.CallActivityAsync(nameof(BeginRun), new BeginRunInput(context.InstanceId, began), UntilWritten);

        List<Task<PartitionEnd>> partitions = [];
        foreach (RunAppliance appliance in request.Appliances)
        {
            partitions.Add(RunPartitionAsync(context, new AppliancePartition(context.InstanceId, appliance, request, began + request.RunDeadline)));
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
        RunStopReason? stop = cancel.IsCompletedSuccessfully ? RunStopReason.Canceled : Now(context) >= began + request.RunDeadline ? RunStopReason.TimedOut : null;
        FinishRunInput end = new(
            context.InstanceId, began, Now(context), stop, [.. ends.Select(e => e.Error).OfType<string>()], request.Filter, [.. ends.SelectMany(e => e.LeftOut)]);
        FinishedRun finished = await context.CallActivityAsync<FinishedRun>(nameof(FinishRun), end, UntilWritten);
        await NotificationOrchestration.BeginAsync(context, new Notification(context.InstanceId) { Run = finished.Summary });
        return finished.Run;
    }

    private static DateTimeOffset Now(TaskOrchestrationContext context) => new(context.CurrentUtcDateTime, TimeSpan.Zero);

    private static async Task<PartitionEnd> RunPartitionAsync(TaskOrchestrationContext context, AppliancePartition partition)
    {
        try
        {
            SubOrchestrationOptions options = new() { InstanceId = RunRequest.PartitionIdOf(partition.RunId, partition.Appliance.Name) };
            return await context.CallSubOrchestratorAsync<PartitionEnd>(nameof(RunApplianceOrchestration), partition, options);
        }
        catch (TaskFailedException e)
        {
            return new PartitionEnd($"{partition.Appliance.Name}: {e.FailureDetails.ErrorMessage}", []);
        }
    }
}
