using Rescan.Local.Runtime.Hosting;
using System.Globalization;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;

namespace Rescan.Local.Runtime.Storage;

/// <summary>The task hub in one SQLite file, owned by one process at a time.</summary>
public sealed class SqliteStore : StateStore, IDisposable
{
    private const string Columns =
        "id, name, execution, status, input, output, custom_status, failure, created, updated, parent, start_at, turns, pending, trace";

    private readonly string file;
    private readonly FileStream? ownership;
    private readonly SqliteWriter? writer;
    private readonly SqliteSession reader;
    private readonly Lock reading = new();

    private SqliteStore(string file, FileStream ownership, SqliteSession writing, SqliteSession reader)
    {
        this.file = file;
        this.ownership = ownership;
        this.reader = reader;
        writer = new SqliteWriter(writing, RequireFile, e => Fail(Explain(e, file)));
    }

    private SqliteStore(string file, SqliteSession reader)
    {
        this.file = file;
        this.reader = reader;
    }

    /// <summary>Transactions committed so far; several changes may share one.</summary>
    internal long Transactions => Writer.Transactions;

    private SqliteWriter Writer => writer ?? throw new InvalidOperationException("The state file was opened to be read only.");

    /// <summary>Opens the state file, made when absent, and takes ownership of it.</summary>
    /// <exception cref="StateStoreInUseException">Another process uses it.</exception>
    /// <exception cref="StateStoreException">It is from a newer version, damaged, missing though it was in use before, or cannot be written.</exception>
    public static SqliteStore Open(string path)
    {
        string full = Path.GetFullPath(path);
        FileStream? ownership = null;
        SqliteSession? writing = null;
        SqliteSession? reading = null;
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(full)!);
            ownership = Own(full);
            if (ownership.Length > 0 && !File.Exists(full))
            {
                throw new StateStoreException(
                    $"The state file {full} is missing, but was in use before. Put it back, or delete {full}.lock to start with nothing.");
            }

