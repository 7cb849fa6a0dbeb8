using System.Collections.Concurrent;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Options;
using Rescan.Functions.Configuration;
using Rescan.Functions.Orchestrations;
using Rescan.Functions.Triggers;

namespace Rescan.Functions.Webhooks;

/// <summary>
/// Passes touches on to the repositories' orchestrations, at most one in a window for each repository, so that a burst of
/// thousands of events costs the task hub a few. Events within the window share the first one's fate: if it could not be passed
/// on, all their senders are told so.
/// </summary>
public sealed class S3TouchGate(IOptions<WebhookOptions> options, TimeProvider time)
{
    // Ids come from the appliances' own lists, so this is as large as they are.
    private readonly ConcurrentDictionary<string, Passage> passages = new(StringComparer.Ordinal);

    /// <summary>Makes sure that a rescan follows an event that has come in just now.</summary>
    /// <param name="client">The task hub.</param>
    /// <param name="listed">The repository.</param>
    /// <param name="cancellationToken">Gives up waiting; the touch is passed on all the same.</param>
    public async Task TouchAsync(DurableTaskClient client, ListedRepository listed, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(listed);
        S3Periods periods = new(options.Value.S3.QuietPeriod, options.Value.S3.MaxWait);
        string id = S3QuietOrchestration.InstanceIdOf(listed.Appliance, listed.Repository.Id);
        Passage mine = new(time.GetTimestamp());
        Passage current = passages.AddOrUpdate(id, mine, (_, last) => time.GetElapsedTime(last.Began) < periods.Window ? last : mine);
        if (ReferenceEquals(current, mine))
        {
            _ = PassAsync(client, id, listed, periods, mine);
        }

        await current.Done.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    private async Task PassAsync(DurableTaskClient client, string id, ListedRepository listed, S3Periods periods, Passage mine)
    {
        try
        {
            await RaiseAsync(client, id, listed, new S3Touch(time.GetUtcNow(), periods)).ConfigureAwait(false);
            mine.Done.TrySetResult();
        }
        catch (Exception e)
        {
            // Whatever it was belongs to those who wait for it.
            passages.TryRemove(KeyValuePair.Create(id, mine));
            mine.Done.TrySetException(e);
        }
    }

    private static async Task RaiseAsync(DurableTaskClient client, string id, ListedRepository listed, S3Touch touch)
    {
        S3Burst burst = new(listed.Appliance, listed.Repository.Id, listed.Repository.Name, touch.Periods!);
        AcceptedRescan gathering = await RescanStarter
            .StartOrJoinAsync(client, nameof(S3QuietOrchestration), id, burst.With(touch, touch.At), CancellationToken.None).ConfigureAwait(false);
        if (gathering.Joined)
        {
            await client.RaiseEventAsync(id, S3QuietOrchestration.TouchedEvent, touch).ConfigureAwait(false);
        }
    }

    private sealed record Passage(long Began)
    {
        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
