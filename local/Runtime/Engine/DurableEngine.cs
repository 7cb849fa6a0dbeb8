using System.Collections.Concurrent;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using Microsoft.DurableTask.Converters;
using Microsoft.Extensions.Logging;
using Rescan.Local.Runtime.Storage;

namespace Rescan.Local.Runtime.Engine;

/// <summary>Runs orchestrations, activities and timers from a store: each turn is one commit, activities run at least once.</summary>
public sealed class DurableEngine : IAsyncDisposable
{
    private const int MaxActivities = 64;

    private readonly SqliteStore store;
    private readonly IFunctionCatalog catalog;
    private readonly TimeProvider time;
    private readonly ILoggerFactory loggers;
    private readonly ILogger log;
    private readonly ConcurrentDictionary<string, SemaphoreSlim> turns = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<long, Task> activities = new();
    private readonly ConcurrentDictionary<Task, byte> work = new();
    private readonly SemaphoreSlim activitySlots = new(MaxActivities);
    private readonly CancellationTokenSource stopping = new();
    private readonly ITimer alarm;
    private volatile bool running;
    private TaskCompletionSource changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Creates the engine; <see cref="StartAsync"/> sets it to work.</summary>
    public DurableEngine(SqliteStore store, IFunctionCatalog catalog, TimeProvider time, ILoggerFactory loggers)
    {
        this.store = store;
        this.catalog = catalog;
        this.time = time;
        this.loggers = loggers;
        log = loggers.CreateLogger<DurableEngine>();
        alarm = time.CreateTimer(_ => FireTimers(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        Client = new LocalDurableTaskClient(this, store);
    }

    /// <summary>The client of this task hub.</summary>
    public DurableTaskClient Client { get; }

    internal DateTime UtcNow => time.GetUtcNow().UtcDateTime;

    /// <summary>Takes up everything that the store says is unfinished.</summary>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        running = true;
        foreach (InstanceRecord instance in store.List().Where(i => !i.IsTerminal))
        {
            Wake(instance.Id);
        }

        foreach (ActivityWork activity in store.Activities())
        {
            Dispatch(activity);
        }

        FireTimers();
        return Task.CompletedTask;
    }

    /// <summary>Stops taking up work and waits for what runs; the store keeps the rest.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        running = false;
        await stopping.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(work.Keys.Concat(activities.Values)).WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await StopAsync(CancellationToken.None).ConfigureAwait(false);
        await alarm.DisposeAsync().ConfigureAwait(false);
    }

    internal Task Changed() => changed.Task;

    internal void Wake(string instanceId)
    {
        Signal();
        if (running)
        {
            Track(Task.Run(() => TurnAsync(instanceId)));
        }
    }

    internal void Signal() => Interlocked.Exchange(ref changed, new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();

    private void Track(Task task)
    {
        work.TryAdd(task, 0);
        task.ContinueWith(
            t =>
            {
                work.TryRemove(t, out _);
                if (t.Exception is { } e && running)
                {
                    log.LogError(e.InnerException, "The durable engine failed to make progress");
                }
            },
            CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    private async Task TurnAsync(string id)
    {
        SemaphoreSlim turn = turns.GetOrAdd(id, _ => new SemaphoreSlim(1));
        await turn.WaitAsync(stopping.Token).ConfigureAwait(false);
        try
        {
            while (running && Step(id))
            {
            }
        }
        finally
        {
            turn.Release();
        }
    }

    /// <returns>Whether the instance may have more to do at once.</returns>
    private bool Step(string id)
    {
        if (store.Get(id) is not { IsTerminal: false } instance || instance.Status == OrchestrationRuntimeStatus.Suspended)
        {
            return false;
        }

        (List<HistoryEvent> history, List<(long Key, HistoryEvent Event)> messages) = store.Load(instance);
        if (history.Count > 0 && messages.Count == 0)
        {
            return false;
        }

        LocalOrchestrationContext context = new(instance, loggers);
        Turn turn = context.Run(c => InvokeAsync(instance.Name, c), history, messages.ConvertAll(m => m.Event), UtcNow);
        long last = messages.Count > 0 ? messages[^1].Key : 0;
        if (!store.Commit(turn, instance.Execution, history.Count, last))
        {
            return true;
        }

        foreach (ActivityWork activity in turn.Activities.Count > 0 ? store.Activities(id) : [])
        {
            Dispatch(activity);
        }

        foreach (string other in turn.Children.Select(c => c.Id).Concat(turn.Messages.Select(m => m.InstanceId)).Distinct())
        {
            if (other != id)
            {
                Wake(other);
            }
        }

        if (turn.Timers.Count > 0)
        {
            SetAlarm();
        }

        if (turn.Instance.Failure is { } failure)
        {
            log.LogError("Orchestration {InstanceId} failed: {Failure}", id, failure.ErrorMessage);
        }

        Signal();
        return !turn.Instance.IsTerminal;
    }

    private async Task<object?> InvokeAsync(string name, TaskOrchestrationContext context) => catalog.HasOrchestrator(name)
        ? await catalog.InvokeOrchestratorAsync(name, context)
        : throw new InvalidOperationException($"No orchestrator function is named '{name}'.");

    private void Dispatch(ActivityWork activity)
    {
        if (!running)
        {
            return;
        }

        TaskCompletionSource registered = new(TaskCreationOptions.RunContinuationsAsynchronously);
        if (activities.TryAdd(activity.Key, registered.Task))
        {
            Track(Task.Run(async () =>
            {
                try
                {
                    await RunAsync(activity).ConfigureAwait(false);
                }
                finally
                {
                    activities.TryRemove(activity.Key, out _);
                    registered.TrySetResult();
                }
            }));
        }
    }

    private async Task RunAsync(ActivityWork activity)
    {
        await activitySlots.WaitAsync(stopping.Token).ConfigureAwait(false);
        HistoryEvent result;
        try
        {
            object? output = await catalog.InvokeActivityAsync(activity.Name, activity.InstanceId, activity.Input, stopping.Token).ConfigureAwait(false);
            result = new HistoryEvent(EventKind.TaskCompleted, activity.TaskId, activity.Name, JsonDataConverter.Default.Serialize(output));
        }
        catch (Exception) when (stopping.IsCancellationRequested)
        {
            // Cut off by our own stop: the store still has it, and the next start runs it again.
            return;
        }
        catch (Exception e)
        {
            result = new HistoryEvent(EventKind.TaskFailed, activity.TaskId, activity.Name, Failure: TaskFailureDetails.FromException(e));
        }
        finally
        {
            activitySlots.Release();
        }

        store.CompleteActivity(activity, result);
        Wake(activity.InstanceId);
    }

    private void FireTimers()
    {
        if (!running)
        {
            return;
        }

        foreach (string id in store.FireTimers(UtcNow))
        {
            Wake(id);
        }

        SetAlarm();
    }

    private void SetAlarm()
    {
        // In turn, else one that looked before a timer was committed could put the alarm off past it.
        lock (alarm)
        {
            while (running && store.NextTimer() is { } next)
            {
                // A timer of the runtime reaches no further than 49 days.
                DateTime now = UtcNow;
                TimeSpan wait = next - now;
                alarm.Change(wait < TimeSpan.Zero ? TimeSpan.Zero : wait > TimeSpan.FromDays(1) ? TimeSpan.FromDays(1) : wait + TimeSpan.FromMilliseconds(1), Timeout.InfiniteTimeSpan);
                if (UtcNow - now < TimeSpan.FromSeconds(1))
                {
                    break;
                }

                // The clock was set, or the machine slept, between reading it and setting the alarm by it.
            }
        }
    }
}
