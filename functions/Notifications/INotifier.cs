namespace Rescan.Functions.Notifications;

/// <summary>Knows which channels want to be told what, and tells each of them once.</summary>
public interface INotifier
{
    /// <summary>Completes a notification by how it was the time before, and chooses the channels for which it is an occasion.</summary>
    Task<(Notification Notification, IReadOnlyList<string> Channels)> ChooseAsync(
        Notification notification, CancellationToken cancellationToken);

    /// <summary>Tells a channel, unless it has been told of this request.</summary>
    /// <returns>What became of it; not delivered when telling it again cannot help.</returns>
    /// <exception cref="DeliveryFailedException">The channel did not take it, but may the next time.</exception>
    Task<DeliveryResult> DeliverAsync(string channel, Notification notification, CancellationToken cancellationToken);
}
