namespace DurableTask.Sqlite;

/// <summary>Messages that nobody takes.</summary>
internal sealed class DiscardWrite(List<InboxMessage> messages, CreateRecord? creation, HubSql sql) : IWrite
{
    private readonly TaskCompletionSource done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task Done => done.Task;

    public bool Execute(SqliteSession db)
    {
        _ = creation?.Execute(db);
        foreach (InboxMessage message in messages)
        {
            message.Consume(sql);
        }

        return true;
    }

    public void Committed()
    {
        creation?.Complete();
        foreach (InboxMessage message in messages)
        {
            message.Consumed();
        }

        done.TrySetResult();
    }

    public void Failed(SqliteStorageException failure)
    {
        foreach (InboxMessage message in messages)
        {
            message.Failed(failure);
        }

        done.TrySetException(failure);
    }
}
