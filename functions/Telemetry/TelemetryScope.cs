using System.Diagnostics;
using Microsoft.Extensions.Logging;

namespace Rescan.Functions.Telemetry;

/// <summary>Says which rescan the logs and the current span of an activity are about.</summary>
internal static class TelemetryScope
{
    /// <summary>Tags the current span, and begins a scope of the log that ends with the activity.</summary>
    /// <param name="log">The log.</param>
    /// <param name="appliance">The appliance's configured name.</param>
    /// <param name="instanceId">The instance id; null when the activity does not know it.</param>
    /// <param name="requestId">The request id; null when the activity does not know it.</param>
    /// <param name="sessionId">The session; null while there is none.</param>
    /// <param name="channel">The channel that is notified; null when none is.</param>
    public static IDisposable? Begin(
        ILogger log, string? appliance, string? instanceId = null, string? requestId = null, string? sessionId = null,
        string? channel = null)
    {
        KeyValuePair<string, object?>[] known = [.. new KeyValuePair<string, object?>[]
        {
            new(TelemetryNames.Channel, channel), new(TelemetryNames.Appliance, appliance), new(TelemetryNames.InstanceId, instanceId),
            new(TelemetryNames.RequestId, requestId), new(TelemetryNames.SessionId, sessionId),
        }.Where(a => a.Value is not null)];
        foreach ((string name, object? value) in known)
        {
            Activity.Current?.SetTag(name, value);
        }

        return log.BeginScope(known);
    }
}
