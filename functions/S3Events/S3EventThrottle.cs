using System.Collections.Concurrent;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Options;
using Rescan.Functions.Durable;

namespace Rescan.Functions.S3Events;

/// <summary>
/// Passes events on to the repositories' orchestrations, at most one in a window for each repository, so that a burst of
/// thousands of events costs the task hub a few. Events within the window share the first one's fate: if it could not be passed
/// on, all their senders are told so.
/// </summary>
public sealed class S3EventThrottle(IOptions<S3HookOptions> options, TimeProvider time)
{
    // Ids come from the appliances' own lists, so this is as large as they are.
    private readonly ConcurrentDictionary<string, Delivery> deliveries = new(StringComparer.Ordinal);

    /// <summary>Makes sure that a rescan follows an event that has come in just now.</summary>
    /// <param name="client">The task hub.</param>
    /// <param name="listed">The repository.</param>
    /// <param name="cancellationToken">Gives up waiting; the event is passed on all the same.</param>
    public async Task SendAsync(DurableTaskClient client, ListedRepository listed, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(listed);
        S3DebouncePeriods periods = new(options.Value.QuietPeriod, options.Value.MaxWait);
        string id = S3DebounceOrchestration.InstanceIdOf(listed.Appliance, listed.Repository.Id);
        Delivery mine = new(time.GetTimestamp());
        Delivery current = deliveries.AddOrUpdate(id, mine, (_, last) => time.GetElapsedTime(last.Began) < periods.Window ? last : mine);
        if (ReferenceEquals(current, mine))
        {
            _ = DeliverAsync(client, id, listed, periods, mine);
        }

        await current.Done.Task.WaitAsync(cancellationToken);
    }

    private async Task DeliverAsync(DurableTaskClient client, string id, ListedRepository listed, S3DebouncePeriods periods, Delivery mine)
    {
        try
        {
            await RaiseAsync(client, id, listed, new S3ObjectCreated(time.GetUtcNow(), periods));
            mine.Done.TrySetResult();
        }
        catch (Exception e)
        {
            // Whatever it was belongs to those who wait for it.
            deliveries.TryRemove(KeyValuePair.Create(id, mine));
            mine.Done.TrySetException(e);
        }
    }

    private static async Task RaiseAsync(DurableTaskClient client, string id, ListedRepository listed, S3ObjectCreated created)
    {
        S3DebounceState state = new(listed.Appliance, listed.Repository.Id, listed.Repository.Name, created.Periods!);
        if (await client.StartOrJoinAsync(nameof(S3DebounceOrchestration), id, state.With(created, created.At), CancellationToken.None))
        {
            await client.RaiseEventAsync(id, S3DebounceOrchestration.ObjectCreatedEvent, created);
        }
    }

    private sealed record Delivery(long Began)
    {
        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
