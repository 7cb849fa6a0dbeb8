using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Logging;
using Rescan.Local.Runtime.Storage;

namespace Rescan.Local.Runtime.Engine;

/// <summary>
/// Runs orchestrations, activities and timers from a store that this process owns. What has not ended is kept in memory
/// and written once a turn: what arrived, what the orchestrator made of it, and what it asks for, in one commit.
/// Activities run at least once, and their results count once.
/// </summary>
public sealed class DurableEngine : IAsyncDisposable
{
    /// <summary>Orchestrators kept in memory between turns unless the constructor is told otherwise.</summary>
    public const int DefaultKeptOrchestrators = 10_000;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly StateStore store;
    private readonly IFunctionCatalog catalog;
    private readonly TimeProvider time;
    private readonly ILoggerFactory loggers;
    private readonly ILogger log;
    private readonly ConcurrentDictionary<string, LiveInstance> live = new(StringComparer.Ordinal);
    private readonly ContextCache contexts;
    private readonly TimerQueue timers;
    private readonly ActivityRunner activities;
    private readonly WorkCounter work;
    private readonly CancellationTokenSource stopping = new();
    private readonly CancellationTokenSource ended = new();
    private readonly TaskCompletionSource ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<Exception> failed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock stopGate = new();
    private Task? stop;
    private volatile bool running;
    private long sequence;
    private long turns;

    /// <summary>Whether every instance waits for time or for events.</summary>
    public bool IsIdle => work.IsIdle;

    /// <summary>Creates the engine; <see cref="StartAsync"/> sets it to work.</summary>
    /// <param name="store">The task hub; stays the caller's to dispose of, after the engine.</param>
    /// <param name="catalog">The app's functions.</param>
    /// <param name="time">The clock.</param>
    /// <param name="loggers">Where logs go.</param>
    /// <param name="keptOrchestrators">How many orchestrators at most stay in memory between turns; others are replayed.</param>
    public DurableEngine(
        StateStore store, IFunctionCatalog catalog, TimeProvider time, ILoggerFactory loggers, int keptOrchestrators = DefaultKeptOrchestrators)
    {
        this.store = store;
        this.catalog = catalog;
        this.time = time;
        this.loggers = loggers;
        log = loggers.CreateLogger<DurableEngine>();
        contexts = new ContextCache(keptOrchestrators);
        timers = new TimerQueue(time, Fire);
        work = new WorkCounter(Fail);
        activities = new ActivityRunner(catalog, work, (a, result) => Deliver(a.Owner, new Arrival(result, a.Execution)), log, stopping.Token);
        Client = new LocalDurableTaskClient(this);
    }

    /// <summary>The client of this task hub.</summary>
    public DurableTaskClient Client { get; }

    /// <summary>Completes, with the reason, when the engine cannot go on and has stopped by itself. Never otherwise.</summary>
    public Task<Exception> Failed => failed.Task;

    /// <summary>Orchestrator turns committed so far.</summary>
    internal long Turns => Interlocked.Read(ref turns);

    /// <summary>Activities run so far.</summary>
    internal long Activities => activities.Count;

    internal DateTime UtcNow => time.GetUtcNow().UtcDateTime;

    internal StateStore Store => store;

    internal IEnumerable<InstanceRecord> Live => live.Values.Select(i => i.Record);

    /// <summary>Takes up everything that the store says is unfinished.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        List<InstanceState> unfinished = await store.LoadAsync(cancellationToken).ConfigureAwait(false);
        sequence = unfinished.Select(s => Math.Max(s.Instance.Execution, s.Messages.Count > 0 ? s.Messages.Max(m => m.Key) : 0)).DefaultIfEmpty().Max();
        List<(LiveInstance Instance, HashSet<int> Tasks)> cut = [];
        foreach (InstanceState state in unfinished)
        {
            LiveInstance instance = new(state.Instance) { Stored = true, Inbox = [.. state.Messages.Select(m => new Arrival(m.Event, m.Execution, m.Key))] };
            live[state.Instance.Id] = instance;
            HashSet<int> answered = [.. state.Messages.Where(m => m.Execution == state.Instance.Execution).Select(m => m.Event.Id)];
            HashSet<int> unanswered = [.. state.Instance.Pending.Activities.Where(t => !answered.Contains(t))];
            if (unanswered.Count > 0)
            {
                cut.Add((instance, unanswered));
            }

            foreach (DueTimer timer in Timers(state.Instance).Where(t => !answered.Contains(t.TaskId)))
            {
                timers.Add(timer);
            }
        }

