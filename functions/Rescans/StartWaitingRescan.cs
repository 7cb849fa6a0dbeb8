using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;
using Rescan.Functions.Storage;

namespace Rescan.Functions.Rescans;

/// <summary>A rescan whose turn may have come.</summary>
/// <param name="WaitingId">The instance that waits for it.</param>
/// <param name="Request">The rescan.</param>
public sealed record StartWaitingRescanInput(string WaitingId, RescanRequest Request);

/// <summary>Whether its turn had come.</summary>
/// <param name="Started">True once it runs.</param>
public sealed record StartedWaiting(bool Started);

/// <summary>Starts a rescan that has waited, or asks the one before it to tell its end.</summary>
/// <param name="instances">The instances of rescans.</param>
/// <param name="outcomes">Where outcomes are kept.</param>
public sealed class StartWaitingRescan(RescanInstances instances, OutcomeStore outcomes)
{
    /// <summary>Starts.</summary>
    /// <param name="input">The rescan.</param>
    /// <param name="client">The durable client.</param>
    /// <param name="cancellationToken">Ends with the host.</param>
    [Function(nameof(StartWaitingRescan))]
    public async Task<StartedWaiting> RunAsync(
        [ActivityTrigger] StartWaitingRescanInput input, [DurableClient] DurableTaskClient client, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(client);
        if (await outcomes.GetAsync(input.Request.RequestId!, cancellationToken) is not null)
        {
            // An earlier try started it, and it has ended since.
            return new StartedWaiting(true);
        }

        if (await instances.TryStartWaitingAsync(client, input.Request, cancellationToken))
        {
            return new StartedWaiting(true);
        }

        string before = RescanRequest.InstanceIdOf(input.Request.Appliance, input.Request.Repository.Id);
        await client.RaiseEventAsync(before, RescanEvents.Watch, input.WaitingId, cancellationToken);

        // It may have ended before it could hear of that.
        return new StartedWaiting(await instances.TryStartWaitingAsync(client, input.Request, cancellationToken));
    }
}
