using Microsoft.Extensions.Logging;
using Rescan.Functions.Telemetry;

namespace Rescan.Functions.Notifications;

/// <summary>Says which notification the logs and the current span of an activity are about.</summary>
internal static class NotificationScope
{
    /// <summary>Tags the current span, and begins a scope of the log that ends with the activity.</summary>
    public static IDisposable? Begin(ILogger log, string channel, Notification notification) => TelemetryScope.Begin(
        log, notification.Rescan?.Appliance ?? notification.Appliance?.Appliance, notification.Rescan?.Id ?? notification.Run?.Id
        ?? notification.Appliance?.RunId, notification.RequestId, notification.Rescan?.SessionId, channel);
}
