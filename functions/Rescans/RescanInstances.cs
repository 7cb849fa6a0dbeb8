using Microsoft.DurableTask.Client;
using Rescan.Functions.Api;
using Rescan.Functions.Durable;
using Rescan.Functions.Storage;

namespace Rescan.Functions.Rescans;

/// <summary>
/// Starts, joins, finds and cancels the instances of rescans. A rescan is joined while it can still serve whoever asks. One that is being
/// canceled or recorded cannot: the new one then waits, as an instance of its own, until that has ended.
/// </summary>
/// <param name="intents">Tells at once that a rescan was canceled, which its instance learns in its own time.</param>
/// <param name="time">The clock.</param>
public sealed class RescanInstances(IntentStore intents, TimeProvider time)
{
    private const int MostRounds = 20;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// Starts a rescan, or joins the one of the same repository that runs or waits. Whoever watches the request watches the rescan joined.
    /// </summary>
    /// <returns>With the request id of the rescan that answers for the request.</returns>
    public async Task<AcceptedRescan> StartOrJoinAsync(DurableTaskClient client, RescanRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(request);
        RescanRequest own = request with { RequestId = request.RequestId ?? Guid.NewGuid().ToString("N") };
        string id = RescanRequest.InstanceIdOf(own.Appliance, own.Repository.Id);
        for (int round = 0; round < MostRounds; round++)
        {
            if (await client.GetRunningAsync(id, true, cancellationToken) is not { } running)
            {
                if (await TryStartAsync(client, nameof(RescanOrchestration), id, own, cancellationToken))
                {
                    return new AcceptedRescan(id, false, own.RequestId);
                }
            }
            else if (RescanRequest.RequestIdOf(running) == own.RequestId || await CanBeJoinedAsync(running, cancellationToken))
            {
                return await JoinAsync(client, running, id, own, cancellationToken);
            }
            else if (await WaitOrJoinAsync(client, id, own, cancellationToken) is { } accepted)
            {
                return accepted;
            }
        }

        throw new RescanBusyException($"Rescan '{id}' is ending, and so is the one that waits to come after it. Ask again in a moment.");
    }

    /// <summary>Starts a rescan that has waited for its turn.</summary>
    /// <returns>False while another of the repository runs.</returns>
    public async Task<bool> TryStartWaitingAsync(DurableTaskClient client, RescanRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(request);
        string id = RescanRequest.InstanceIdOf(request.Appliance, request.Repository.Id);
        OrchestrationMetadata? instance = await client.GetInstanceAsync(id, true, cancellationToken);
        if (instance is not null && RescanRequest.RequestIdOf(instance) == request.RequestId)
        {
            // An earlier try started it.
            return true;
        }

        return instance is null or { IsCompleted: true }
            && await TryStartAsync(client, nameof(RescanOrchestration), id, request, cancellationToken);
    }

    /// <summary>Cancels a rescan. From here on nobody joins it, and nothing more is posted for it.</summary>
    /// <param name="client">The durable client.</param>
    /// <param name="appliance">The appliance's configured name.</param>
    /// <param name="repositoryId">The repository's id.</param>
    /// <param name="requestId">Which rescan of the repository; null: the one that runs, which has no request id.</param>
    /// <param name="reason">Why, in words for the operator.</param>
    /// <param name="by">Who or what asks.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task CancelAsync(
        DurableTaskClient client, string appliance, string repositoryId, string? requestId, string reason, Initiator by,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(client);
        if (requestId is not null)
        {
            await intents.SetCanceledAsync(
                new RescanIntent(requestId, appliance, repositoryId, time.GetUtcNow(), null) { CancelReason = reason, CanceledBy = by },
                cancellationToken);
        }

        RescanCancel cancel = new(reason, requestId) { By = by };
        string waiting = RescanRequest.WaitingIdOf(appliance, repositoryId);
        if (requestId is not null && await IsOfAsync(client, waiting, requestId, cancellationToken))
        {
            await client.RaiseEventAsync(waiting, RescanEvents.Cancel, cancel, cancellationToken);
        }

