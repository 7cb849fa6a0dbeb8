using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using Microsoft.DurableTask.Converters;
using Microsoft.Extensions.Logging;
using Rescan.Local.Runtime.Storage;

namespace Rescan.Local.Runtime.Engine;

/// <summary>What a turn came to: the change to commit, and the activities to run once it is.</summary>
internal sealed record TurnResult(Change Change, List<(int TaskId, string Name, string? Input)> Activities);

/// <summary>
/// An orchestrator in the middle of its work. It is brought up to date by replaying its history, then advanced turn by
/// turn with what arrives; it may be dropped between any two turns and replayed later, which comes to the same.
/// </summary>
internal sealed class LocalOrchestrationContext : TaskOrchestrationContext
{
    private static readonly DataConverter Converter = JsonDataConverter.Default;

    private readonly InstanceRecord instance;
    private readonly ILoggerFactory loggers;
    private readonly Func<TaskOrchestrationContext, Task<object?>> orchestrator;
    private readonly TurnScheduler scheduler = new();
    private readonly Dictionary<int, Call> calls = [];
    private readonly Queue<Call> uncommitted = new();
    private readonly HashSet<int> canceledTimers = [];
    private readonly Dictionary<string, LinkedList<Action<string?>>> waiters = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<HistoryEvent> unconsumed = [];
    private Task<object?>? running;
    private NonDeterministicOrchestrationException? strayed;
    private int nextId;
    private int guids;
    private DateTime now;
    private bool replaying = true;
    private (object? Input, bool Preserve)? continueAsNew;
    private string? customStatus;

    public LocalOrchestrationContext(InstanceRecord instance, ILoggerFactory loggers, Func<TaskOrchestrationContext, Task<object?>> orchestrator)
    {
        this.instance = instance;
        this.loggers = loggers;
        this.orchestrator = orchestrator;
        customStatus = instance.CustomStatus;
    }

    public override TaskName Name => new(instance.Name);

    public override string InstanceId => instance.Id;

    public override ParentOrchestrationInstance? Parent =>
        instance.Parent is { } parent ? new(new TaskName(parent.Name), parent.InstanceId) : null;

    public override DateTime CurrentUtcDateTime => now;

    public override bool IsReplaying => replaying;

    protected override ILoggerFactory LoggerFactory => loggers;

    /// <summary>Goes through the turns that are committed.</summary>
    public void Replay(IReadOnlyList<HistoryEvent> history) => Guard(() =>
    {
        foreach (HistoryEvent e in history)
        {
            Apply(e);
        }

        RequireCommitted();
    });

    /// <summary>Runs the next turn.</summary>
    /// <param name="record">The instance as committed.</param>
    /// <param name="arrived">What has arrived since, to be committed with this turn.</param>
    /// <param name="time">This turn's time, UTC.</param>
    /// <param name="sequence">Gives numbers that grow and are unique in the hub.</param>
    public TurnResult Advance(InstanceRecord record, IReadOnlyList<HistoryEvent> arrived, DateTime time, Func<long> sequence)
    {
        TurnResult turn = new(new Change { Instance = record with { Turns = record.Turns + 1, UpdatedAt = time } }, []);
        Change change = turn.Change;
        change.History.Add(new HistoryEvent(EventKind.TurnStarted, Time: time));
        change.History.AddRange(arrived);
        Guard(() =>
        {
            replaying = false;
            change.History.ForEach(Apply);
        });
        replaying = true;
        if (strayed is not null)
        {
            return End(turn, OrchestrationRuntimeStatus.Failed, null, TaskFailureDetails.FromException(strayed), sequence);
        }

        HashSet<int> answered = [.. arrived.Select(e => e.Id)];
        List<int> activities = [.. record.Pending.Activities.Where(t => !answered.Contains(t))];
        List<PendingTimer> timers = [.. record.Pending.Timers.Where(t => !answered.Contains(t.TaskId) && !canceledTimers.Contains(t.TaskId))];
        Collect(turn, activities, timers, sequence);
        canceledTimers.Clear();
        change.Instance = change.Instance with
        {
            CustomStatus = customStatus,
            Status = OrchestrationRuntimeStatus.Running,
            Pending = activities.Count + timers.Count == 0 ? Pending.Nothing : new Pending(activities, timers),
        };
        if (!running!.IsCompleted)
        {
            return turn;
        }

        if (!running.IsCompletedSuccessfully)
        {
            return Fail(turn, running.Exception?.InnerException ?? new TaskCanceledException(running), sequence);
        }

        try
        {
            return continueAsNew is { } again
                ? Renew(turn, Converter.Serialize(again.Input), again.Preserve, sequence)
                : End(turn, OrchestrationRuntimeStatus.Completed, Converter.Serialize(running.Result), null, sequence);
        }
        catch (Exception e) when (e is JsonException or NotSupportedException)
        {
            return Fail(turn, e, sequence);
        }
    }

