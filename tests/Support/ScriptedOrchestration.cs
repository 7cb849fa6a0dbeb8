using Microsoft.DurableTask;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Rescan.Tests.Support;

/// <summary>
/// Plays one execution of an orchestration without an engine, in a time of its own: activities answer as the test says, timers fire in
/// their order, events come when the test says. What the orchestration still has under way when it returns is in <see cref="Open"/>:
/// Durable Task completes no instance, and starts none anew, before that has ended.
/// </summary>
internal sealed class ScriptedOrchestration(string instanceId, object? input, DateTimeOffset start) : TaskOrchestrationContext
{
    private readonly Dictionary<string, Func<object?, object?>> answers = new(StringComparer.Ordinal);
    private readonly PriorityQueue<Action, (DateTimeOffset At, int Order)> due = new();
    private readonly List<string> open = [];
    private readonly Dictionary<string, List<Action<object?>>> waits = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Queue<object?>> unread = new(StringComparer.Ordinal);
    private readonly DateTimeOffset began = start;
    private DateTimeOffset now = start;
    private TimeSpan clockSet;
    private int order;

    /// <summary>Activities, sub-orchestrations and timers that have neither ended nor been cancelled.</summary>
    public IReadOnlyList<string> Open => open;

    /// <summary>What was called, in order.</summary>
    public List<string> Calls { get; } = [];

    /// <summary>The time that has passed, whatever the clock says.</summary>
    public TimeSpan Elapsed => now - began;

    /// <summary>Events sent to other instances.</summary>
    public List<(string InstanceId, string Event, object? Payload)> Sent { get; } = [];

    /// <summary>The input of the next execution; null when it did not ask for one.</summary>
    public object? ContinuedWith { get; private set; }

    public override TaskName Name => nameof(ScriptedOrchestration);

    public override string InstanceId => instanceId;

    public override ParentOrchestrationInstance? Parent => null;

    public override DateTime CurrentUtcDateTime => (now + clockSet).UtcDateTime;

    public override bool IsReplaying => false;

    protected override ILoggerFactory LoggerFactory => NullLoggerFactory.Instance;

    /// <summary>Says what an activity or a sub-orchestration answers; it takes a second.</summary>
    public ScriptedOrchestration Answer(string name, Func<object?, object?> answer)
    {
        answers[name] = answer;
        return this;
    }

    /// <summary>Says that an event comes.</summary>
    public ScriptedOrchestration Raise(TimeSpan after, string name, object? payload)
    {
        After(after, () => Deliver(name, payload));
        return this;
    }

    /// <summary>Says that the clock is set, while time passes as it does; timers fire after the time that they were set for.</summary>
    public ScriptedOrchestration SetClock(TimeSpan after, TimeSpan by)
    {
        After(after, () => clockSet += by);
        return this;
    }

    /// <summary>Plays the execution to its return.</summary>
    public async Task<T> PlayAsync<T>(Func<TaskOrchestrationContext, Task<T>> orchestration)
    {
        Task<T> run = Run(orchestration);
        Assert.True(run.IsCompleted, $"The orchestration waits for what never comes; under way: {string.Join(", ", open)}");
        return await run;
    }

    /// <inheritdoc cref="PlayAsync{T}"/>
    public Task PlayAsync(Func<TaskOrchestrationContext, Task> orchestration) => PlayAsync(async context =>
    {
        await orchestration(context);
        return true;
    });

    public override T? GetInput<T>()
        where T : default => (T?)input;

    public override Task<TResult> CallActivityAsync<TResult>(TaskName name, object? input = null, TaskOptions? options = null) =>
        Call<TResult>(name, input);

    public override Task<TResult> CallSubOrchestratorAsync<TResult>(
        TaskName orchestratorName, object? input = null, TaskOptions? options = null) =>
        Call<TResult>(orchestratorName, input);

    public override Task CreateTimer(DateTime fireAt, CancellationToken cancellationToken)
    {
        TaskCompletionSource fired = new();
        string timer = $"timer {Calls.Count(c => c == "timer") + 1}";
        Calls.Add("timer");
        open.Add(timer);
        cancellationToken.Register(() =>
        {
            if (open.Remove(timer))
            {
                fired.TrySetCanceled(cancellationToken);
            }
        });
        After(new DateTimeOffset(fireAt, TimeSpan.Zero) - now - clockSet, () =>
        {
            if (open.Remove(timer))
            {
                fired.TrySetResult();
            }
        });
        return fired.Task;
    }

    public override Task<T> WaitForExternalEvent<T>(string eventName, CancellationToken cancellationToken = default)
    {
        TaskCompletionSource<T> came = new();
        if (unread.TryGetValue(eventName, out Queue<object?>? kept) && kept.TryDequeue(out object? payload))
        {
            came.SetResult((T)payload!);
            return came.Task;
        }

        // The newest wait is served first, as Durable Task does.
        (waits.TryGetValue(eventName, out List<Action<object?>>? waiting) ? waiting : waits[eventName] = []).Add(
            e => came.SetResult((T)e!));
        return came.Task;
    }

    public override void SendEvent(string instanceId, string eventName, object payload)
    {
        Sent.Add((instanceId, eventName, payload));
        if (instanceId == InstanceId)
        {
            After(TimeSpan.Zero, () => Deliver(eventName, payload));
        }
    }

    public override void SetCustomStatus(object? customStatus)
    {
    }

    public override void ContinueAsNew(object? newInput = null, bool preserveUnprocessedEvents = true) => ContinuedWith = newInput;

    public override Guid NewGuid() => new(++order, 0, 0, new byte[8]);

    private Task<T> Run<T>(Func<TaskOrchestrationContext, Task<T>> orchestration)
    {
        // The test's own context would run what follows an await elsewhere and later.
        SynchronizationContext? before = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        try
        {
            Task<T> run = orchestration(this);
            while (!run.IsCompleted && due.TryDequeue(out Action? happens, out (DateTimeOffset At, int) when))
            {
                now = when.At > now ? when.At : now;
                happens();
            }

            return run;
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(before);
        }
    }

    private Task<T> Call<T>(TaskName name, object? input)
    {
        TaskCompletionSource<T> ended = new();
        string call = $"{name.Name} {Calls.Count + 1}";
        Calls.Add(name.Name);
        open.Add(call);
        After(TimeSpan.FromSeconds(1), () =>
        {
            open.Remove(call);
            try
            {
                ended.SetResult((T)(answers.TryGetValue(name.Name, out Func<object?, object?>? answer) ? answer(input) : null)!);
            }
            catch (TaskFailedException e)
            {
                ended.SetException(e);
            }
        });
        return ended.Task;
    }

    private void Deliver(string name, object? payload)
    {
        if (waits.TryGetValue(name, out List<Action<object?>>? waiting) && waiting.Count > 0)
        {
            Action<object?> newest = waiting[^1];
            waiting.RemoveAt(waiting.Count - 1);
            newest(payload);
        }
        else
        {
            (unread.TryGetValue(name, out Queue<object?>? kept) ? kept : unread[name] = []).Enqueue(payload);
        }
    }

    private void After(TimeSpan span, Action happens) =>
        due.Enqueue(happens, (now + (span > TimeSpan.Zero ? span : TimeSpan.Zero), order++));
}
