using DurableTask.Core;

namespace DurableTask.Sqlite;

/// <summary>
/// A message for an instance, in memory and, mostly, in the database. One that comes from outside or from an activity is written soon; the
/// turn that takes it is usually faster, and then its transaction stands for both.
/// </summary>
internal sealed class InboxMessage : IWrite
{
    private const int InMemory = 0;
    private const int Written = 1;
    private const int Absorbed = 2;

    private readonly HubSql? sql;
    private readonly TaskCompletionSource? durable;
    private int state;

    /// <summary>A message that the database has.</summary>
    public InboxMessage(long instance, long key, long visible, TaskMessage? message)
    {
        (Instance, Key, Visible, Message) = (instance, key, visible, message);
        state = Written;
    }

    /// <summary>A message that the database does not have yet.</summary>
    /// <param name="instance">The key of the instance.</param>
    /// <param name="key">Its own key.</param>
    /// <param name="visible">When it came.</param>
    /// <param name="message">Its content.</param>
    /// <param name="task">The activity that it is the result of, or 0.</param>
    /// <param name="sql">Writes it.</param>
    /// <param name="durable">Completes once it, or the turn that took it, is on the disk.</param>
    public InboxMessage(long instance, long key, long visible, TaskMessage message, long task, HubSql sql, TaskCompletionSource? durable)
        : this(instance, key, visible, message)
    {
        (Task, this.sql, this.durable, state) = (task, sql, durable, InMemory);
    }

    public long Instance { get; }

    public long Key { get; }

    public long Visible { get; }

    /// <summary>Null for the sign that a delayed start is due.</summary>
    public TaskMessage? Message { get; }

    /// <summary>The activity that this is the result of; its row goes with the message.</summary>
    public long Task { get; }

    /// <summary>What to do once it is in the database, if no turn takes it before.</summary>
    public Action? WhenWritten { get; set; }

    /// <summary>Takes part in a turn.</summary>
    /// <returns>True when the database does not have it and need not get it.</returns>
    public bool TryAbsorb() => Interlocked.CompareExchange(ref state, Absorbed, InMemory) != Written;

    /// <summary>Removes it from the database, within the transaction of the turn that took it.</summary>
    public void Consume(HubSql on)
    {
        if (!TryAbsorb())
        {
            on.DeleteMessage.Bind(1, Instance).Bind(2, Key).Run();
        }
        else if (Task != 0)
        {
            on.DeleteTask.Bind(1, Instance).Bind(2, Task).Run();
        }
    }

    /// <summary>The turn that took it is on the disk.</summary>
    public void Consumed() => durable?.TrySetResult();

    public bool Execute(SqliteSession db)
    {
        if (Interlocked.CompareExchange(ref state, Written, InMemory) != InMemory)
        {
            return false;
        }

        if (Task != 0)
        {
            sql!.DeleteTask.Bind(1, Instance).Bind(2, Task).Run();
        }

        PayloadWriter payload = PayloadWriter.Rent();
        MessageCodec.Write(payload, Message!);
        sql!.InsertMessageIfOpen.Bind(1, Instance).Bind(2, Key).Bind(3, Visible).Bind(4, payload.Slice(..)).Run();
        payload.Return();
        return true;
    }

    public void Committed()
    {
        if (state == Written)
        {
            durable?.TrySetResult();
            if (WhenWritten is { } then)
            {
                _ = System.Threading.Tasks.Task.Run(then);
            }
        }
    }

    public void Failed(SqliteStorageException failure) => durable?.TrySetException(failure);
}