    public override T? GetInput<T>()
        where T : default => Converter.Deserialize<T>(instance.Input);

    public override async Task<TResult> CallActivityAsync<TResult>(TaskName name, object? input = null, TaskOptions? options = null) =>
        await WithRetry(
            options,
            () => Schedule<TResult>(new Call(NextId(), EventKind.TaskScheduled, name.Name, Converter.Serialize(input))));

    public override async Task<TResult> CallSubOrchestratorAsync<TResult>(TaskName orchestratorName, object? input = null, TaskOptions? options = null) =>
        await WithRetry(
            options,
            () =>
            {
                string id = (options as SubOrchestrationOptions)?.InstanceId ?? $"{InstanceId}:{instance.Execution:x}:{nextId}";
                return Schedule<TResult>(new Call(NextId(), EventKind.SubOrchestrationScheduled, orchestratorName.Name, Converter.Serialize(input)) { Target = id });
            });

    public override Task CreateTimer(DateTime fireAt, CancellationToken cancellationToken)
    {
        Call call = new(NextId(), EventKind.TimerCreated, "timer", null) { Due = fireAt.ToUniversalTime() };
        Task timer = Schedule<object>(call);
        if (cancellationToken.CanBeCanceled)
        {
            cancellationToken.Register(() =>
            {
                if (!call.Answered)
                {
                    call.Canceled = true;
                    canceledTimers.Add(call.Id);
                    call.Cancel?.Invoke(cancellationToken);
                }
            });
        }

        return timer;
    }

    public override Task<T> WaitForExternalEvent<T>(string eventName, CancellationToken cancellationToken = default)
    {
        RequireTurn();
        TaskCompletionSource<T> source = new();
        HistoryEvent? early = unconsumed.Find(e => string.Equals(e.Name, eventName, StringComparison.OrdinalIgnoreCase));
        if (early is not null)
        {
            unconsumed.Remove(early);
            Settle(source, early.Data);
            return source.Task;
        }

        if (!waiters.TryGetValue(eventName, out LinkedList<Action<string?>>? waiting))
        {
            waiters[eventName] = waiting = [];
        }

        LinkedListNode<Action<string?>> node = waiting.AddLast(data => Settle(source, data));
        if (cancellationToken.CanBeCanceled)
        {
            cancellationToken.Register(() =>
            {
                if (node.List is not null)
                {
                    waiting.Remove(node);
                    source.TrySetCanceled(cancellationToken);
                }
            });
        }

        return source.Task;
    }

    public override void SendEvent(string instanceId, string eventName, object payload)
    {
        RequireTurn();
        uncommitted.Enqueue(new Call(nextId++, EventKind.EventSent, eventName, Converter.Serialize(payload)) { Target = instanceId });
    }

    public override void SetCustomStatus(object? customStatus) => this.customStatus = Converter.Serialize(customStatus);

    public override void ContinueAsNew(object? newInput = null, bool preserveUnprocessedEvents = true) =>
        continueAsNew = (newInput, preserveUnprocessedEvents);

    public override Guid NewGuid()
    {
        byte[] hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{InstanceId}/{instance.Execution}/{instance.CreatedAt:O}/{guids++}"));
        return new Guid(hash.AsSpan(0, 16));
    }

    private static string Describe(EventKind kind, string? name) => kind switch
    {
        EventKind.TimerCreated => "CreateTimer",
        EventKind.TaskScheduled => $"CallActivityAsync(\"{name}\")",
        EventKind.SubOrchestrationScheduled => $"CallSubOrchestratorAsync(\"{name}\")",
        EventKind.EventSent => $"SendEvent(\"{name}\")",
        _ => kind.ToString(),
    };

