using SQLitePCL;

namespace DurableTask.Sqlite;

/// <summary>What an owner holds: the connection that writes, the epoch that its writes carry, and, mostly, the lock.</summary>
internal sealed class Ownership : IDisposable
{
    private readonly string file;
    private readonly HeldFiles files = new();
    private FileStream? held;

    private Ownership(string file, SqliteSession session, FileStream? held, long epoch)
    {
        this.file = file;
        Session = session;
        this.held = held;
        Epoch = epoch;
        files.Add(file);
        files.Add(HubFiles.Log(file));
        files.Add(HubFiles.SharedMemory(file));
        if (held is not null)
        {
            Mark();
        }
    }

    public SqliteSession Session { get; }

    public long Epoch { get; }

    public bool HasLock => held is not null;

    /// <summary>Claims the hub.</summary>
    /// <param name="file">The database.</param>
    /// <param name="held">The lock; null to take over from a process that still has it.</param>
    /// <param name="seen">The lease that was found without life; it must be unchanged.</param>
    /// <returns>Null when somebody else was faster.</returns>
    public static Ownership? TryClaim(string file, FileStream? held, Lease? seen)
    {
        try
        {
            HubFiles.Create(file);
            try
            {
                return Claim(file, held, seen);
            }
            catch (SqliteErrorException e) when (e.ErrorCode == raw.SQLITE_BUSY && held is null)
            {
                HubFiles.Replace(file);
                return Claim(file, held, seen);
            }
        }
        catch (Exception e) when (e is SqliteErrorException or InvalidDataException or IOException or UnauthorizedAccessException)
        {
            throw SqliteErrors.Explain(e, file);
        }
    }

    /// <summary>Before anything is acknowledged.</summary>
    /// <exception cref="SqliteStorageException">A file is not the one any more that it was.</exception>
    public void CheckFiles() => files.Check();

    /// <summary>Takes the lock when the process that had it is gone by now.</summary>
    public void TryLock()
    {
        if (held is null && (held = LockFile.TryTake(HubFiles.Lock(file))) is not null)
        {
            Mark();
        }
    }

    public void Dispose()
    {
        Session.Dispose();
        held?.Dispose();
    }

    private static Ownership? Claim(string file, FileStream? held, Lease? seen)
    {
        SqliteSession db = SqliteSession.Open(file);
        try
        {
            Schema.Prepare(db, file);
            db.Script("BEGIN IMMEDIATE");
            Lease lease = Lease.Read(db);
            if (seen is not null && (lease.Epoch != seen.Epoch || lease.Beat != seen.Beat))
            {
                db.Dispose();
                return null;
            }

            Lease.Claim(db, lease.Epoch + 1, held is not null);
            db.Script("COMMIT");
            return new Ownership(file, db, held, lease.Epoch + 1);
        }
        catch
        {
            db.Dispose();
            throw;
        }
    }

    private void Mark()
    {
        HubFiles.Mark(held!);
        files.Add(HubFiles.Lock(file));
    }
}
