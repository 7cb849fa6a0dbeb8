using Microsoft.Azure.Functions.Worker;

namespace Rescan.Functions.Notifications;

/// <summary>What to tell whom.</summary>
/// <param name="Notification">What.</param>
/// <param name="Channel">The channel's name.</param>
public sealed record DeliverNotificationInput(Notification Notification, string Channel);

/// <summary>Tells one channel once. Fails when it may help to try again.</summary>
/// <param name="notifier">Chooses and tells.</param>
public sealed class DeliverNotification(INotifier notifier)
{
    /// <summary>Tells.</summary>
    /// <param name="input">What and whom.</param>
    /// <param name="cancellationToken">Ends with the host.</param>
    [Function(nameof(DeliverNotification))]
    public Task<DeliveryResult> RunAsync([ActivityTrigger] DeliverNotificationInput input, CancellationToken cancellationToken) =>
        notifier.DeliverAsync(input.Channel, input.Notification, cancellationToken);
}
