using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Options;
using Rescan.Functions.Appliances;
using Rescan.Functions.Configuration;
using Rescan.Functions.Rescans;
using Rescan.Functions.Storage;

namespace Rescan.Functions.S3Events;

/// <summary>Starts the rescan that S3 events ask for, unless one that has seen them all runs.</summary>
/// <param name="options">The settings that the rescan takes along.</param>
/// <param name="appliances">The configured appliances.</param>
/// <param name="instances">The instances of rescans.</param>
public sealed class StartRescanForS3Events(IOptions<RescanOptions> options, IApplianceClients appliances, RescanInstances instances)
{
    /// <summary>Starts, joins or puts off.</summary>
    /// <param name="input">The repository, and how late its events are.</param>
    /// <param name="client">The task hub.</param>
    /// <param name="cancellationToken">Ends with the host.</param>
    [Function(nameof(StartRescanForS3Events))]
    public async Task<StartRescanForS3EventsResult> RunAsync(
        [ActivityTrigger] StartRescanForS3EventsInput input, [DurableClient] DurableTaskClient client, CancellationToken cancellationToken)
    {
        if (!appliances.Names.Contains(input.Appliance, StringComparer.OrdinalIgnoreCase))
        {
            return StartRescanForS3EventsResult.Gone;
        }

        string id = RescanRequest.InstanceIdOf(input.Appliance, input.RepositoryId);
        if (await client.GetInstanceAsync(id, getInputsAndOutputs: true, cancellationToken) is { IsCompleted: false } running)
        {
            return HasSeen(running, input.EventsUntil) && await instances.CanBeJoinedAsync(running, cancellationToken)
                ? StartRescanForS3EventsResult.Started : StartRescanForS3EventsResult.Busy;
        }

        // One that was started since we looked was started after the events.
        RescanRequest request = new(
            input.Appliance, new RepositoryRef(input.RepositoryId, input.RepositoryName), options.Value.Deadline, options.Value.Polling)
        {
            StartedBy = new Initiator(InitiatorKind.S3Event),
        };
        await instances.StartOrJoinAsync(client, request, cancellationToken);
        return StartRescanForS3EventsResult.Started;
    }

    /// <summary>
    /// An instance's creation time may be that of its latest execution, so a rescan that carries its own start is asked for that.
    /// </summary>
    private static bool HasSeen(OrchestrationMetadata running, DateTimeOffset eventsUntil) =>
        running.ReadCustomStatusAs<RescanStatus>() is null or { Phase: RescanPhase.SigningIn }
        || (running.ReadInputAs<RescanRequest>()?.State?.StartedAt ?? running.CreatedAt) >= eventsUntil;
}
