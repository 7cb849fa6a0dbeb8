using DurableTask.Core;
using DurableTask.Core.History;

namespace DurableTask.Sqlite;

/// <summary>What one turn of an orchestration changes, in one transaction: all of it, or nothing.</summary>
internal sealed class TurnWrite : IWrite
{
    private readonly SqliteWorkItem item;
    private readonly HubSql sql;
    private readonly OrchestrationRuntimeState state;
    private readonly InstanceState row;
    private readonly bool isNewExecution;
    private readonly PayloadWriter payload = PayloadWriter.Rent();
    private readonly Range history;
    private readonly List<(long Key, Range Bytes, TaskMessage Message)> tasks = [];
    private readonly List<(long Key, long Visible, bool Waits, Range Bytes, TaskMessage Message)> timers = [];
    private readonly List<Letter> letters = [];
    private readonly TaskCompletionSource done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly long now;

    public TurnWrite(SqliteWorkItem item, OrchestrationRuntimeState state, bool isNewExecution, InstanceState row, HubSql sql, long now)
    {
        (this.item, this.state, this.isNewExecution, this.row, this.sql, this.now) = (item, state, isNewExecution, row, sql, now);
        EventCodec.WriteHistory(payload, state.NewEvents);
        history = ..payload.Length;
        HistoryBytes = payload.Length;
    }

    /// <summary>Whether the instance had ended or was replaced meanwhile, so that nothing of the turn counts.</summary>
    public bool IsStale { get; private set; }

    public long HistoryBytes { get; }

    public bool HasEnded => !InstanceStatus.IsOpen(row.Status);

    public Task Done => done.Task;

    public IReadOnlyList<(long Key, Range Bytes, TaskMessage Message)> Tasks => tasks;

    public IReadOnlyList<(long Key, long Visible, bool Waits, Range Bytes, TaskMessage Message)> Timers => timers;

    /// <summary>Messages for instances, with where they went.</summary>
    public IReadOnlyList<Letter> Letters => letters;

    public void AddTask(long key, TaskMessage message) => tasks.Add((key, Encode(message), message));

    public void AddTimer(long key, TaskMessage message)
    {
        long due = ((TimerFiredEvent)message.Event).FireAt.ToUniversalTime().Ticks;
        timers.Add((key, Math.Max(due, now), due > now, Encode(message), message));
    }

    public void AddLetter(long key, long newInstanceKey, TaskMessage message) =>
        letters.Add(new Letter(key, newInstanceKey, message, message.Event is ExecutionStartedEvent ? default : Encode(message)));

    public bool Execute(SqliteSession db)
    {
        foreach (InboxMessage message in item.Messages)
        {
            message.Consume(sql);
        }

        IsStale = !WriteInstance();
        if (!IsStale)
        {
            if (isNewExecution || item.Turns == 0)
            {
                WriteExecution();
            }

            sql.InsertHistory.Bind(1, item.Key).Bind(2, item.Turns).Bind(3, payload.Slice(history)).Run();
            WriteMessages();
        }

        payload.Return();
        return true;
    }

    public void Committed()
    {
        item.Creation?.Complete();
        foreach (InboxMessage message in item.Messages)
        {
            message.Consumed();
        }

        done.TrySetResult();
    }

    public void Failed(SqliteStorageException failure)
    {
        item.Creation?.Failed(failure);
        foreach (InboxMessage message in item.Messages)
        {
            message.Failed(failure);
        }

        done.TrySetException(failure);
    }

    private bool WriteInstance() =>
        item.Creation is { } creation && creation.TryAbsorb() ? creation.Insert(row) : row.Update(sql, item.Key);

    private void WriteExecution()
    {
        if (isNewExecution)
        {
            // Timers of the execution that ended would only fire to be dropped.
            sql.DeleteHistory.Bind(1, item.Key).Run();
            sql.DeleteWaiting.Bind(1, item.Key).Run();
        }

        // The dispatcher puts the span of the execution into the start event with its first turn, so that later ones go on with it.
        if (isNewExecution || item.Creation is { WasWritten: false } || state.ExecutionStartedEvent!.ParentTraceContext?.SpanId is not null)
        {
            StartRows.Put(sql, item.Key, state.ExecutionStartedEvent!);
        }
    }

