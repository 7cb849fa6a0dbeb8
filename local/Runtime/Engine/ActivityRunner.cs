using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Converters;
using Microsoft.Extensions.Logging;
using Rescan.Local.Runtime.Storage;

namespace Rescan.Local.Runtime.Engine;

internal sealed record ActivityWork(LiveInstance Owner, long Execution, int TaskId, string Name, string? Input);

/// <summary>Runs activities, so many at once and the rest in the order in which they were asked for.</summary>
internal sealed class ActivityRunner(IFunctionCatalog catalog, WorkCounter work, Action<ActivityWork, HistoryEvent> done, ILogger log, CancellationToken stopping)
{
    private const int MaxAtOnce = 64;

    private readonly ConcurrentQueue<ActivityWork> queue = new();
    private int workers;
    private long count;

    /// <summary>Activities run so far.</summary>
    public long Count => Interlocked.Read(ref count);

    public void Add(ActivityWork activity)
    {
        queue.Enqueue(activity);
        Hire();
    }

    private void Hire()
    {
        for (int count = Volatile.Read(ref workers); count < MaxAtOnce && !queue.IsEmpty && !stopping.IsCancellationRequested; count = Volatile.Read(ref workers))
        {
            if (Interlocked.CompareExchange(ref workers, count + 1, count) == count)
            {
                work.Run(WorkAsync);
                return;
            }
        }
    }

    private async Task WorkAsync()
    {
        while (!stopping.IsCancellationRequested && queue.TryDequeue(out ActivityWork? activity))
        {
            Hire();
            if (!activity.Owner.Ended && await RunAsync(activity).ConfigureAwait(false) is { } result)
            {
                done(activity, result);
            }
        }

        Interlocked.Decrement(ref workers);
        Hire();
    }

    /// <returns>The result; null when our own stop cut it off: the store still has it, and the next start runs it again.</returns>
    private async Task<HistoryEvent?> RunAsync(ActivityWork activity)
    {
        using Activity? span = DurableTrace.Run(activity.Name, activity.Owner.Record, activity.TaskId);
        Interlocked.Increment(ref count);
        try
        {
            object? output = await catalog.InvokeActivityAsync(activity.Name, activity.Owner.Record.Id, activity.Input, stopping).ConfigureAwait(false);
            return new HistoryEvent(EventKind.TaskCompleted, activity.TaskId, activity.Name, JsonDataConverter.Default.Serialize(output));
        }
        catch (Exception) when (stopping.IsCancellationRequested)
        {
            return null;
        }
        catch (Exception e)
        {
            span?.SetStatus(ActivityStatusCode.Error, e.Message).SetTag("error.type", e.GetType().FullName);
            log.LogWarning("Activity {Activity} of {InstanceId} failed: {Reason}", activity.Name, activity.Owner.Record.Id, e.Message);
            return new HistoryEvent(EventKind.TaskFailed, activity.TaskId, activity.Name, Failure: TaskFailureDetails.FromException(e));
        }
    }
}
