using Microsoft.Extensions.Logging;

namespace Rescan.Functions.Notifications;

/// <summary>What notifications say in the log; never an address or a secret.</summary>
internal static partial class NotificationLog
{
    [LoggerMessage(EventId = 10, EventName = "NotificationDelivered", Level = LogLevel.Information,
        Message = "Channel {Channel} was told of {RequestId}: {Detail}")]
    public static partial void Delivered(this ILogger log, string channel, string requestId, string detail);

    [LoggerMessage(EventId = 13, EventName = "NotificationNotYetDelivered", Level = LogLevel.Warning,
        Message = "Channel {Channel} was not told of {RequestId} yet and is tried again in {Pause}: {Detail}")]
    public static partial void NotYetDelivered(this ILogger log, string channel, string requestId, TimeSpan pause, string detail);

    [LoggerMessage(EventId = 11, EventName = "NotificationUndelivered", Level = LogLevel.Error,
        Message = "Channel {Channel} was not told of {RequestId} and is not tried again: {Detail}")]
    public static partial void Undelivered(this ILogger log, string channel, string requestId, string detail);

    [LoggerMessage(EventId = 12, EventName = "NotificationNotStarted", Level = LogLevel.Error,
        Message = "Nobody is told of {RequestId}: {Detail}")]
    public static partial void NotStarted(this ILogger log, string requestId, string detail);
}
