namespace Rescan.Functions.Notifications;

/// <summary>What became of telling a channel.</summary>
/// <param name="Channel">The channel's name.</param>
/// <param name="Delivered">Whether it has taken the notification, now or before.</param>
/// <param name="Detail">What it answered, or why it could not be reached; holds no address and no secret.</param>
public sealed record DeliveryResult(string Channel, bool Delivered, string Detail)
{
    /// <summary>Whether it was not delivered but may be the next time.</summary>
    public bool MayRetry { get; init; }
}

/// <summary>A channel did not take a notification, and may the next time.</summary>
/// <param name="channel">The channel's name.</param>
/// <param name="detail">What it answered, or why it could not be reached.</param>
public sealed class DeliveryFailedException(string channel, string detail)
    : Exception($"Channel '{channel}' did not take the notification: {detail}")
{
    /// <summary>What it answered, or why it could not be reached; holds no address and no secret.</summary>
    public string Detail => detail;
}
