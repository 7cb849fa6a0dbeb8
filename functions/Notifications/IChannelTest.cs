namespace Rescan.Functions.Notifications;

/// <summary>Tries the configured channels out.</summary>
public interface IChannelTest
{
    /// <summary>Names of the configured channels.</summary>
    IReadOnlyList<string> Channels { get; }

    /// <summary>Sends a sample to a channel once; nothing is recorded.</summary>
    Task<DeliveryResult> SendAsync(string channel, CancellationToken cancellationToken);
}