        await client.RaiseEventAsync(RescanRequest.InstanceIdOf(appliance, repositoryId), RescanEvents.Cancel, cancel, cancellationToken);
    }

    /// <summary>Tells a rescan that somebody looks on, so that its session is polled often for a while; unless it knows.</summary>
    /// <param name="client">The durable client.</param>
    /// <param name="instanceId">The rescan's instance.</param>
    /// <param name="phase">The step it is at.</param>
    /// <param name="lookedOnUntil">Until when it polls often already.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task LookAsync(
        DurableTaskClient client, string instanceId, RescanPhase? phase, DateTimeOffset? lookedOnUntil, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(client);
        if (phase is RescanPhase.Watching or RescanPhase.Stopping && !(time.GetUtcNow() + (RescanState.LookLasts / 2) < lookedOnUntil))
        {
            await client.RaiseEventAsync(instanceId, RescanEvents.Look, null, cancellationToken);
        }
    }

    /// <summary>
    /// The instance that a request's rescan runs or waits in; null when there is none, so that its outcome is recorded, if it ever ran.
    /// </summary>
    public static async Task<OrchestrationMetadata?> FindAsync(
        DurableTaskClient client, string appliance, string repositoryId, string requestId, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(client);
        string id = RescanRequest.InstanceIdOf(appliance, repositoryId);
        return await OfAsync(client, id, requestId, cancellationToken)
            ?? await OfAsync(client, RescanRequest.WaitingIdOf(appliance, repositoryId), requestId, cancellationToken)

            // Its turn may have come between the two looks.
            ?? await OfAsync(client, id, requestId, cancellationToken);
    }

    /// <summary>Whether a rescan can still serve one who asks now.</summary>
    public async Task<bool> CanBeJoinedAsync(OrchestrationMetadata running, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(running);
        RescanRequest? request = running.ReadInputAs<RescanRequest>();
        if (request is null
            || running.ReadCustomStatusAs<RescanStatus>() is { Phase: RescanPhase.Stopping or RescanPhase.Recording or RescanPhase.Ended })
        {
            return false;
        }

        DateTimeOffset startedAt = request.State?.StartedAt ?? running.CreatedAt;
        return time.GetUtcNow() < startedAt + request.Deadline
            && (RescanRequest.RequestIdOf(running) is not { } requestId
                || await intents.GetIntentAsync(request.Appliance, requestId, cancellationToken) is not { CancelReason: not null });
    }

    private static async Task<OrchestrationMetadata?> OfAsync(
        DurableTaskClient client, string id, string requestId, CancellationToken cancellationToken) =>
        await client.GetRunningAsync(id, true, cancellationToken) is { } running && RescanRequest.RequestIdOf(running) == requestId
            ? running
            : null;

    private static async Task<bool> IsOfAsync(DurableTaskClient client, string id, string requestId, CancellationToken cancellationToken) =>
        await OfAsync(client, id, requestId, cancellationToken) is not null;

    /// <summary>
    /// Starts, and reads back who won: of two that start one id at the same moment, Azure Storage tells both that they did, and runs one.
    /// </summary>
    private static async Task<bool> TryStartAsync(
        DurableTaskClient client, string orchestration, string id, RescanRequest request, CancellationToken cancellationToken) =>
        await client.TryStartAsync(orchestration, id, request, cancellationToken)
        && (await client.GetInstanceAsync(id, true, cancellationToken) is not { } won
            || RescanRequest.RequestIdOf(won) == request.RequestId);

    private static async Task<AcceptedRescan> JoinAsync(
        DurableTaskClient client, OrchestrationMetadata running, string id, RescanRequest own, CancellationToken cancellationToken)
    {
        foreach (string watcher in own.Watchers)
        {
            await client.RaiseEventAsync(running.InstanceId, RescanEvents.Watch, watcher, cancellationToken);
        }

        string? requestId = RescanRequest.RequestIdOf(running);
        return new AcceptedRescan(id, requestId != own.RequestId, requestId, running.InstanceId != id);
    }

    private static async Task<AcceptedRescan?> SoonAsync(CancellationToken cancellationToken)
    {
        await Task.Delay(Pause, cancellationToken);
        return null;
    }

    /// <returns>Null when what was there has ended or is about to.</returns>
    private async Task<AcceptedRescan?> WaitOrJoinAsync(
        DurableTaskClient client, string id, RescanRequest own, CancellationToken cancellationToken)
    {
        string waitingId = RescanRequest.WaitingIdOf(own.Appliance, own.Repository.Id);
        if (await client.GetRunningAsync(waitingId, true, cancellationToken) is { } waiting)
        {
            return RescanRequest.RequestIdOf(waiting) == own.RequestId || await CanBeJoinedAsync(waiting, cancellationToken)
                ? await JoinAsync(client, waiting, id, own, cancellationToken)
                : await SoonAsync(cancellationToken);
        }

        RescanRequest queued = own with { State = new RescanState { RequestId = own.RequestId!, StartedAt = time.GetUtcNow() } };
        return await TryStartAsync(client, nameof(WaitingRescanOrchestration), waitingId, queued, cancellationToken)
            ? new AcceptedRescan(id, false, own.RequestId, true)
            : null;
    }
}

/// <summary>A rescan can neither be joined nor queued for the moment; ask again soon.</summary>
internal sealed class RescanBusyException(string message) : Exception(message), IRetrySoon;
