using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask;
using Rescan.Functions.Activities;
using Rescan.Functions.Notifications;
using Rescan.Functions.Outcomes;

namespace Rescan.Functions.Orchestrations;

/// <summary>A run over many repositories: the appliances side by side, each at its own pace. One bad appliance never stops the rest.</summary>
public static class FleetOrchestration
{
    private static readonly TaskOptions UntilWritten = TaskOptions.FromRetryPolicy(new RetryPolicy(300, TimeSpan.FromSeconds(5), 2, TimeSpan.FromMinutes(5)));

    /// <summary>Runs the fleet.</summary>
    /// <param name="context">The durable context; its input is a <see cref="FleetRequest"/>.</param>
    /// <returns>The run as written down, without its items.</returns>
    [Function(nameof(FleetOrchestration))]
    public static async Task<RunRecord> RunAsync([OrchestrationTrigger] TaskOrchestrationContext context)
    {
        FleetRequest request = context.GetInput<FleetRequest>()!;
        DateTimeOffset began = Now(context);
        Task<string> cancel = context.WaitForExternalEvent<string>(RescanEvents.Cancel);
        await context.CallActivityAsync(nameof(BeginRun), new BeginRunInput(context.InstanceId, began), UntilWritten);

        List<Task<string?>> shares = [];
        foreach (FleetAppliance appliance in request.Appliances)
        {
            shares.Add(ShareAsync(context, new FleetShare(context.InstanceId, appliance, request, began + request.RunDeadline)));
        }

        Task<string?[]> all = Task.WhenAll(shares);
        if (await Task.WhenAny(all, cancel) == cancel)
        {
            foreach (FleetAppliance appliance in request.Appliances)
            {
                context.SendEvent(FleetRequest.ShareIdOf(context.InstanceId, appliance.Name), RescanEvents.Cancel, cancel.Result);
            }
        }

        string[] errors = [.. (await all).OfType<string>()];
        ShareStop? stop = cancel.IsCompletedSuccessfully ? ShareStop.Canceled : Now(context) >= began + request.RunDeadline ? ShareStop.TimedOut : null;
        FinishedRun finished = await context.CallActivityAsync<FinishedRun>(nameof(FinishRun), new FinishRunInput(context.InstanceId, began, Now(context), stop, errors), UntilWritten);
        await NotificationOrchestration.BeginAsync(context, new Notification(context.InstanceId) { Run = finished.Summary });
        return finished.Run;
    }

    private static DateTimeOffset Now(TaskOrchestrationContext context) => new(context.CurrentUtcDateTime, TimeSpan.Zero);

    /// <returns>Why the appliance's repositories could not be rescanned; null when they could.</returns>
    private static async Task<string?> ShareAsync(TaskOrchestrationContext context, FleetShare share)
    {
        try
        {
            SubOrchestrationOptions options = new() { InstanceId = FleetRequest.ShareIdOf(share.RunId, share.Appliance.Name) };
            return await context.CallSubOrchestratorAsync<string?>(nameof(FleetApplianceOrchestration), share, options);
        }
        catch (TaskFailedException e)
        {
            return $"{share.Appliance.Name}: {e.FailureDetails.ErrorMessage}";
        }
    }
}