    private async Task<TResult> WithRetry<TResult>(TaskOptions? options, Func<Task<TResult>> attempt)
    {
        DateTime first = now;
        for (int number = 1; ; number++)
        {
            TimeSpan delay;
            try
            {
                return await attempt();
            }
            catch (TaskFailedException e) when (options?.Retry is { } retry)
            {
                if (retry.Handler is { } handler)
                {
                    if (!await handler(new RetryContext(this, number, e.FailureDetails, now - first, CancellationToken.None)))
                    {
                        throw;
                    }

                    continue;
                }

                RetryPolicy policy = retry.Policy!;
                if (number >= policy.MaxNumberOfAttempts
                    || (policy.RetryTimeout != Timeout.InfiniteTimeSpan && now - first >= policy.RetryTimeout))
                {
                    throw;
                }

                double factor = Math.Pow(policy.BackoffCoefficient, number - 1);
                delay = policy.FirstRetryInterval * factor;
                if (policy.MaxRetryInterval != Timeout.InfiniteTimeSpan && delay > policy.MaxRetryInterval)
                {
                    delay = policy.MaxRetryInterval;
                }
            }

            await CreateTimer(delay, CancellationToken.None);
        }
    }

    private static void Settle<T>(TaskCompletionSource<T> source, string? data)
    {
        T? value;
        try
        {
            value = Converter.Deserialize<T>(data);
        }
        catch (Exception e) when (e is JsonException or NotSupportedException)
        {
            source.TrySetException(e);
            return;
        }

        source.TrySetResult(value!);
    }

    private int NextId()
    {
        RequireTurn();
        return nextId++;
    }

    private void RequireTurn()
    {
        if (!scheduler.IsMine)
        {
            throw new InvalidOperationException(
                $"Orchestration '{instance.Name}' used its context outside its turn. An orchestrator may await only what its context returns, without ConfigureAwait(false).");
        }
    }

    private Task<TResult> Schedule<TResult>(Call call)
    {
        TaskCompletionSource<TResult> source = new();
        call.Complete = data => Settle(source, data);
        call.Fail = failure => source.TrySetException(new TaskFailedException(call.Name, call.Id, failure));
        call.Cancel = token => source.TrySetCanceled(token);
        calls.Add(call.Id, call);
        uncommitted.Enqueue(call);
        return source.Task;
    }

    private void Guard(Action steps)
    {
        if (strayed is not null)
        {
            return;
        }

        try
        {
            steps();
            if (scheduler.Strayed)
            {
                throw Strayed("it awaited something that is not in its history. An orchestrator may await only what its context returns");
            }
        }
        catch (NonDeterministicOrchestrationException e)
        {
            strayed = e;
        }
    }

    private NonDeterministicOrchestrationException Strayed(string how) =>
        new($"Orchestration '{instance.Name}' ({instance.Id}) is not deterministic: {how}.");

    /// <summary>All that replay asked for must be in the history.</summary>
    private void RequireCommitted()
    {
        if (uncommitted.TryPeek(out Call? call))
        {
            throw Strayed($"replay made {Describe(call.Kind, call.Name)} as call {call.Id}, which its history does not have. Let instances in flight end before changing an orchestration's steps");
        }
    }

    private void Apply(HistoryEvent e)
    {
        switch (e.Kind)
        {
            case EventKind.TurnStarted:
                RequireCommitted();
                now = e.Time;
                if (running is null)
                {
                    scheduler.Run(() => running = orchestrator(this));
                }

                break;
            case EventKind.TaskScheduled or EventKind.SubOrchestrationScheduled or EventKind.TimerCreated or EventKind.EventSent:
                if (!uncommitted.TryDequeue(out Call? made) || made.Id != e.Id || made.Kind != e.Kind || !string.Equals(made.Name, e.Name, StringComparison.OrdinalIgnoreCase))
                {
                    string actual = made is null ? "no call" : Describe(made.Kind, made.Name);
                    throw Strayed($"its history has {Describe(e.Kind, e.Name)} as call {e.Id}, but replay made {actual}. Let instances in flight end before changing an orchestration's steps");
                }

                break;
            case EventKind.EventRaised:
                // The newest wait is served first; what comes after ContinueAsNew belongs to the next execution.
                if (continueAsNew is null && waiters.TryGetValue(e.Name!, out LinkedList<Action<string?>>? waiting) && waiting.Last is { } newest)
                {
                    waiting.RemoveLast();
                    scheduler.Run(() => newest.Value(e.Data));
                }
                else
                {
                    unconsumed.Add(e);
                }

                break;
            default:
                if (e.Id >= nextId)
                {
                    throw Strayed($"its history answers call {e.Id}, which replay never made");
                }

                // An answer that comes twice counts once.
                if (calls.Remove(e.Id, out Call? call))
                {
                    call.Answered = true;
                    scheduler.Run(() =>
                    {
                        if (e.Failure is { } failure)
                        {
                            call.Fail?.Invoke(failure);
                        }
                        else
                        {
                            call.Complete?.Invoke(e.Data);
                        }
                    });
                }

                break;
        }
    }

