using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;
using Rescan.Functions.Orchestrations;
using Rescan.Functions.Triggers;

namespace Rescan.Functions.Activities;

/// <summary>Starts rescans for a run; those that somebody else started are asked to tell their end.</summary>
public sealed class StartOrJoinRescans
{
    /// <summary>Starts or joins.</summary>
    /// <param name="requests">The rescans, each with the run as its watcher.</param>
    /// <param name="client">The durable client.</param>
    /// <param name="cancellationToken">Ends with the host.</param>
    [Function(nameof(StartOrJoinRescans))]
    public async Task RunAsync([ActivityTrigger] RescanRequest[] requests, [DurableClient] DurableTaskClient client, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(client);
        foreach (RescanRequest request in requests)
        {
            string id = RescanRequest.InstanceIdOf(request.Appliance, request.Repository.Id);
            if ((await RescanStarter.StartOrJoinAsync(client, nameof(RescanOrchestration), id, request, cancellationToken).ConfigureAwait(false)).Joined)
            {
                foreach (string watcher in request.Watchers)
                {
                    await client.RaiseEventAsync(id, RescanEvents.Watch, watcher, cancellationToken).ConfigureAwait(false);
                }
            }
        }
    }
}