    private void WriteMessages()
    {
        foreach ((long key, Range bytes, _) in tasks)
        {
            sql.InsertTask.Bind(1, item.Key).Bind(2, key).Bind(3, payload.Slice(bytes)).Run();
        }

        foreach (Letter letter in letters)
        {
            Post(letter);
        }

        if (HasEnded)
        {
            sql.DeleteMessages.Bind(1, item.Key).Run();
            return;
        }

        foreach ((long key, long visible, bool waits, Range bytes, _) in timers)
        {
            Insert(item.Key, key, visible, waits, payload.Slice(bytes));
        }
    }

    private void Post(Letter letter)
    {
        string id = letter.Message.OrchestrationInstance.InstanceId;
        InstanceRow? target = sql.Find(id);
        if (letter.Message.Event is ExecutionStartedEvent start)
        {
            if (target is { IsOpen: true })
            {
                Refuse(letter, start, (OrchestrationStatus)target.Value.Status);
                return;
            }

            if (target is { } ended)
            {
                sql.Delete(ended.Key);
            }

            InstanceState.Pending(start.OrchestrationInstance.ExecutionId, now).Insert(sql, letter.NewInstance, id, now, null);
            StartRows.Put(sql, letter.NewInstance, start);
            letter.SentTo(letter.NewInstance, wakes: true);
        }
        else if (target is { IsOpen: true } open && !(open.Key == item.Key && HasEnded))
        {
            Insert(open.Key, letter.Key, now, false, payload.Slice(letter.Bytes));
            letter.SentTo(open.Key, wakes: !open.IsPending || open.StartAt is null || open.StartAt <= now);
        }
    }

    /// <summary>The id of a sub-orchestration is taken: its parent is told so, since nobody else would ever answer it.</summary>
    private void Refuse(Letter letter, ExecutionStartedEvent start, OrchestrationStatus status)
    {
        if (HasEnded || start.ParentInstance is null || start.Tags?.ContainsKey(OrchestrationTags.FireAndForget) == true)
        {
            return;
        }

        string reason = CreateRecord.AlreadyExists(start.OrchestrationInstance.InstanceId, status).Message;
        letter.Message = new TaskMessage
        {
            OrchestrationInstance = state.OrchestrationInstance!,
            Event = new SubOrchestrationInstanceFailedEvent(
                -1, start.ParentInstance.TaskScheduleId, reason, null,
                new FailureDetails(typeof(Core.Exceptions.OrchestrationAlreadyExistsException).FullName!, reason, null, null,
                    isNonRetriable: true)),
        };
        int from = payload.Length;
        MessageCodec.Write(payload, letter.Message);
        Insert(item.Key, letter.Key, now, false, payload.Slice(from..payload.Length));
        letter.SentTo(item.Key, wakes: true);
    }

    private void Insert(long instance, long key, long visible, bool waits, ReadOnlySpan<byte> bytes) =>
        sql.InsertMessage.Bind(1, instance).Bind(2, key).Bind(3, visible).Bind(4, waits ? 1 : 0).Bind(5, bytes).Run();

    private Range Encode(TaskMessage message)
    {
        int from = payload.Length;
        MessageCodec.Write(payload, message);
        return from..payload.Length;
    }
}

/// <summary>A message of a turn for an instance, and which one got it.</summary>
internal sealed class Letter(long key, long newInstance, TaskMessage message, Range bytes)
{
    public long Key => key;

    /// <summary>The key that the instance gets when the message makes one.</summary>
    public long NewInstance => newInstance;

    public TaskMessage Message { get; set; } = message;

    public Range Bytes => bytes;

    /// <summary>The key of the instance that got it; 0 when none is there or it has ended.</summary>
    public long Target { get; private set; }

    /// <summary>Whether that instance has something to do now.</summary>
    public bool Wakes { get; private set; }

    public void SentTo(long target, bool wakes) => (Target, Wakes) = (target, wakes);
}