    private void Collect(TurnResult turn, List<int> activities, List<PendingTimer> timers, Func<long> sequence)
    {
        while (uncommitted.TryDequeue(out Call? call))
        {
            turn.Change.History.Add(new HistoryEvent(call.Kind, call.Id, call.Name, call.Kind == EventKind.TaskScheduled ? call.Input : null, call.Due));
            switch (call.Kind)
            {
                case EventKind.TaskScheduled:
                    turn.Activities.Add((call.Id, call.Name, call.Input));
                    activities.Add(call.Id);
                    break;
                case EventKind.TimerCreated when !call.Canceled:
                    timers.Add(new PendingTimer(call.Id, call.Due));
                    break;
                case EventKind.EventSent:
                    turn.Change.Letters.Add(new Letter(call.Target!, new Message(sequence(), null, new HistoryEvent(EventKind.EventRaised, Name: call.Name, Data: call.Input))));
                    break;
                case EventKind.SubOrchestrationScheduled:
                    turn.Change.Children.Add(new InstanceRecord
                    {
                        Id = call.Target!,
                        Name = call.Name,
                        Execution = sequence(),
                        Input = call.Input,
                        Status = OrchestrationRuntimeStatus.Pending,
                        CreatedAt = now,
                        UpdatedAt = now,
                        TraceParent = instance.TraceParent,
                        Parent = new ParentLink(InstanceId, instance.Name, instance.Execution, call.Id),
                    });
                    break;
            }
        }
    }

    private TurnResult Renew(TurnResult turn, string? input, bool preserve, Func<long> sequence)
    {
        Change change = turn.Change;
        change.ClearHistory = true;
        change.History.Clear();
        turn.Activities.Clear();
        change.Instance = change.Instance with { Input = input, Execution = sequence(), Turns = 0, StartAt = null, Pending = Pending.Nothing };
        if (preserve)
        {
            change.Kept.AddRange(unconsumed.Select(e => new Message(sequence(), null, e)));
        }

        return turn;
    }

    private TurnResult Fail(TurnResult turn, Exception cause, Func<long> sequence) =>
        End(turn, OrchestrationRuntimeStatus.Failed, null, TaskFailureDetails.FromException(cause), sequence);

    private TurnResult End(TurnResult turn, OrchestrationRuntimeStatus status, string? output, TaskFailureDetails? failure, Func<long> sequence)
    {
        turn.Activities.Clear();
        turn.Change.Instance = turn.Change.Instance with { Status = status, Output = output, Failure = failure, CustomStatus = customStatus, Pending = Pending.Nothing };
        if (instance.Parent is { } parent)
        {
            EventKind kind = failure is null ? EventKind.SubOrchestrationCompleted : EventKind.SubOrchestrationFailed;
            turn.Change.Letters.Add(new Letter(
                parent.InstanceId,
                new Message(sequence(), parent.Execution, new HistoryEvent(kind, parent.TaskId, instance.Name, output, Failure: failure))));
        }

        return turn;
    }

    private sealed class Call(int id, EventKind kind, string name, string? input)
    {
        public int Id => id;

        public EventKind Kind => kind;

        public string Name => name;

        public string? Input => input;

        public string? Target { get; init; }

        public DateTime Due { get; init; }

        public bool Answered { get; set; }

        public bool Canceled { get; set; }

        public Action<string?>? Complete { get; set; }

        public Action<TaskFailureDetails>? Fail { get; set; }

        public Action<CancellationToken>? Cancel { get; set; }
    }
}
