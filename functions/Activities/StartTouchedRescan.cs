using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Options;
using Rescan.Functions.Appliance;
using Rescan.Functions.Configuration;
using Rescan.Functions.Orchestrations;
using Rescan.Functions.Outcomes;
using Rescan.Functions.Triggers;

namespace Rescan.Functions.Activities;

/// <summary>Starts the rescan that S3 events ask for, unless one that has seen them all runs.</summary>
/// <param name="options">The settings that the rescan takes along.</param>
/// <param name="appliances">The configured appliances.</param>
public sealed class StartTouchedRescan(IOptions<RescanOptions> options, IApplianceClients appliances)
{
    /// <summary>Starts, joins or puts off.</summary>
    /// <param name="touched">The repository, and how late its events are.</param>
    /// <param name="client">The task hub.</param>
    /// <param name="cancellationToken">Ends with the host.</param>
    [Function(nameof(StartTouchedRescan))]
    public async Task<TouchedRescanStart> RunAsync(
        [ActivityTrigger] TouchedRescan touched, [DurableClient] DurableTaskClient client, CancellationToken cancellationToken)
    {
        if (!appliances.Names.Contains(touched.Appliance, StringComparer.OrdinalIgnoreCase))
        {
            return TouchedRescanStart.Gone;
        }

        string id = RescanRequest.InstanceIdOf(touched.Appliance, touched.RepositoryId);
        if (await client.GetInstanceAsync(id, getInputsAndOutputs: true, cancellationToken).ConfigureAwait(false) is { IsCompleted: false } running)
        {
            return HasSeen(running, touched.EventsUntil) ? TouchedRescanStart.Started : TouchedRescanStart.Busy;
        }

        // One that was started since we looked was started after the events.
        RescanRequest request = new(touched.Appliance, new RepositoryRef(touched.RepositoryId, touched.RepositoryName), options.Value.Deadline, options.Value.Polling);
        await RescanStarter.StartOrJoinAsync(client, request, cancellationToken).ConfigureAwait(false);
        return TouchedRescanStart.Started;
    }

    /// <summary>An instance's creation time may be that of its latest execution, so a rescan that carries its own start is asked for that.</summary>
    private static bool HasSeen(OrchestrationMetadata running, DateTimeOffset eventsUntil) =>
        running.ReadCustomStatusAs<RescanStatus>() is null or { Phase: RescanPhase.SigningIn }
        || (running.ReadInputAs<RescanRequest>()?.State?.StartedAt ?? running.CreatedAt) >= eventsUntil;
}
