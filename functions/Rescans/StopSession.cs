using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Logging;
using Rescan.Functions.Appliances;
using Rescan.Functions.Telemetry;

namespace Rescan.Functions.Rescans;

/// <summary>Asks the appliance to stop a session. A session that no longer runs is left as it is.</summary>
/// <param name="appliances">The appliances' clients.</param>
/// <param name="log">The log.</param>
public sealed class StopSession(IApplianceClients appliances, ILogger<StopSession> log)
{
    /// <summary>Stops.</summary>
    /// <param name="input">The session.</param>
    /// <param name="cancellationToken">Ends with the host.</param>
    [Function(nameof(StopSession))]
    public Task<ActivityResult<string>> RunAsync([ActivityTrigger] SessionInput input, CancellationToken cancellationToken) =>
        ActivityResult.FromAsync(async () =>
        {
            using IDisposable? scope = TelemetryScope.Begin(log, input.Appliance, sessionId: input.SessionId);
            await appliances.Get(input.Appliance).StopSessionAsync(input.SessionId, cancellationToken);
            return input.SessionId;
        });
}
