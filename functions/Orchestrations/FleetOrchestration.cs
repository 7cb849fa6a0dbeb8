using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask;
using Rescan.Functions.Notifications;

namespace Rescan.Functions.Orchestrations;

/// <summary>A run over many repositories: the appliances side by side, each at its own pace. One bad appliance never stops the rest.</summary>
public static class FleetOrchestration
{
    /// <summary>Runs the fleet.</summary>
    /// <param name="context">The durable context; its input is a <see cref="FleetRequest"/>.</param>
    [Function(nameof(FleetOrchestration))]
    public static async Task<FleetReport> RunAsync([OrchestrationTrigger] TaskOrchestrationContext context)
    {
        FleetRequest request = context.GetInput<FleetRequest>()!;
        string requestId = context.NewGuid().ToString("N");
        DateTimeOffset startedAt = new(context.CurrentUtcDateTime, TimeSpan.Zero);
        List<Task<FleetReport>> shares = [];
        foreach (FleetAppliance appliance in request.Appliances)
        {
            shares.Add(ShareAsync(context, appliance, request));
        }

        FleetReport[] reports = await Task.WhenAll(shares);
        FleetReport report = new([.. reports.SelectMany(r => r.Items)], [.. reports.SelectMany(r => r.Errors)]);
        await NotificationOrchestration.BeginAsync(
            context, new Notification(requestId) { Run = RunSummary.Of(context.InstanceId, startedAt, new DateTimeOffset(context.CurrentUtcDateTime, TimeSpan.Zero), report) });
        return report;
    }

    private static async Task<FleetReport> ShareAsync(TaskOrchestrationContext context, FleetAppliance appliance, FleetRequest request)
    {
        try
        {
            return await context.CallSubOrchestratorAsync<FleetReport>(nameof(FleetApplianceOrchestration), new FleetShare(appliance, request));
        }
        catch (TaskFailedException e)
        {
            return new FleetReport([], [$"{appliance.Name}: {e.FailureDetails.ErrorMessage}"]);
        }
    }
}
