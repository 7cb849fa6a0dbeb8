using System.Security.Cryptography;
using System.Text;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using Microsoft.DurableTask.Converters;
using Microsoft.Extensions.Logging;
using Rescan.Local.Runtime.Storage;

namespace Rescan.Local.Runtime.Engine;

/// <summary>One turn of one orchestration: replays its history, then collects what it newly asks for.</summary>
internal sealed class LocalOrchestrationContext : TaskOrchestrationContext
{
    private static readonly DataConverter Converter = JsonDataConverter.Default;

    private readonly InstanceRecord instance;
    private readonly ILoggerFactory loggers;
    private readonly TurnScheduler scheduler = new();
    private readonly Dictionary<int, Call> calls = [];
    private readonly Dictionary<string, LinkedList<Waiter>> waiters = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<HistoryEvent> unconsumed = [];
    private int nextId;
    private int guids;
    private DateTime now;
    private bool replaying = true;
    private (object? Input, bool Preserve)? continueAsNew;
    private string? customStatus;

    public LocalOrchestrationContext(InstanceRecord instance, ILoggerFactory loggers)
    {
        this.instance = instance;
        this.loggers = loggers;
        customStatus = instance.CustomStatus;
    }

    public override TaskName Name => new(instance.Name);

    public override string InstanceId => instance.Id;

    public override ParentOrchestrationInstance? Parent =>
        instance.Parent is { } parent ? new(new TaskName(parent.Name), parent.InstanceId) : null;

    public override DateTime CurrentUtcDateTime => now;

    public override bool IsReplaying => replaying;

    protected override ILoggerFactory LoggerFactory => loggers;

    /// <summary>Runs the turn.</summary>
    /// <param name="orchestrator">The function to run.</param>
    /// <param name="history">What is committed.</param>
    /// <param name="arrived">What has arrived since, to be committed with this turn.</param>
    /// <param name="time">This turn's time, UTC.</param>
    public Turn Run(Func<TaskOrchestrationContext, Task<object?>> orchestrator, IReadOnlyList<HistoryEvent> history, IReadOnlyList<HistoryEvent> arrived, DateTime time)
    {
        Turn turn = new() { Instance = instance };
        HistoryEvent started = new(EventKind.TurnStarted, Time: time);
        turn.History.Add(started);
        turn.History.AddRange(arrived);
        Task<object?>? running = null;
        try
        {
            int position = 0;
            foreach (HistoryEvent e in history.Concat(turn.History))
            {
                replaying = position++ < history.Count;
                if (e.Kind == EventKind.TurnStarted)
                {
                    now = e.Time;
                    if (running is null)
                    {
                        scheduler.Run(() => running = orchestrator(this));
                    }
                }
                else
                {
                    Apply(e);
                }
            }
        }
        catch (NonDeterministicOrchestrationException e)
        {
            return End(turn, OrchestrationRuntimeStatus.Failed, null, TaskFailureDetails.FromException(e), time);
        }

        Collect(turn);
        turn.Instance = turn.Instance with { CustomStatus = customStatus, Status = OrchestrationRuntimeStatus.Running, UpdatedAt = time };
        if (continueAsNew is { } again && running!.IsCompletedSuccessfully)
        {
            return Renew(turn, again.Input, again.Preserve);
        }

        if (running!.IsFaulted || running.IsCanceled)
        {
            Exception cause = running.Exception?.InnerException ?? new TaskCanceledException(running);
            return End(turn, OrchestrationRuntimeStatus.Failed, null, TaskFailureDetails.FromException(cause), time);
        }

        return running.IsCompleted
            ? End(turn, OrchestrationRuntimeStatus.Completed, Converter.Serialize(running.Result), null, time)
            : turn;
    }

    public override T? GetInput<T>()
        where T : default => Converter.Deserialize<T>(instance.Input);

    public override async Task<TResult> CallActivityAsync<TResult>(TaskName name, object? input = null, TaskOptions? options = null) =>
        await WithRetry(
            options,
            () => Schedule<TResult>(new Call(EventKind.TaskScheduled, name.Name, Converter.Serialize(input))));

    public override async Task<TResult> CallSubOrchestratorAsync<TResult>(TaskName orchestratorName, object? input = null, TaskOptions? options = null) =>
        await WithRetry(
            options,
            () =>
            {
                string id = (options as SubOrchestrationOptions)?.InstanceId ?? $"{InstanceId}:{instance.Execution}:{nextId}";
                return Schedule<TResult>(new Call(EventKind.SubOrchestrationScheduled, orchestratorName.Name, Converter.Serialize(input)) { Target = id });
            });

    public override Task CreateTimer(DateTime fireAt, CancellationToken cancellationToken)
    {
        Call call = new(EventKind.TimerCreated, "timer", null) { Due = fireAt.ToUniversalTime() };
        Task timer = Schedule<object>(call);
        if (cancellationToken.CanBeCanceled)
        {
            cancellationToken.Register(() =>
            {
                call.Canceled = true;
                call.Cancel?.Invoke(cancellationToken);
            });
        }

        return timer;
    }

    public override Task<T> WaitForExternalEvent<T>(string eventName, CancellationToken cancellationToken = default)
    {
        TaskCompletionSource<T> source = new();
        HistoryEvent? early = unconsumed.Find(e => string.Equals(e.Name, eventName, StringComparison.OrdinalIgnoreCase));
        if (early is not null)
        {
            unconsumed.Remove(early);
            source.SetResult(Converter.Deserialize<T>(early.Data)!);
            return source.Task;
        }

        if (!waiters.TryGetValue(eventName, out LinkedList<Waiter>? queue))
        {
            waiters[eventName] = queue = new LinkedList<Waiter>();
        }

        LinkedListNode<Waiter> node = queue.AddLast(new Waiter(data => source.TrySetResult(Converter.Deserialize<T>(data)!)));
        if (cancellationToken.CanBeCanceled)
        {
            cancellationToken.Register(() =>
            {
                if (node.List is not null)
                {
                    queue.Remove(node);
                    source.TrySetCanceled(cancellationToken);
                }
            });
        }

        return source.Task;
    }

