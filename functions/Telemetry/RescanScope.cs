using System.Diagnostics;
using Microsoft.Extensions.Logging;

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
        List<KeyValuePair<string, object?>> about = [new(TelemetryNames.Appliance, appliance)];
        void Add(string name, string? value)
        {
            if (value is not null)
            {
                about.Add(new(name, value));
            }
        }

        Add(TelemetryNames.InstanceId, instanceId);
        Add(TelemetryNames.RequestId, requestId);
        Add(TelemetryNames.SessionId, sessionId);
        if (Activity.Current is { } span)
        {
            foreach ((string name, object? value) in about)
            {
                span.SetTag(name, value);
            }
        }

        return log.BeginScope(about);
    }
}
