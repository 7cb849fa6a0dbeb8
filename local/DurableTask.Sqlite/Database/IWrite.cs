namespace DurableTask.Sqlite;

/// <summary>Something to write with the next transaction.</summary>
internal interface IWrite
{
    /// <summary>Writes it, on the writer's thread. Whatever it throws ends the transaction and the database.</summary>
    /// <returns>False when there was nothing to write any more.</returns>
    bool Execute(SqliteSession db);

    /// <summary>It is on the disk. Must be quick.</summary>
    void Committed();

    /// <summary>It is not, and will not be.</summary>
    void Failed(SqliteStorageException failure);
}

/// <summary>A write of a caller, in a savepoint of its own.</summary>
internal sealed class CallerWrite<T>(Func<SqliteSession, T> work) : IWrite
{
    private readonly TaskCompletionSource<T> done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private T? result;
    private Exception? error;

    public Task<T> Task => done.Task;

    public bool Execute(SqliteSession db)
    {
        db.Execute("SAVEPOINT caller");
        try
        {
            result = work(db);
        }
        catch (Exception e) when (!SqliteErrors.IsFatal(e))
        {
            error = e;
            db.Execute("ROLLBACK TO caller");
        }

        db.Execute("RELEASE caller");
        return true;
    }

    public void Committed()
    {
        if (error is null)
        {
            done.TrySetResult(result!);
        }
        else
        {
            done.TrySetException(error);
        }
    }

    public void Failed(SqliteStorageException failure) => done.TrySetException(error ?? failure);
}
