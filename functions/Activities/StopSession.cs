using Microsoft.Azure.Functions.Worker;
using Rescan.Functions.Appliance;

namespace Rescan.Functions.Activities;

/// <summary>Asks the appliance to stop a session. A session that no longer runs is left as it is.</summary>
/// <param name="appliances">The appliances' clients.</param>
public sealed class StopSession(IApplianceClients appliances)
{
    /// <summary>Stops.</summary>
    /// <param name="input">The session.</param>
    /// <param name="cancellationToken">Ends with the host.</param>
    [Function(nameof(StopSession))]
    public Task<ActivityAnswer<string>> RunAsync([ActivityTrigger] SessionInput input, CancellationToken cancellationToken) =>
        ActivityAnswer.FromAsync(async () =>
        {
            await appliances.Get(input.Appliance).StopSessionAsync(input.SessionId, cancellationToken).ConfigureAwait(false);
            return input.SessionId;
        });
}