    public override void SendEvent(string instanceId, string eventName, object payload) =>
        calls.Add(nextId++, new Call(EventKind.EventSent, eventName, Converter.Serialize(payload)) { Target = instanceId });

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

    private Task<TResult> Schedule<TResult>(Call call)
    {
        int id = nextId++;
        TaskCompletionSource<TResult> source = new();
        call.Complete = data => source.TrySetResult(Converter.Deserialize<TResult>(data)!);
        call.Fail = failure => source.TrySetException(new TaskFailedException(call.Name, id, failure));
        call.Cancel = token => source.TrySetCanceled(token);
        calls.Add(id, call);
        return source.Task;
    }

    private void Apply(HistoryEvent e)
    {
        switch (e.Kind)
        {
            case EventKind.TaskScheduled or EventKind.SubOrchestrationScheduled or EventKind.TimerCreated or EventKind.EventSent:
                if (!calls.TryGetValue(e.Id, out Call? made) || made.Kind != e.Kind || !string.Equals(made.Name, e.Name, StringComparison.OrdinalIgnoreCase))
                {
                    string actual = made is null ? "no call" : Describe(made.Kind, made.Name);
                    throw new NonDeterministicOrchestrationException(
                        $"Orchestration '{instance.Name}' ({instance.Id}) is not deterministic: its history has {Describe(e.Kind, e.Name)} as call {e.Id}, but replay made {actual}. Let instances in flight end before changing an orchestration's steps.");
                }

                made.Committed = true;
                break;
            case EventKind.EventRaised:
                if (waiters.TryGetValue(e.Name!, out LinkedList<Waiter>? queue) && queue.First is { } node)
                {
                    queue.RemoveFirst();
                    scheduler.Run(() => node.Value.Deliver(e.Data));
                }
                else
                {
                    unconsumed.Add(e);
                }

                break;
            default:
                if (!calls.TryGetValue(e.Id, out Call? call))
                {
                    throw new NonDeterministicOrchestrationException(
                        $"Orchestration '{instance.Name}' ({instance.Id}) is not deterministic: its history answers call {e.Id}, which replay never made.");
                }

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
                break;
        }
    }

    private void Collect(Turn turn)
    {
        foreach ((int id, Call call) in calls.OrderBy(c => c.Key))
        {
            if (call.Committed)
            {
                if (call is { Canceled: true, Answered: false })
                {
                    turn.CanceledTimers.Add(id);
                }

                continue;
            }

            turn.History.Add(new HistoryEvent(call.Kind, id, call.Name));
            switch (call.Kind)
            {
                case EventKind.TaskScheduled:
                    turn.Activities.Add((id, call.Name, call.Input));
                    break;
                case EventKind.TimerCreated when !call.Canceled:
                    turn.Timers.Add((id, call.Due));
                    break;
                case EventKind.EventSent:
                    turn.Messages.Add((call.Target!, null, new HistoryEvent(EventKind.EventRaised, Name: call.Name, Data: call.Input)));
                    break;
                case EventKind.SubOrchestrationScheduled:
                    turn.Children.Add(new InstanceRecord
                    {
                        Id = call.Target!,
                        Name = call.Name,
                        Input = call.Input,
                        Status = OrchestrationRuntimeStatus.Pending,
                        CreatedAt = now,
                        UpdatedAt = now,
                        Parent = new ParentLink(InstanceId, instance.Name, instance.Execution, id),
                    });
                    break;
            }
        }
    }

    private Turn Renew(Turn turn, object? input, bool preserve)
    {
        turn.ClearHistory = true;
        turn.History.Clear();
        turn.Activities.Clear();
        turn.Timers.Clear();
        turn.Instance = turn.Instance with { Input = Converter.Serialize(input), Execution = instance.Execution + 1 };
        if (preserve)
        {
            turn.Messages.AddRange(unconsumed.Select(e => (InstanceId, (long?)null, e)));
        }

        return turn;
    }

    private Turn End(Turn turn, OrchestrationRuntimeStatus status, string? output, TaskFailureDetails? failure, DateTime time)
    {
        turn.Activities.Clear();
        turn.Timers.Clear();
        turn.Instance = turn.Instance with { Status = status, Output = output, Failure = failure, UpdatedAt = time, CustomStatus = customStatus };
        if (instance.Parent is { } parent)
        {
            EventKind kind = failure is null ? EventKind.SubOrchestrationCompleted : EventKind.SubOrchestrationFailed;
            turn.Messages.Add((parent.InstanceId, parent.Execution, new HistoryEvent(kind, parent.TaskId, instance.Name, output, Failure: failure)));
        }

        return turn;
    }

    private sealed record Waiter(Action<string?> Deliver);

    private sealed class Call(EventKind kind, string name, string? input)
    {
        public EventKind Kind => kind;

        public string Name => name;

        public string? Input => input;

        public string? Target { get; init; }

        public DateTime Due { get; init; }

        public bool Committed { get; set; }

        public bool Answered { get; set; }

        public bool Canceled { get; set; }

        public Action<string?>? Complete { get; set; }

        public Action<TaskFailureDetails>? Fail { get; set; }

        public Action<CancellationToken>? Cancel { get; set; }
    }
}
