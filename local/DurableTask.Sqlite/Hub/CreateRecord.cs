using DurableTask.Core;
using DurableTask.Core.Exceptions;
using DurableTask.Core.History;

namespace DurableTask.Sqlite;

/// <summary>A new instance. Its first turn usually writes it; else it is written by itself.</summary>
internal sealed class CreateRecord(long key, TaskMessage message, OrchestrationStatus[] dedupe, long created, long? startAt, HubSql sql)
    : IWrite
{
    private const int InMemory = 0;
    private const int Written = 1;
    private const int Absorbed = 2;

    private readonly TaskCompletionSource durable = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int state;
    private OrchestrationStatus? conflict;

    public long Key => key;

    public string Id { get; } = message.OrchestrationInstance.InstanceId;

    public TaskMessage Message => message;

    public ExecutionStartedEvent Start { get; } = (ExecutionStartedEvent)message.Event;

    public long Created => created;

    /// <summary>Completes once it is on the disk.</summary>
    /// <exception cref="OrchestrationAlreadyExistsException">The id is taken.</exception>
    public Task Durable => durable.Task;

    public bool WasWritten => state == Written;

    /// <summary>Whether the first turn has to write it; decided once.</summary>
    public bool TryAbsorb() => Interlocked.CompareExchange(ref state, Absorbed, InMemory) != Written;

    /// <summary>Writes the instance, in the place of one with its id that may be replaced.</summary>
    /// <param name="row">How it is after this transaction.</param>
    /// <returns>False when the id is taken.</returns>
    public bool Insert(in InstanceState row)
    {
        if (!row.Insert(sql, key, Id, created, startAt))
        {
            InstanceRow existing = sql.Find(Id)!.Value;
            if (dedupe.Contains((OrchestrationStatus)existing.Status))
            {
                conflict = (OrchestrationStatus)existing.Status;
                return false;
            }

            sql.Delete(existing.Key);
            row.Insert(sql, key, Id, created, startAt);
        }

        return true;
    }

    public bool Execute(SqliteSession db)
    {
        if (Interlocked.CompareExchange(ref state, Written, InMemory) != InMemory)
        {
            return false;
        }

        if (Insert(InstanceState.Pending(Start.OrchestrationInstance.ExecutionId, created)))
        {
            StartRows.Put(sql, key, Start);
            if (startAt is { } due)
            {
                sql.InsertMessage.Bind(1, key).Bind(2, 0).Bind(3, due).Bind(4, 1).BindNull(5).Run();
            }
        }

        return true;
    }

    public void Committed()
    {
        if (state == Written)
        {
            Complete();
        }
    }

    /// <summary>The turn that wrote it is on the disk.</summary>
    public void Complete()
    {
        if (conflict is { } status)
        {
            durable.TrySetException(AlreadyExists(Id, status));
        }
        else
        {
            durable.TrySetResult();
        }
    }

    public void Failed(SqliteStorageException failure) => durable.TrySetException(failure);

    public static OrchestrationAlreadyExistsException AlreadyExists(string id, OrchestrationStatus status) =>
        new($"An orchestration with the instance id '{id}' already exists. It is {status}.");
}
