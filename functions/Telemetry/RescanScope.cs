using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Rescan.Functions.Notifications;

namespace Rescan.Functions.Telemetry;

/// <summary>Says which rescan the logs and the current span of an activity are about.</summary>
internal static class RescanScope
{
    /// <summary>Tags the current span, and begins a scope of the log that ends with the activity.</summary>
    /// <param name="log">The log.</param>
    /// <param name="appliance">The appliance's configured name.</param>
    /// <param name="instanceId">The instance id; null when the activity does not know it.</param>
    /// <param name="requestId">The request id; null when the activity does not know it.</param>
    /// <param name="sessionId">The session; null while there is none.</param>
    public static IDisposable? Begin(ILogger log, string appliance, string? instanceId = null, string? requestId = null, string? sessionId = null)
    {
        return Begin(log, [
            new(TelemetryNames.Appliance, appliance), new(TelemetryNames.InstanceId, instanceId), new(TelemetryNames.RequestId, requestId), new(TelemetryNames.SessionId, sessionId)]);
    }

    /// <summary>Likewise for a channel that is being told.</summary>
    /// <param name="log">The log.</param>
    /// <param name="channel">The channel's name.</param>
    /// <param name="notification">What it is told.</param>
    public static IDisposable? BeginNotification(ILogger log, string channel, Notification notification) => Begin(log, [
        new(TelemetryNames.Channel, channel), new(TelemetryNames.RequestId, notification.RequestId), new(TelemetryNames.InstanceId, notification.Rescan?.Id ?? notification.Run?.Id),
        new(TelemetryNames.Appliance, notification.Rescan?.Appliance), new(TelemetryNames.SessionId, notification.Rescan?.SessionId)]);

    private static IDisposable? Begin(ILogger log, KeyValuePair<string, object?>[] about)
    {
        KeyValuePair<string, object?>[] known = [.. about.Where(a => a.Value is not null)];
        foreach ((string name, object? value) in known)
        {
            Activity.Current?.SetTag(name, value);
        }

        return log.BeginScope(known);
    }
}