            writing = new SqliteSession(full);
            SqliteSchema.Prepare(writing, full);
            reading = new SqliteSession(full);
            Mark(ownership);
            return new SqliteStore(full, ownership, writing, reading);
        }
        catch (Exception e)
        {
            reading?.Dispose();
            writing?.Dispose();
            ownership?.Dispose();
            throw Explain(e, full);
        }
    }

    /// <summary>Opens the state file to be read only, whoever owns it; null when there is none.</summary>
    /// <exception cref="StateStoreException">It is from another version, or damaged.</exception>
    internal static SqliteStore? OpenToRead(string path)
    {
        string full = Path.GetFullPath(path);
        if (!File.Exists(full))
        {
            return null;
        }

        SqliteSession? session = null;
        try
        {
            session = new SqliteSession(full, readOnly: true);
            SqliteSchema.RequireCurrent(session, full);
            return new SqliteStore(full, session);
        }
        catch (Exception e)
        {
            session?.Dispose();
            throw Explain(e, full);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        writer?.Dispose();
        lock (reading)
        {
            reader.Dispose();
        }

        ownership?.Dispose();
    }

    /// <inheritdoc/>
    public override ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }

    internal override Task<List<InstanceState>> LoadAsync(CancellationToken cancellationToken) => Read(db =>
    {
        ILookup<string, Message> messages = db.Query(
            "SELECT instance, key, execution, event FROM messages ORDER BY key", r => (To: r.GetString(0), Message: ToMessage(r, 1)))
            .ToLookup(m => m.To, m => m.Message, StringComparer.Ordinal);
        return db.Query($"SELECT {Columns} FROM instances WHERE status NOT IN (1, 3, 5)", ToInstance)
            .ConvertAll(i => new InstanceState(i, [.. messages[i.Id]]));
    });

    internal override Task CommitAsync(Change change)
    {
        // Here and not on the writer's thread, which all instances share.
        string? events = change.History.Count > 0 ? JsonSerializer.Serialize(change.History, StateJson.Default.ListHistoryEvent) : null;
        return Writer.WriteAsync(db => Apply(db, change, events));
    }

    internal override Task<InstanceRecord?> GetAsync(string id, CancellationToken cancellationToken) => Read(db => Get(db, id));

    internal override Task<InstanceState?> ReadAsync(string id, CancellationToken cancellationToken) => Read(db => Get(db, id) is not { } instance
        ? null
        : new InstanceState(instance, db.Query("SELECT key, execution, event FROM messages WHERE instance = $1 ORDER BY key", r => ToMessage(r, 0), id))
        {
            History = [.. db.Query(
                "SELECT events FROM history WHERE instance = $1 AND execution = $2 ORDER BY turn",
                r => JsonSerializer.Deserialize(r.GetString(0), StateJson.Default.ListHistoryEvent)!, id, instance.Execution).SelectMany(e => e)],
        });

    internal override Task<(List<InstanceRecord> Page, string? Next)> ListAsync(
        InstanceFilter filter, int size, string? token, CancellationToken cancellationToken) => Read(db =>
    {
        (long created, string id) = token?.Split('/', 2) is [var ticks, var last] ? (long.Parse(ticks, CultureInfo.InvariantCulture), last) : (long.MinValue, "");
        List<InstanceRecord> page = [];
        while (true)
        {
            List<InstanceRecord> rows = db.Query(
                $"SELECT {Columns} FROM instances WHERE (created, id) > ($1, $2) AND created >= $3 AND created <= $4 ORDER BY created, id LIMIT $5",
                ToInstance, created, id, filter.CreatedFrom?.Ticks ?? long.MinValue, filter.CreatedTo?.Ticks ?? long.MaxValue, size + 1);
            foreach (InstanceRecord row in rows.Take(size))
            {
                if (filter.Matches(row))
                {
                    page.Add(row);
                }

                (created, id) = (row.CreatedAt.Ticks, row.Id);
                if (page.Count == size)
                {
                    return (page, string.Create(CultureInfo.InvariantCulture, $"{created}/{id}"));
                }
            }

            if (rows.Count <= size)
            {
                return (page, (string?)null);
            }
        }
    });

    internal override Task PurgeAsync(string id) => Writer.WriteAsync(db =>
    {
        Clear(db, id);
        db.Execute("DELETE FROM instances WHERE id = $1", id);
    });

    internal override Task PutAsync(InstanceState state) => Writer.WriteAsync(db =>
    {
        InstanceRecord instance = state.Instance;
        Create(db, instance);
        int number = 0;
        foreach (List<HistoryEvent> turn in TurnsOf(state.History))
        {
            db.Execute(
                "INSERT INTO history VALUES ($1, $2, $3, $4)",
                instance.Id, instance.Execution, number++, JsonSerializer.Serialize(turn, StateJson.Default.ListHistoryEvent));
        }

        foreach (Message message in state.Messages)
        {
            Post(db, instance.Id, message);
        }
    });

    internal override Task ShrinkAsync() => Writer.WriteAsync(db => db.Query("PRAGMA incremental_vacuum", _ => 0));

    internal override Task<string?> GetValueAsync(string key, CancellationToken cancellationToken) =>
        Read(db => (string?)db.Scalar("SELECT value FROM settings WHERE key = $1", key));

    internal override Task SetValueAsync(string key, string value) =>
        Writer.WriteAsync(db => db.Execute("INSERT OR REPLACE INTO settings VALUES ($1, $2)", key, value));

    /// <summary>Lets the file grow to so many pages and no further, as a full disk would.</summary>
    internal Task LimitAsync(int pages) => Writer.WriteAsync(db => db.Scalar("PRAGMA max_page_count = " + pages.ToString(CultureInfo.InvariantCulture)));

    private static FileStream Own(string full) => LockFile.TryTake(full + ".lock") ?? throw new StateStoreInUseException(
        $"The state file {full} is in use by another process. Stop that one, or choose another file with --state.");

    /// <summary>Leaves a sign that the state file exists, so that a lost one is not silently begun anew.</summary>
    private static void Mark(FileStream ownership)
    {
        if (ownership.Length == 0)
        {
            ownership.Write("in use\n"u8);
            ownership.Flush(flushToDisk: true);
        }
    }

    private static Exception Explain(string full, SqliteException e) => e.SqliteErrorCode switch
    {
        11 or 26 => new StateStoreException($"The state file {full} is damaged ({e.Message}). Move it away with its .lock to start anew, or put a copy back.", e),
        13 => new StateStoreException($"The disk with the state file {full} is full ({e.Message}). Make room, then start again: nothing committed is lost.", e),
        8 => new StateStoreException($"The state file {full} cannot be written ({e.Message}). Check its rights and its folder's.", e),
        _ => new StateStoreException($"The state file {full} cannot be used: {e.Message}. Check the folder's rights and free space.", e),
    };

    private static StateStoreException Explain(Exception e, string full) => e switch
    {
        StateStoreException known => known,
        SqliteException sqlite => (StateStoreException)Explain(full, sqlite),
        JsonException or FormatException or InvalidCastException => new StateStoreException(
            $"The state file {full} is damaged ({e.Message}). Move it away with its .lock to start anew, or put a copy back.", e),
        _ => new StateStoreException($"The state file {full} cannot be opened for writing: {e.Message}. Check the folder's rights and free space.", e),
    };

    private static void Apply(SqliteSession db, Change change, string? events)
    {
        InstanceRecord instance = change.Instance;
        if (change.Create)
        {
            Create(db, instance);
        }
        else
        {
            if (change.ClearHistory)
            {
                db.Execute("DELETE FROM history WHERE instance = $1", instance.Id);
            }

            db.Execute(
                """
                UPDATE instances SET execution = $2, status = $3, input = $4, output = $5, custom_status = $6, failure = $7,
                    updated = $8, turns = $9, pending = $10 WHERE id = $1
                """,
                instance.Id, instance.Execution, (int)instance.Status, instance.Input, instance.Output, instance.CustomStatus, Failure(instance),
                instance.UpdatedAt.Ticks, instance.Turns, Waits(instance));
        }

        if (events is not null)
        {
            db.Execute("INSERT INTO history VALUES ($1, $2, $3, $4)", instance.Id, instance.Execution, instance.Turns - 1, events);
        }

        foreach (long key in change.Consumed)
        {
            db.Execute("DELETE FROM messages WHERE key = $1", key);
        }

        foreach (Message kept in change.Kept)
        {
            Post(db, instance.Id, kept);
        }

        foreach (InstanceRecord child in change.Children)
        {
            Create(db, child);
        }

        foreach (Letter letter in change.Letters)
        {
            Post(db, letter.To, letter.Message);
        }

        if (instance.IsTerminal)
        {
            db.Execute("DELETE FROM messages WHERE instance = $1", instance.Id);
        }
    }

    private static void Create(SqliteSession db, InstanceRecord i)
    {
        Clear(db, i.Id);
        db.Execute(
            "INSERT OR REPLACE INTO instances VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
            i.Id, i.Name, i.Execution, (int)i.Status, i.Input, i.Output, i.CustomStatus, Failure(i), i.CreatedAt.Ticks, i.UpdatedAt.Ticks,
            i.Parent is null ? null : JsonSerializer.Serialize(i.Parent, StateJson.Default.ParentLink), i.StartAt?.Ticks, i.Turns, Waits(i), i.TraceParent);
    }

    private static void Clear(SqliteSession db, string id)
    {
        db.Execute("DELETE FROM history WHERE instance = $1", id);
        db.Execute("DELETE FROM messages WHERE instance = $1", id);
    }

    private static void Post(SqliteSession db, string to, Message message) => db.Execute(
        "INSERT INTO messages VALUES ($1, $2, $3, $4)",
        message.Key, to, message.Execution, JsonSerializer.Serialize(message.Event, StateJson.Default.HistoryEvent));

    private static string? Failure(InstanceRecord i) => i.Failure is null ? null : JsonSerializer.Serialize(i.Failure, StateJson.Default.TaskFailureDetails);

    private static string? Waits(InstanceRecord i) => i.Pending.IsNothing ? null : JsonSerializer.Serialize(i.Pending, StateJson.Default.Pending);

    private static InstanceRecord? Get(SqliteSession db, string id) =>
        db.Query($"SELECT {Columns} FROM instances WHERE id = $1", ToInstance, id) is [var instance] ? instance : null;

    private static string? Text(SqliteDataReader r, int column) => r.IsDBNull(column) ? null : r.GetString(column);

    private static DateTime Time(SqliteDataReader r, int column) => new(r.GetInt64(column), DateTimeKind.Utc);

    private static Message ToMessage(SqliteDataReader r, int first) => new(
        r.GetInt64(first),
        r.IsDBNull(first + 1) ? null : r.GetInt64(first + 1),
        JsonSerializer.Deserialize(r.GetString(first + 2), StateJson.Default.HistoryEvent)!);

    private static InstanceRecord ToInstance(SqliteDataReader r) => new()
    {
        Id = r.GetString(0),
        Name = r.GetString(1),
        Execution = r.GetInt64(2),
        Status = (OrchestrationRuntimeStatus)r.GetInt32(3),
        Input = Text(r, 4),
        Output = Text(r, 5),
        CustomStatus = Text(r, 6),
        Failure = Text(r, 7) is { } failure ? JsonSerializer.Deserialize(failure, StateJson.Default.TaskFailureDetails) : null,
        CreatedAt = Time(r, 8),
        UpdatedAt = Time(r, 9),
        Parent = Text(r, 10) is { } parent ? JsonSerializer.Deserialize(parent, StateJson.Default.ParentLink) : null,
        StartAt = r.IsDBNull(11) ? null : Time(r, 11),
        Turns = r.GetInt32(12),
        Pending = Text(r, 13) is { } pending ? JsonSerializer.Deserialize(pending, StateJson.Default.Pending)! : Pending.Nothing,
        TraceParent = Text(r, 14),
    };

    private void RequireFile()
    {
        // SQLite goes on writing to a file that no name leads to any more, and all of it would be gone at the end.
        if (!File.Exists(file))
        {
            throw new StateStoreException($"The state file {file} was deleted or moved while in use. Put it back, then start again.");
        }
    }

    private Task<T> Read<T>(Func<SqliteSession, T> read)
    {
        try
        {
            lock (reading)
            {
                return Task.FromResult(read(reader));
            }
        }
        catch (Exception e) when (e is SqliteException or JsonException or FormatException or InvalidCastException)
        {
            return Task.FromException<T>(Fail(Explain(e, file)));
        }
    }
}
