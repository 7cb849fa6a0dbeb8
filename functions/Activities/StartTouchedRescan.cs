using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;
using Rescan.Functions.Orchestrations;
using Rescan.Functions.Webhooks;

namespace Rescan.Functions.Activities;

/// <summary>Starts the rescan that a burst of S3 events asks for.</summary>
public sealed class StartTouchedRescan(IRescanStarter starter)
{
    /// <summary>Runs the activity.</summary>
    [Function(S3QuietOrchestration.StartTouchedRescanActivity)]
    public Task<TouchedRescanStart> RunAsync([ActivityTrigger] TouchedRescan touched, [DurableClient] DurableTaskClient client, CancellationToken cancellationToken) =>
        starter.StartTouchedAsync(client, touched, cancellationToken);
}
