using System.Globalization;
using System.Runtime.CompilerServices;
using DurableTask.Sqlite;
using Rescan.Functions.Storage;

namespace Rescan.Local.Runtime.SqliteTables;

/// <summary>
/// The table of the app in the file of the task hub: its writes share the commits of the task hub's. Only the owner of the file writes;
/// whoever else opens it reads.
/// </summary>
internal sealed class SqliteTable(SqliteDatabase database) : ITable
{
    private const int PageSize = 1000;
    private volatile bool open;

    /// <summary>Transactions that this process has committed to the file; several writes may share one.</summary>
    internal long Transactions => database.Transactions;

    /// <inheritdoc/>
    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        if (!open)
        {
            if (!Read(db => RequireVersion(db) && Exists(db)))
            {
                await WriteAsync(Create);
            }

            open = true;
        }
    }

    /// <inheritdoc/>
    public Task<TableRow?> GetAsync(string partition, string key, CancellationToken cancellationToken) =>
        Task.FromResult(Read(db => CanRead(db)
        ? db.Query("SELECT key, value, etag FROM rescan_rows WHERE partition = ?1 AND key = ?2", ToRow, partition, key).FirstOrDefault()
        : null));

    /// <inheritdoc/>
    public async IAsyncEnumerable<TableRow> QueryAsync(
        string partition, KeyRange range, int limit, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string after = range.After;
        for (int left = limit; left > 0;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int size = Math.Min(left, PageSize);
            List<TableRow> page = Read(db => CanRead(db)
                ? db.Query(
                    "SELECT key, value, etag FROM rescan_rows WHERE partition = ?1 AND key > ?2 AND key < ?3 ORDER BY key LIMIT ?4",
                    ToRow, partition, after, range.Before ?? "\x7f", size)
                : []);
            foreach (TableRow row in page)
            {
                yield return row;
            }

            if (page.Count < size)
            {
                yield break;
            }

            after = page[^1].Key;
            left -= page.Count;
        }

        await Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async Task<bool> TryWriteAsync(string partition, IReadOnlyList<TableChange> changes, CancellationToken cancellationToken)
    {
        TableLimits.Check(partition, changes);
        await OpenAsync(cancellationToken);
        return await WriteAsync(db =>
        {
            // All writes of the file are made by one thread, so what held before the first change holds until the last.
            if (!changes.All(c => Holds(db, partition, c)))
            {
                return false;
            }

            foreach (TableChange change in changes)
            {
                Make(db, partition, change);
            }

            return true;
        });
    }

    private static TableRow ToRow(SqliteRow row) =>
        new(row.GetString(0)!, row.GetString(1)!, row.GetInt64(2).ToString(CultureInfo.InvariantCulture));

    private static bool Exists(SqliteSession db) => db.QueryInt64("SELECT 1 FROM sqlite_schema WHERE name = 'rescan_rows'") is not null;

    private static bool Create(SqliteSession db)
    {
        db.Execute("""
            CREATE TABLE IF NOT EXISTS rescan_rows (
                partition TEXT NOT NULL, key TEXT NOT NULL, etag INTEGER NOT NULL, value TEXT NOT NULL,
                PRIMARY KEY (partition, key)) WITHOUT ROWID
            """);
        db.Execute(
            "INSERT INTO rescan_rows VALUES (?1, ?2, random(), ?3) ON CONFLICT DO NOTHING", TableSchema.Partition, TableSchema.Key,
            TableSchema.Value);
        return true;
    }

    private static bool Holds(SqliteSession db, string partition, TableChange change)
    {
        if (change.Kind == TableChangeKind.Put)
        {
            return true;
        }

        long? etag = db.QueryInt64("SELECT etag FROM rescan_rows WHERE partition = ?1 AND key = ?2", partition, change.Key);
        return change.Kind == TableChangeKind.Insert
            ? etag is null
            : etag is { } known && (change.ETag is null || change.ETag == known.ToString(CultureInfo.InvariantCulture));
    }

    private static void Make(SqliteSession db, string partition, TableChange change)
    {
        if (change.Kind == TableChangeKind.Delete)
        {
            db.Execute("DELETE FROM rescan_rows WHERE partition = ?1 AND key = ?2", partition, change.Key);
        }
        else
        {
            db.Execute(
                "INSERT INTO rescan_rows VALUES (?1, ?2, random(), ?3) ON CONFLICT (partition, key) DO UPDATE SET etag = excluded.etag, "
                    + "value = excluded.value",
                partition, change.Key, change.Value);
        }
    }

    private bool RequireVersion(SqliteSession db)
    {
        if (Exists(db) && db.QueryString(
            "SELECT value FROM rescan_rows WHERE partition = ?1 AND key = ?2", TableSchema.Partition, TableSchema.Key) is { } version)
        {
            TableSchema.Require(version, $"The file {database.FilePath}");
        }

        return true;
    }

    /// <summary>Whoever only reads may come before the owner has made the table.</summary>
    private bool CanRead(SqliteSession db) => open || (RequireVersion(db) && Exists(db) && (open = true));

    private T Read<T>(Func<SqliteSession, T> work)
    {
        try
        {
            return database.Read(work);
        }
        catch (SqliteStorageException e)
        {
            throw new OutcomeStoreException(e.Message, e);
        }
    }

    private async Task<T> WriteAsync<T>(Func<SqliteSession, T> work)
    {
        try
        {
            return await database.WriteAsync(work);
        }
        catch (SqliteStorageException e)
        {
            throw new OutcomeStoreException(e.Message, e);
        }
    }
}
