using System.Threading.Channels;
using DurableTask.Core;
using Microsoft.Extensions.Logging;

namespace DurableTask.Sqlite;

/// <summary>An activity that waits for a dispatcher. The content of many is left in the database until then.</summary>
internal readonly record struct ActivityToRun(string Id, long Instance, long Key, TaskMessage? Message, int Failures = 0);

internal sealed partial class TaskHub
{
    private const int MaxInMemory = 1000;
    private static readonly TimeSpan FirstRetry = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LastRetry = TimeSpan.FromMinutes(1);

    private readonly Channel<ActivityToRun> activities = Channel.CreateUnbounded<ActivityToRun>();

    /// <summary>The next activity; null when the fetch was canceled.</summary>
    public async Task<TaskActivityWorkItem?> NextActivityAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            if (!activities.Reader.TryRead(out ActivityToRun next))
            {
                if (!await CanReadAsync(activities.Reader, cancellationToken).ConfigureAwait(false))
                {
                    return null;
                }

                continue;
            }

            await ProveAsync().ConfigureAwait(false);
            TaskMessage? message = next.Message
                ?? Guarded(() => database.Read(db => HubReads.ReadTask(db, next.Id, next.Instance, next.Key)));
            if (message is not null)
            {
                return new SqliteActivityItem
                {
                    Id = $"{next.Id}/{message.Event.EventId}", LockedUntilUtc = DateTime.MaxValue, TaskMessage = message,
                    Instance = next.Instance, Key = next.Key, Failures = next.Failures,
                };
            }
        }
    }

    /// <summary>
    /// Takes the result of an activity. Until it is on the disk the activity counts as not run, and runs again after a crash.
    /// </summary>
    public void CompleteActivity(SqliteActivityItem item, TaskMessage response)
    {
        InboxMessage message = new(item.Instance, keys.NextRow(), Now, response, item.Key, sql, null);
        Post(response.OrchestrationInstance.InstanceId, message);
    }

    /// <summary>Runs an activity again later that could not be run.</summary>
    public void AbandonActivity(SqliteActivityItem item)
    {
        ActivityToRun again =
            new(item.TaskMessage.OrchestrationInstance.InstanceId, item.Instance, item.Key, item.TaskMessage, item.Failures + 1);
        _ = AfterAsync(again.Failures, () => activities.Writer.TryWrite(again));
    }

    private void Schedule(ActivityToRun activity) =>
        activities.Writer.TryWrite(activities.Reader.Count < MaxInMemory ? activity : activity with { Message = null });

    /// <summary>Does something after a delay that grows with every failure in a row.</summary>
    private async Task AfterAsync(int failures, Action action)
    {
        TimeSpan delay = FirstRetry * Math.Pow(2, Math.Min(failures - 1, 10));
        try
        {
            await Task.Delay(delay < LastRetry ? delay : LastRetry, settings.TimeProvider, stop.Token).ConfigureAwait(false);
            action();
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
        {
            log.LogDebug("Stopped before another try.");
        }
    }

    private static async ValueTask<bool> CanReadAsync<T>(ChannelReader<T> reader, CancellationToken cancellationToken)
    {
        try
        {
            return await reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}