        running = true;
        _ = store.Failed.ContinueWith(t => Fail(t.Result), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        await Parallel.ForEachAsync(cut, cancellationToken, async (i, cancellation) => await TakeUpActivitiesAsync(i.Instance, i.Tasks, cancellation).ConfigureAwait(false))
            .ConfigureAwait(false);
        foreach (LiveInstance instance in live.Values)
        {
            Wake(instance);
        }

        timers.Start();
        ready.TrySetResult();
    }

    /// <summary>Stops taking up work and waits for what runs; the store keeps the rest.</summary>
    public Task StopAsync(CancellationToken cancellationToken)
    {
        lock (stopGate)
        {
            stop ??= EndAsync();
        }

        return stop.WaitAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        try
        {
            await StopAsync(CancellationToken.None).WaitAsync(Patience).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            log.LogWarning("An activity did not heed its cancellation within {Patience}; it runs again at the next start", Patience);
        }

        await timers.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Waits for the engine to work, or throws why it does not.</summary>
    internal Task ReadyAsync(CancellationToken cancellation) => WaitAsync(ready.Task, cancellation);

    /// <summary>Waits for what the engine is to do; throws when the engine ends first.</summary>
    internal async Task WaitAsync(Task task, CancellationToken cancellation)
    {
        using CancellationTokenSource? both = cancellation.CanBeCanceled ? CancellationTokenSource.CreateLinkedTokenSource(cancellation, ended.Token) : null;
        try
        {
            await task.WaitAsync(both?.Token ?? ended.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested && !task.IsCanceled)
        {
            throw new InvalidOperationException("The durable engine has stopped.", failed.Task.IsCompleted ? await failed.Task.ConfigureAwait(false) : null);
        }
    }

    /// <summary>Starts an instance; false when one of that id has not ended.</summary>
    internal async Task<bool> TryStartAsync(InstanceRecord instance, CancellationToken cancellation)
    {
        LiveInstance started = new(instance with { Execution = NextSequence() })
        {
            Creation = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously),
        };
        if (!live.TryAdd(instance.Id, started))
        {
            return false;
        }

        Wake(started);
        await WaitAsync(started.Creation.Task, cancellation).ConfigureAwait(false);
        return true;
    }

    /// <summary>Hands an event to an instance and waits until it cannot be lost; dropped when there is no such instance.</summary>
    internal async Task RaiseAsync(string id, HistoryEvent e, CancellationToken cancellation)
    {
        if (live.TryGetValue(id, out LiveInstance? instance))
        {
            TaskCompletionSource taken = new(TaskCreationOptions.RunContinuationsAsynchronously);
            Deliver(instance, new Arrival(e, null, null, taken));
            await WaitAsync(taken.Task, cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>Changes an instance from outside; <paramref name="apply"/> returns null to leave it alone.</summary>
    internal async Task ChangeAsync(string id, Func<InstanceRecord, InstanceRecord?> apply, CancellationToken cancellation)
    {
        if (live.TryGetValue(id, out LiveInstance? instance))
        {
            TaskCompletionSource<bool> done = new(TaskCreationOptions.RunContinuationsAsynchronously);
            lock (instance)
            {
                if (instance.Ended)
                {
                    return;
                }

                (instance.Commands ??= []).Add(new Command(apply, done));
            }

            Wake(instance);
            await WaitAsync(done.Task, cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>An instance as the store has it.</summary>
    internal Task<InstanceRecord?> GetAsync(string id, CancellationToken cancellation) =>
        live.TryGetValue(id, out LiveInstance? instance) && instance is { Stored: true, Record: var record }
            ? Task.FromResult<InstanceRecord?>(record)
            : store.GetAsync(id, cancellation);

    /// <summary>A page of instances, oldest first. Those that have not ended are all in memory, so a list of them alone costs the store nothing.</summary>
    internal Task<(List<InstanceRecord> Page, string? Next)> ListAsync(InstanceFilter filter, int size, string? token, CancellationToken cancellation) =>
        filter.Statuses is { Count: > 0 } statuses && !statuses.Any(InstanceRecord.Ends) ? Task.FromResult(ListLive(filter, size, token)) : store.ListAsync(filter, size, token, cancellation);

    /// <summary>Waits until an instance is as asked for; null when there is none.</summary>
    internal async Task<InstanceRecord?> WaitForAsync(string id, Func<InstanceRecord, bool> done, CancellationToken cancellation)
    {
        while (live.TryGetValue(id, out LiveInstance? instance))
        {
            Task changed;
            lock (instance)
            {
                if (instance.Stored && done(instance.Record))
                {
                    return instance.Record;
                }

                if (instance.Ended)
                {
                    break;
                }

                changed = instance.NextChange();
            }

            await WaitAsync(changed, cancellation).ConfigureAwait(false);
            lock (instance)
            {
                if (instance.Stored && done(instance.Record))
                {
                    return instance.Record;
                }
            }
        }

        return await store.GetAsync(id, cancellation).ConfigureAwait(false);
    }

    /// <summary>Removes an instance that has ended; false when it has not, or there is none.</summary>
    internal async Task<bool> PurgeAsync(string id, CancellationToken cancellation)
    {
        // Holding the id keeps a start of the same id from being purged with it.
        LiveInstance holder = new(new InstanceRecord { Id = id, Name = "" });
        if (!live.TryAdd(id, holder))
        {
            return false;
        }

        try
        {
            if (await store.GetAsync(id, cancellation).ConfigureAwait(false) is not { IsTerminal: true })
            {
                return false;
            }

            await store.PurgeAsync(id).ConfigureAwait(false);
            return true;
        }
        finally
        {
            End(holder);
        }
    }

    private static IEnumerable<DueTimer> Timers(InstanceRecord i)
    {
        IEnumerable<DueTimer> all = i.IsTerminal ? [] : i.Pending.Timers.Select(t => new DueTimer(t.Due, i.Id, i.Execution, t.TaskId));
        return i is { StartAt: { } start, Turns: 0, IsTerminal: false } ? all.Append(new DueTimer(start, i.Id, i.Execution, -1)) : all;
    }

    private (List<InstanceRecord> Page, string? Next) ListLive(InstanceFilter filter, int size, string? token)
    {
        (DateTime CreatedAt, string Id)? after = token?.Split('/', 2) is [var ticks, var last] ? (new DateTime(long.Parse(ticks, CultureInfo.InvariantCulture), DateTimeKind.Utc), last) : null;
        List<InstanceRecord> page = [.. live.Values.Where(i => i.Stored).Select(i => i.Record)
            .Where(i => filter.Matches(i) && (after is not { } a || i.CreatedAt > a.CreatedAt || (i.CreatedAt == a.CreatedAt && string.CompareOrdinal(i.Id, a.Id) > 0)))
            .OrderBy(i => i.CreatedAt).ThenBy(i => i.Id, StringComparer.Ordinal).Take(size)];
        return (page, page.Count < size ? null : string.Create(CultureInfo.InvariantCulture, $"{page[^1].CreatedAt.Ticks}/{page[^1].Id}"));
    }

    private long NextSequence()
    {
        long now = UtcNow.Ticks;
        while (true)
        {
            long last = Interlocked.Read(ref sequence);
            long next = Math.Max(last + 1, now);
            if (Interlocked.CompareExchange(ref sequence, next, last) == last)
            {
                return next;
            }
        }
    }

    private async Task EndAsync()
    {
        running = false;
        timers.Stop();
        await stopping.CancelAsync().ConfigureAwait(false);
        await work.EndAsync().ConfigureAwait(false);
        await ended.CancelAsync().ConfigureAwait(false);
    }

    private void Fail(Exception reason)
    {
        if ((!running && reason is ObjectDisposedException) || !failed.TrySetResult(reason))
        {
            return;
        }

        running = false;
        log.LogCritical(reason, "The durable engine has stopped: {Reason}", reason.Message);
        timers.Stop();
        stopping.CancelAsync();
        ended.CancelAsync();
    }

    private async Task TakeUpActivitiesAsync(LiveInstance instance, HashSet<int> tasks, CancellationToken cancellation)
    {
        InstanceState state = await store.ReadAsync(instance.Record.Id, cancellation).ConfigureAwait(false)
            ?? throw new StateStoreException($"The state of instance '{instance.Record.Id}' is gone.");
        foreach (HistoryEvent e in state.History.Where(e => e.Kind == EventKind.TaskScheduled && tasks.Contains(e.Id)))
        {
            activities.Add(new ActivityWork(instance, state.Instance.Execution, e.Id, e.Name!, e.Data));
        }
    }

    private void Fire(DueTimer timer)
    {
        if (!live.TryGetValue(timer.InstanceId, out LiveInstance? instance))
        {
            return;
        }

        if (timer.TaskId >= 0)
        {
            Deliver(instance, new Arrival(new HistoryEvent(EventKind.TimerFired, timer.TaskId, Time: timer.Due), timer.Execution));
            return;
        }

        lock (instance)
        {
            instance.Due = true;
        }

        Wake(instance);
    }

    private void Deliver(LiveInstance instance, Arrival arrival)
    {
        lock (instance)
        {
            if (instance.Ended)
            {
                arrival.Taken?.TrySetResult();
                return;
            }

            (instance.Inbox ??= []).Add(arrival);
        }

        Wake(instance);
    }

    private void Wake(LiveInstance instance)
    {
        lock (instance)
        {
            if (!running || instance.Busy || !instance.HasWork)
            {
                return;
            }

            instance.Busy = true;
        }

        work.Run(() => ServeAsync(instance));
    }

    private async Task ServeAsync(LiveInstance instance)
    {
        while (true)
        {
            List<Command>? commands;
            List<Arrival> arrivals = [];
            bool held;
            lock (instance)
            {
                if (!running || !instance.HasWork)
                {
                    instance.Busy = false;
                    return;
                }

                commands = instance.Stored ? instance.Commands : null;
                held = instance.IsHeld;
                if (commands is { Count: > 0 })
                {
                    instance.Commands = null;
                }
                else
                {
                    arrivals = !held ? instance.TakeArrivals() : instance.Stored ? instance.TakeToKeep() : [];
                }
            }

            await (commands is { Count: > 0 } ? ObeyAsync(instance, commands)
                : held ? KeepAsync(instance, arrivals)
                : TurnAsync(instance, arrivals)).ConfigureAwait(false);
        }
    }

    private async Task ObeyAsync(LiveInstance instance, List<Command> commands)
    {
        InstanceRecord record = instance.Record;
        List<Command> made = [];
        foreach (Command command in commands)
        {
            if (command.Apply(record) is { } next)
            {
                record = next;
                made.Add(command);
            }
        }

        if (made.Count > 0)
        {
            Change change = new() { Instance = record.IsTerminal ? record with { Pending = Pending.Nothing } : record };
            if (record is { IsTerminal: true, Parent: { } parent })
            {
                change.Letters.Add(new Letter(parent.InstanceId, new Message(NextSequence(), parent.Execution, new HistoryEvent(
                    EventKind.SubOrchestrationFailed, parent.TaskId, record.Name,
                    Failure: new TaskFailureDetails("Terminated", $"The sub-orchestration '{record.Id}' was terminated.", null, null, null)))));
            }

            if (!await CommitAsync(instance, change, []).ConfigureAwait(false))
            {
                lock (instance)
                {
                    instance.Commands = [.. commands, .. instance.Commands ?? []];
                }

                return;
            }
        }

        commands.ForEach(c => c.Done.TrySetResult(made.Contains(c)));
    }

    /// <summary>Stores what arrived while turns must wait.</summary>
    private async Task KeepAsync(LiveInstance instance, List<Arrival> arrivals)
    {
        Change change = new() { Instance = instance.Record, Create = !instance.Stored };
        change.Kept.AddRange(arrivals.Select(a => new Message(NextSequence(), a.Execution, a.Event)));
        await CommitAsync(instance, change, arrivals).ConfigureAwait(false);
    }

    private async Task TurnAsync(LiveInstance instance, List<Arrival> arrivals)
    {
        InstanceRecord record = instance.Record;
        List<HistoryEvent> arrived = arrivals.Where(a => a.Execution is null || a.Execution == record.Execution).Select(a => a.Event).ToList();
        if (record.Turns > 0 && arrived.Count == 0)
        {
            // Answers to an execution that has ended.
            Change nothing = new() { Instance = record };
            nothing.Consumed.AddRange(arrivals.Where(a => a.Key is not null).Select(a => a.Key!.Value));
            if (nothing.Consumed.Count > 0)
            {
                await CommitAsync(instance, nothing, arrivals).ConfigureAwait(false);
            }

            return;
        }

        LocalOrchestrationContext context = contexts.Take(instance) ?? await ReplayAsync(record).ConfigureAwait(false);
        TurnResult turn = context.Advance(record, arrived, UtcNow, NextSequence);
        turn.Change.Consumed.AddRange(arrivals.Where(a => a.Key is not null).Select(a => a.Key!.Value));
        if (!await CommitAsync(instance, turn.Change, arrivals, !instance.Stored).ConfigureAwait(false))
        {
            return;
        }

        Interlocked.Increment(ref turns);
        if (!turn.Change.Instance.IsTerminal && !turn.Change.ClearHistory)
        {
            contexts.Put(instance, context);
        }

        foreach ((int task, string name, string? input) in turn.Activities)
        {
            activities.Add(new ActivityWork(instance, turn.Change.Instance.Execution, task, name, input));
        }

        if (turn.Change.Instance.Failure is { } failure)
        {
            log.LogError("Orchestration {InstanceId} failed: {Failure}", record.Id, failure.ErrorMessage);
        }
    }

    private async Task<LocalOrchestrationContext> ReplayAsync(InstanceRecord record)
    {
        LocalOrchestrationContext context = new(record, loggers, c => InvokeAsync(record.Name, c));
        if (record.Turns > 0)
        {
            InstanceState? state = await store.ReadAsync(record.Id, CancellationToken.None).ConfigureAwait(false);
            if (state?.History.Count(e => e.Kind == EventKind.TurnStarted) != record.Turns)
            {
                throw new StateStoreException($"The history of instance '{record.Id}' is not whole in the store. Put a copy of the state back, or start anew.");
            }

            context.Replay(state.History);
        }

        return context;
    }

    private async Task<object?> InvokeAsync(string name, TaskOrchestrationContext context) => catalog.HasOrchestrator(name)
        ? await catalog.InvokeOrchestratorAsync(name, context)
        : throw new InvalidOperationException($"No orchestrator function is named '{name}'.");

    /// <summary>Commits a change and lets memory follow; false when the store was ahead, and memory has been brought up to it.</summary>
    private async Task<bool> CommitAsync(LiveInstance instance, Change change, List<Arrival> arrivals, bool create = false)
    {
        InstanceRecord before = instance.Record;
        List<LiveInstance> children = Reserve(before, change);
        Redirect(before, change);
        change.Create |= create;

        try
        {
            await store.CommitAsync(change).ConfigureAwait(false);
        }
        catch (StateConflictException e)
        {
            log.LogWarning("Instance {InstanceId} is read again: {Reason}", before.Id, e.Message);
            children.ForEach(End);
            await ReloadAsync(instance, arrivals).ConfigureAwait(false);
            return false;
        }

        InstanceRecord after = change.Instance;
        lock (instance)
        {
            instance.Record = after;
            instance.Stored = true;
            if (change.Kept.Count > 0)
            {
                instance.PutBack(change.Kept.Select(m => new Arrival(m.Event, m.Execution, m.Key)));
            }
        }

        FollowTimers(before, after, change.Create);
        instance.Creation?.TrySetResult();
        arrivals.ForEach(a => a.Taken?.TrySetResult());
        if (after.IsTerminal)
        {
            DurableTrace.Ended(after);
            End(instance);
        }
        else
        {
            lock (instance)
            {
                instance.SignalChange();
            }
        }

        foreach (LiveInstance child in children)
        {
            lock (child)
            {
                child.Stored = true;
                child.SignalChange();
            }

            Wake(child);
        }

        foreach (Letter letter in change.Letters)
        {
            if (live.TryGetValue(letter.To, out LiveInstance? target))
            {
                Deliver(target, new Arrival(letter.Message.Event, letter.Message.Execution, letter.Message.Key));
            }
        }

        return true;
    }

    /// <summary>Takes the ids of new sub-orchestrations; one whose id is taken fails for its parent.</summary>
    private List<LiveInstance> Reserve(InstanceRecord parent, Change change)
    {
        List<LiveInstance> reserved = [];
        foreach (InstanceRecord child in change.Children.ToArray())
        {
            LiveInstance instance = new(child);
            if (live.TryAdd(child.Id, instance))
            {
                reserved.Add(instance);
                continue;
            }

            change.Children.Remove(child);
            if (!change.Instance.IsTerminal && !change.ClearHistory)
            {
                change.Kept.Add(new Message(NextSequence(), parent.Execution, new HistoryEvent(
                    EventKind.SubOrchestrationFailed,
                    child.Parent!.TaskId,
                    child.Name,
                    Failure: new TaskFailureDetails(
                        typeof(DurableTask.Core.Exceptions.OrchestrationAlreadyExistsException).FullName!,
                        $"An orchestration instance with the id '{child.Id}' already runs.", null, null, null))));
            }
        }

        return reserved;
    }

    /// <summary>Drops letters that nobody is there to read; those to itself are kept.</summary>
    private void Redirect(InstanceRecord sender, Change change)
    {
        if (!change.Instance.IsTerminal)
        {
            change.Kept.AddRange(change.Letters.Where(l => l.To == sender.Id).Select(l => l.Message));
        }

        change.Letters.RemoveAll(l => l.To == sender.Id || !live.ContainsKey(l.To));
    }

    private void FollowTimers(InstanceRecord before, InstanceRecord after, bool created)
    {
        if (created)
        {
            before = before with { StartAt = null };
        }

        if (ReferenceEquals(before.Pending, after.Pending) && before.Turns == after.Turns && before.StartAt == after.StartAt && !after.IsTerminal)
        {
            return;
        }

        HashSet<DueTimer> gone = [.. Timers(before)];
        foreach (DueTimer timer in Timers(after))
        {
            if (!gone.Remove(timer))
            {
                timers.Add(timer);
            }
        }

        foreach (DueTimer timer in gone)
        {
            timers.Remove(timer);
        }
    }

    private async Task ReloadAsync(LiveInstance instance, List<Arrival> arrivals)
    {
        string id = instance.Record.Id;
        contexts.Take(instance);
        if (await store.ReadAsync(id, CancellationToken.None).ConfigureAwait(false) is not { Instance.IsTerminal: false } state)
        {
            arrivals.ForEach(a => a.Taken?.TrySetResult());
            End(instance);
            return;
        }

        FollowTimers(instance.Record, state.Instance, false);
        HashSet<long> known = [.. arrivals.Where(a => a.Key is not null).Select(a => a.Key!.Value)];
        lock (instance)
        {
            known.UnionWith((instance.Inbox ?? []).Where(a => a.Key is not null).Select(a => a.Key!.Value));
            instance.Record = state.Instance;
            instance.PutBack([
                .. arrivals.Where(a => a.Key is null || state.Messages.Any(m => m.Key == a.Key)),
                .. state.Messages.Where(m => !known.Contains(m.Key)).Select(m => new Arrival(m.Event, m.Execution, m.Key))]);
        }

        if (state.Instance.Pending.Activities.Count > 0)
        {
            await TakeUpActivitiesAsync(instance, [.. state.Instance.Pending.Activities], CancellationToken.None).ConfigureAwait(false);
        }
    }

    private void End(LiveInstance instance)
    {
        List<Arrival> left;
        List<Command> unheard;
        lock (instance)
        {
            instance.Ended = true;
            (left, instance.Inbox) = (instance.Inbox ?? [], null);
            (unheard, instance.Commands) = (instance.Commands ?? [], null);
        }

        contexts.Take(instance);
        live.TryRemove(new KeyValuePair<string, LiveInstance>(instance.Record.Id, instance));
        left.ForEach(a => a.Taken?.TrySetResult());
        unheard.ForEach(c => c.Done.TrySetResult(false));
        lock (instance)
        {
            instance.SignalChange();
        }
    }
}
