using System.Diagnostics;

namespace DurableTask.Sqlite;

/// <summary>
/// Writes on one thread: whatever waits while a transaction reaches the disk shares the next one, so that many instances cost few flushes.
/// A transaction that fails is the last one.
/// </summary>
internal sealed class GroupCommit : IDisposable
{
    private const int MaxBatch = 2048;

    // A turn usually follows within that time and takes the write into its own transaction.
    private static readonly long Patience = Stopwatch.Frequency / 500;

    private readonly Ownership ownership;
    private readonly string file;
    private readonly Action<SqliteStorageException> onLost;
    private readonly Thread thread;
    private readonly Lock gate = new();
    private readonly AutoResetEvent wake = new(false);
    private readonly Queue<IWrite> queue = [];
    private readonly Queue<(IWrite Write, long Due)> patient = [];
    private bool asleep;
    private bool closing;
    private SqliteStorageException? failure;

    public GroupCommit(Ownership ownership, string file, Action<SqliteStorageException> onLost)
    {
        this.ownership = ownership;
        this.file = file;
        this.onLost = onLost;
        thread = new Thread(Run) { IsBackground = true, Name = "DurableTask.Sqlite writer" };
        thread.Start();
    }

    /// <summary>Transactions committed so far.</summary>
    public long Transactions { get; private set; }

    /// <summary>
    /// When the last transaction was begun that nobody had taken the hub over before, as a <see cref="Stopwatch"/> tells it.
    /// </summary>
    public long LastProof { get; private set; } = Stopwatch.GetTimestamp();

    public void Add(IWrite write) => Add(write, null);

    /// <summary>Adds what should be on the disk soon, but mostly comes there with another write, which makes this one needless.</summary>
    public void AddPatient(IWrite write) => Add(write, Stopwatch.GetTimestamp() + Patience);

    /// <summary>Writes what was asked for until now and ends the thread; the ownership stays.</summary>
    public void Dispose()
    {
        lock (gate)
        {
            closing = true;
        }

        wake.Set();
        thread.Join();
        wake.Dispose();
    }

    private void Add(IWrite write, long? due)
    {
        SqliteStorageException? refused;
        bool signal = false;
        lock (gate)
        {
            refused = failure ?? (closing ? Closed() : null);
            if (refused is null)
            {
                if (due is { } time)
                {
                    patient.Enqueue((write, time));
                    signal = asleep && patient.Count == 1;
                }
                else
                {
                    queue.Enqueue(write);
                    signal = asleep;
                }

                asleep &= !signal;
            }
        }

        if (refused is not null)
        {
            write.Failed(refused);
        }
        else if (signal)
        {
            wake.Set();
        }
    }

    private SqliteStorageException Closed() => new(SqliteStorageErrorKind.Unusable, $"The task hub {file} was stopped.");

    private void Run()
    {
        List<IWrite> batch = [];
        while (Next(batch))
        {
            SqliteStorageException? error = failure ?? Commit(batch);
            foreach (IWrite write in batch)
            {
                if (error is null)
                {
                    write.Committed();
                }
                else
                {
                    write.Failed(error);
                }
            }

            batch.Clear();
            if (error is not null && failure is null)
            {
                lock (gate)
                {
                    failure = error;
                }

                onLost(error);
            }
        }
    }

    private bool Next(List<IWrite> batch)
    {
        while (true)
        {
            int sleep = Timeout.Infinite;
            lock (gate)
            {
                while (batch.Count < MaxBatch && queue.TryDequeue(out IWrite? write))
                {
                    batch.Add(write);
                }

                long now = Stopwatch.GetTimestamp();
                while (batch.Count < MaxBatch && patient.TryPeek(out (IWrite Write, long Due) first)
                    && (first.Due <= now || closing || failure is not null))
                {
                    batch.Add(patient.Dequeue().Write);
                }

                if (batch.Count > 0)
                {
                    return true;
                }

                if (closing)
                {
                    return false;
                }

                if (patient.TryPeek(out (IWrite Write, long Due) next))
                {
                    sleep = (int)((next.Due - now) * 1000 / Stopwatch.Frequency) + 1;
                }

                asleep = true;
            }

            wake.WaitOne(sleep);
            lock (gate)
            {
                asleep = false;
            }
        }
    }

    private SqliteStorageException? Commit(List<IWrite> batch)
    {
        SqliteSession db = ownership.Session;
        try
        {
            long begun = Stopwatch.GetTimestamp();
            bool open = false;
            bool wrote = false;
            foreach (IWrite write in batch)
            {
                if (!open)
                {
                    db.Execute("BEGIN IMMEDIATE");
                    open = true;
                    Lease.Require(db, ownership.Epoch, file);
                }

                wrote |= write.Execute(db);
            }

            db.Execute(wrote ? "COMMIT" : "ROLLBACK");
            ownership.CheckFiles();
            Transactions += wrote ? 1 : 0;
            LastProof = begun;
            return null;
        }
        catch (Exception e)
        {
            // Nothing after this may be written: what failed stays unwritten, and the transaction ends with the connection.
            Abandon(db);
            return SqliteErrors.Explain(e, file);
        }
    }

    private static void Abandon(SqliteSession db)
    {
        try
        {
            db.Execute("ROLLBACK");
        }
        catch (SqliteErrorException)
        {
            // It ended by itself.
        }
    }
}
