using Microsoft.Azure.Functions.Worker;

namespace Rescan.Functions.Notifications;

/// <summary>What to tell whom.</summary>
/// <param name="Notification">What.</param>
/// <param name="Channel">The channel's name.</param>
public sealed record DeliverNotificationInput(Notification Notification, string Channel);

/// <summary>
/// Tells one channel once. A channel that does not take it is an answer and no failure, since the host logs each
/// failure as an error with its stack.
/// </summary>
/// <param name="notifier">Chooses and tells.</param>
public sealed class DeliverNotification(INotifier notifier)
{
    /// <summary>Tells.</summary>
    /// <param name="input">What and whom.</param>
    /// <param name="cancellationToken">Ends with the host.</param>
    [Function(nameof(DeliverNotification))]
    public async Task<DeliveryResult> RunAsync([ActivityTrigger] DeliverNotificationInput input, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(input);
        try
        {
            return await notifier.DeliverAsync(input.Channel, input.Notification, cancellationToken);
        }
        catch (DeliveryFailedException e)
        {
            return new DeliveryResult(input.Channel, false, e.Detail) { MayRetry = true };
        }
    }
}
