using System.Collections.Concurrent;

namespace Rescan.Local.Runtime.Storage;

/// <summary>
/// Writes on one thread: whatever waits while a transaction reaches the disk shares the next one, so that many
/// instances cost few flushes. A failed transaction is the last one.
/// </summary>
internal sealed class SqliteWriter : IDisposable
{
    private const int MaxBatch = 1024;

    private readonly SqliteSession db;
    private readonly Action beforeCommit;
    private readonly Func<Exception, StateStoreException> explain;
    private readonly BlockingCollection<Write> queue = [];
    private readonly Thread thread;

    /// <summary>Starts the thread.</summary>
    /// <param name="db">The connection to write on; owned from now on.</param>
    /// <param name="beforeCommit">Throws when the file must not be written any more.</param>
    /// <param name="explain">Makes one clear error of whatever went wrong, and remembers it.</param>
    public SqliteWriter(SqliteSession db, Action beforeCommit, Func<Exception, StateStoreException> explain)
    {
        this.db = db;
        this.beforeCommit = beforeCommit;
        this.explain = explain;
        thread = new Thread(Run) { IsBackground = true, Name = "state writer" };
        thread.Start();
    }

    /// <summary>Transactions committed so far.</summary>
    public long Transactions { get; private set; }

    /// <summary>Runs a write within the next transaction; completes once that is on the disk.</summary>
    public Task WriteAsync(Action<SqliteSession> action)
    {
        Write write = new(action);
        try
        {
            queue.Add(write);
        }
        catch (InvalidOperationException)
        {
            throw new ObjectDisposedException(nameof(SqliteStore));
        }

        return write.Done.Task;
    }

    /// <summary>Writes what was asked for until now and closes the connection.</summary>
    public void Dispose()
    {
        if (!queue.IsAddingCompleted)
        {
            queue.CompleteAdding();
            thread.Join();
            db.Dispose();
        }
    }

    private void Run()
    {
        List<Write> batch = [];
        StateStoreException? failure = null;
        foreach (Write first in queue.GetConsumingEnumerable())
        {
            batch.Add(first);
            while (batch.Count < MaxBatch && queue.TryTake(out Write? next))
            {
                batch.Add(next);
            }

            failure ??= Commit(batch);
            foreach (Write write in batch)
            {
                if (failure is null)
                {
                    write.Done.SetResult();
                }
                else
                {
                    write.Done.SetException(failure);
                }
            }

            batch.Clear();
        }
    }

    private StateStoreException? Commit(List<Write> batch)
    {
        try
        {
            db.Execute("BEGIN IMMEDIATE");
            foreach (Write write in batch)
            {
                write.Action(db);
            }

            beforeCommit();
            db.Execute("COMMIT");
            Transactions++;
            return null;
        }
        catch (Exception e)
        {
            // Nothing after this may be written: what failed stays unwritten, and the transaction ends with the connection.
            return explain(e);
        }
    }

    private sealed record Write(Action<SqliteSession> Action)
    {
        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
