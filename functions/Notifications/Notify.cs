using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;
using Rescan.Functions.Durable;

namespace Rescan.Functions.Notifications;

/// <summary>
/// Has the channels told that want to be: by an instance of its own, so that no rescan waits for a receiver. Its id comes from the
/// request, so a repeat joins it, and deliveries are recorded, so a repeat after its end tells nobody twice.
/// </summary>
/// <param name="notifier">Chooses and tells.</param>
public sealed class Notify(INotifier notifier)
{
    /// <summary>Begins to tell.</summary>
    /// <param name="notification">What is to be told.</param>
    /// <param name="client">The durable client.</param>
    /// <param name="cancellationToken">Ends with the host.</param>
    [Function(nameof(Notify))]
    public async Task RunAsync(
        [ActivityTrigger] Notification notification, [DurableClient] DurableTaskClient client, CancellationToken cancellationToken)
    {
        (Notification complete, IReadOnlyList<string> channels) = await notifier.ChooseAsync(notification, cancellationToken);
        if (channels.Count > 0)
        {
            await client.StartOrJoinAsync(
                nameof(NotificationOrchestration), NotificationOrchestration.InstanceIdOf(notification.RequestId),
                new NotificationRequest(complete, channels), cancellationToken);
        }
    }
}
