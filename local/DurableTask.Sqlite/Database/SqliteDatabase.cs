using System.Collections.Concurrent;

namespace DurableTask.Sqlite;

/// <summary>
/// The database of a task hub. An application may keep tables of its own in it: its writes then share the commits of the task hub. Names of
/// tables should have a prefix of the application's.
/// </summary>
public sealed class SqliteDatabase
{
    private const int MaxIdleReaders = 4;
    private readonly ConcurrentBag<SqliteSession> readers = [];
    private volatile GroupCommit? writer;
    private volatile bool closed;

    internal SqliteDatabase(string filePath) => FilePath = filePath;

    /// <summary>The full path of the file.</summary>
    public string FilePath { get; }

    /// <summary>Transactions that this process has committed; several writes may share one.</summary>
    public long Transactions => writer?.Transactions ?? 0;

    internal GroupCommit Writer => writer ?? throw new InvalidOperationException(
        $"This process does not own the task hub {FilePath}: start the service first, and wait until it is the owner.");

    /// <summary>Writes within the next transaction. Many callers share one; a write that throws undoes itself only.</summary>
    /// <typeparam name="T">What it gives back.</typeparam>
    /// <param name="work">Runs on the thread that all writers share, so it should do nothing but write; it must not begin or end
    /// transactions.</param>
    /// <returns>Completes once the transaction is on the disk.</returns>
    /// <exception cref="SqliteStorageException">The task hub writes nothing any more.</exception>
    /// <exception cref="InvalidOperationException">This process does not own the task hub.</exception>
    public Task<T> WriteAsync<T>(Func<SqliteSession, T> work)
    {
        ArgumentNullException.ThrowIfNull(work);
        CallerWrite<T> write = new(work);
        Writer.Add(write);
        return write.Task;
    }

    /// <inheritdoc cref="WriteAsync{T}(Func{SqliteSession, T})"/>
    public Task WriteAsync(Action<SqliteSession> work)
    {
        ArgumentNullException.ThrowIfNull(work);
        return WriteAsync(db =>
        {
            work(db);
            return true;
        });
    }

    /// <summary>Reads what is committed, on a connection that cannot write, whoever owns the task hub.</summary>
    /// <typeparam name="T">What is read.</typeparam>
    /// <param name="work">Runs on the calling thread; several may run at a time. It sees one state of the database within one
    /// query.</param>
    /// <exception cref="SqliteStorageException">The file is missing, damaged or of a newer format.</exception>
    public T Read<T>(Func<SqliteSession, T> work)
    {
        ArgumentNullException.ThrowIfNull(work);
        SqliteSession? reader = null;
        try
        {
            if (!readers.TryTake(out reader))
            {
                reader = OpenReader();
            }

            return work(reader);
        }
        catch (Exception e) when (e is not SqliteStorageException && (SqliteErrors.IsFatal(e) || e is InvalidDataException))
        {
            reader?.Dispose();
            reader = null;
            throw SqliteErrors.Explain(e, FilePath);
        }
        finally
        {
            if (reader is not null)
            {
                Return(reader);
            }
        }
    }

    internal void Attach(GroupCommit commits) => (writer, closed) = (commits, false);

    internal void Close()
    {
        closed = true;
        while (readers.TryTake(out SqliteSession? reader))
        {
            reader.Dispose();
        }
    }

    private SqliteSession OpenReader()
    {
        if (!File.Exists(FilePath))
        {
            throw new SqliteStorageException(SqliteStorageErrorKind.Missing, $"There is no database file {FilePath}.");
        }

        SqliteSession reader = SqliteSession.Open(FilePath, readOnly: true);
        try
        {
            reader.Execute("PRAGMA cache_size = -4096");
            Schema.Require(reader, FilePath);
            return reader;
        }
        catch
        {
            reader.Dispose();
            throw;
        }
    }

    private void Return(SqliteSession reader)
    {
        if (closed || readers.Count >= MaxIdleReaders)
        {
            reader.Dispose();
        }
        else
        {
            readers.Add(reader);
        }
    }
}
