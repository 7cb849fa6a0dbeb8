using Microsoft.DurableTask.Client;
using Rescan.Functions.Notifications;
using Rescan.Local.Runtime.Hosting;

namespace Rescan.Local.Cli;

/// <summary>Gives notifications time to get out before a command that ran a rescan takes the host down.</summary>
internal static class NotificationWait
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public static async Task WaitAsync(LocalFunctionHost host, CancellationToken cancellationToken)
    {
        OrchestrationQuery query = new(
            Statuses: [OrchestrationRuntimeStatus.Pending, OrchestrationRuntimeStatus.Running],
            InstanceIdPrefix: NotificationOrchestration.InstanceIdPrefix);
        using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        try
        {
            await foreach (OrchestrationMetadata notification in host.Client.GetAllInstancesAsync(query).WithCancellation(patience.Token))
            {
                await host.Client.WaitForInstanceCompletionAsync(notification.InstanceId, patience.Token);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            Output.Step("a channel could not be told yet; it is tried again when rescan next runs on this state");
        }
    }
}
