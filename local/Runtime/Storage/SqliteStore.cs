using System.Globalization;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;

namespace Rescan.Local.Runtime.Storage;

/// <summary>The task hub in one SQLite file, owned by one process at a time.</summary>
public sealed class SqliteStore : IDisposable
{
    /// <summary>The schema this build reads and writes.</summary>
    internal const int SchemaVersion = 1;

    private const string Schema = """
        CREATE TABLE instances (
            id TEXT PRIMARY KEY, name TEXT NOT NULL, execution INTEGER NOT NULL, status INTEGER NOT NULL,
            input TEXT, output TEXT, custom_status TEXT, failure TEXT,
            created TEXT NOT NULL, updated TEXT NOT NULL, parent TEXT) WITHOUT ROWID;
        CREATE TABLE history (instance TEXT NOT NULL, seq INTEGER NOT NULL, event TEXT NOT NULL, PRIMARY KEY (instance, seq)) WITHOUT ROWID;
        CREATE TABLE messages (key INTEGER PRIMARY KEY AUTOINCREMENT, instance TEXT NOT NULL, execution INTEGER, event TEXT NOT NULL);
        CREATE INDEX messages_by_instance ON messages (instance);
        CREATE TABLE activities (
            key INTEGER PRIMARY KEY AUTOINCREMENT, instance TEXT NOT NULL, execution INTEGER NOT NULL, task INTEGER NOT NULL,
            name TEXT NOT NULL, input TEXT);
        CREATE INDEX activities_by_instance ON activities (instance);
        CREATE TABLE timers (
            instance TEXT NOT NULL, execution INTEGER NOT NULL, task INTEGER NOT NULL, due INTEGER NOT NULL,
            PRIMARY KEY (instance, task)) WITHOUT ROWID;
        CREATE INDEX timers_by_due ON timers (due);
        """;

    private readonly Lock gate = new();
    private readonly FileStream ownership;
    private readonly SqliteConnection connection;

    private SqliteStore(FileStream ownership, SqliteConnection connection)
    {
        this.ownership = ownership;
        this.connection = connection;
    }

    /// <summary>Opens the state file, made when absent, and takes ownership of it.</summary>
    /// <exception cref="StateStoreException">It is in use by another process, from a newer version, damaged, or cannot be written.</exception>
    public static SqliteStore Open(string path)
    {
        string full = Path.GetFullPath(path);
        FileStream? ownership = null;
        SqliteConnection? connection = null;
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(full)!);
            ownership = Own(full);
            connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = full, Pooling = false }.ToString());
            connection.Open();
            Prepare(connection, full);
            return new SqliteStore(ownership, connection);
        }
        catch (Exception e)
        {
            connection?.Dispose();
            ownership?.Dispose();
            throw e switch
            {
                StateStoreException => e,
                SqliteException { SqliteErrorCode: 11 or 26 } => new StateStoreException(
                    $"The state file {full} is damaged ({e.Message}). Move it away to start anew, or put a copy back.", e),
                SqliteException or IOException or UnauthorizedAccessException => new StateStoreException(
                    $"The state file {full} cannot be opened for writing: {e.Message}. Check the folder's rights and free space.", e),
                _ => e,
            };
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (gate)
        {
            connection.Dispose();
            ownership.Dispose();
        }
    }

    internal bool TryCreate(InstanceRecord instance, out InstanceRecord? running)
    {
        lock (gate)
        {
            using SqliteTransaction transaction = connection.BeginTransaction();
            InstanceRecord? existing = Read(instance.Id);
            if (existing is { IsTerminal: false })
            {
                running = existing;
                return false;
            }

            Insert(instance with { Execution = (existing?.Execution ?? 0) + 1 });
            transaction.Commit();
            running = null;
            return true;
        }
    }

    internal InstanceRecord? Get(string id)
    {
        lock (gate)
        {
            return Read(id);
        }
    }

    internal List<InstanceRecord> List()
    {
        lock (gate)
        {
            using SqliteCommand command = Command("SELECT * FROM instances ORDER BY created, id");
            using SqliteDataReader reader = command.ExecuteReader();
            List<InstanceRecord> all = [];
            while (reader.Read())
            {
                all.Add(ToInstance(reader));
            }

            return all;
        }
    }

    internal (List<HistoryEvent> History, List<(long Key, HistoryEvent Event)> Messages) Load(InstanceRecord instance)
    {
        lock (gate)
        {
            List<HistoryEvent> history = [];
            using (SqliteCommand command = Command("SELECT event FROM history WHERE instance = $i ORDER BY seq", ("$i", instance.Id)))
            using (SqliteDataReader reader = command.ExecuteReader())
            {
                while (reader.Read())
                {
                    history.Add(JsonSerializer.Deserialize<HistoryEvent>(reader.GetString(0))!);
                }
            }

            List<(long, HistoryEvent)> messages = [];
            using (SqliteCommand command = Command("SELECT key, execution, event FROM messages WHERE instance = $i ORDER BY key", ("$i", instance.Id)))
            using (SqliteDataReader reader = command.ExecuteReader())
            {
                while (reader.Read())
                {
                    // Answers to an execution that has ended since are dropped with the turn that reads them.
                    if (reader.IsDBNull(1) || reader.GetInt64(1) == instance.Execution)
                    {
                        messages.Add((reader.GetInt64(0), JsonSerializer.Deserialize<HistoryEvent>(reader.GetString(2))!));
                    }
                }
            }

            return (history, messages);
        }
    }

    /// <summary>Commits a turn, unless the instance was ended from outside meanwhile.</summary>
    internal bool Commit(Turn turn, long execution, int historyLength, long lastMessage)
    {
        lock (gate)
        {
            using SqliteTransaction transaction = connection.BeginTransaction();
            InstanceRecord instance = turn.Instance;
            InstanceRecord? current = Read(instance.Id);
            if (current is null || current.Execution != execution || current.IsTerminal)
            {
                return false;
            }

            if (current.Status == OrchestrationRuntimeStatus.Suspended && !instance.IsTerminal)
            {
                instance = instance with { Status = OrchestrationRuntimeStatus.Suspended };
            }

            Execute("DELETE FROM messages WHERE instance = $i AND key <= $k", ("$i", instance.Id), ("$k", lastMessage));
            if (turn.ClearHistory)
            {
                Clear(instance.Id);
                historyLength = 0;
            }

            foreach (HistoryEvent e in turn.History)
            {
                Execute(
                    "INSERT INTO history VALUES ($i, $s, $e)",
                    ("$i", instance.Id), ("$s", historyLength++), ("$e", JsonSerializer.Serialize(e)));
            }

            foreach ((int task, string name, string? input) in turn.Activities)
            {
                Execute(
                    "INSERT INTO activities (instance, execution, task, name, input) VALUES ($i, $x, $t, $n, $d)",
                    ("$i", instance.Id), ("$x", execution), ("$t", task), ("$n", name), ("$d", input));
            }

            foreach ((int task, DateTime due) in turn.Timers)
            {
                Execute(
                    "INSERT OR REPLACE INTO timers VALUES ($i, $x, $t, $d)",
                    ("$i", instance.Id), ("$x", execution), ("$t", task), ("$d", due.Ticks));
            }

            foreach (int task in turn.CanceledTimers)
            {
                Execute("DELETE FROM timers WHERE instance = $i AND task = $t", ("$i", instance.Id), ("$t", task));
            }

            foreach (InstanceRecord child in turn.Children)
            {
                InstanceRecord? existing = Read(child.Id);
                if (existing is { IsTerminal: false })
                {
                    Post(instance.Id, execution, new HistoryEvent(
                        EventKind.SubOrchestrationFailed,
                        child.Parent!.TaskId,
                        child.Name,
                        Failure: new TaskFailureDetails(
                            "DurableTask.Core.Exceptions.OrchestrationAlreadyExistsException",
                            $"An orchestration instance with the id '{child.Id}' already runs.", null, null, null)));
                }
                else
                {
                    Insert(child with { Execution = (existing?.Execution ?? 0) + 1 });
                }
            }

            foreach ((string id, long? target, HistoryEvent e) in turn.Messages)
            {
                Post(id, target, e);
            }

            Update(instance);
            if (instance.IsTerminal)
            {
                Execute("DELETE FROM timers WHERE instance = $i", ("$i", instance.Id));
                Execute("DELETE FROM messages WHERE instance = $i", ("$i", instance.Id));
                Execute("DELETE FROM activities WHERE instance = $i", ("$i", instance.Id));
            }

            transaction.Commit();
            return true;
        }
    }

    internal bool Send(string id, HistoryEvent e)
    {
        lock (gate)
        {
            if (Read(id) is not { IsTerminal: false })
            {
                return false;
            }

            Post(id, null, e);
            return true;
        }
    }

    internal void CompleteActivity(ActivityWork work, HistoryEvent result)
    {
        lock (gate)
        {
            using SqliteTransaction transaction = connection.BeginTransaction();
            if (Execute("DELETE FROM activities WHERE key = $k", ("$k", work.Key)) == 1)
            {
                Post(work.InstanceId, work.Execution, result);
            }

            transaction.Commit();
        }
    }

    internal List<ActivityWork> Activities(string? instanceId = null)
    {
        lock (gate)
        {
            using SqliteCommand command = Command(
                "SELECT key, instance, execution, task, name, input FROM activities WHERE $i IS NULL OR instance = $i ORDER BY key", ("$i", instanceId));
            using SqliteDataReader reader = command.ExecuteReader();
            List<ActivityWork> all = [];
            while (reader.Read())
            {
                all.Add(new ActivityWork(
                    reader.GetInt64(0), reader.GetString(1), reader.GetInt64(2), reader.GetInt32(3), reader.GetString(4), Text(reader, 5)));
            }

            return all;
        }
    }

    internal DateTime? NextTimer()
    {
        lock (gate)
        {
            using SqliteCommand command = Command("SELECT MIN(due) FROM timers");
            return command.ExecuteScalar() is long ticks ? new DateTime(ticks, DateTimeKind.Utc) : null;
        }
    }

    /// <summary>Turns every timer that is due into a message.</summary>
    internal List<string> FireTimers(DateTime now)
    {
        lock (gate)
        {
            using SqliteTransaction transaction = connection.BeginTransaction();
            List<(string Id, long Execution, int Task, long Due)> due = [];
            using (SqliteCommand command = Command("SELECT instance, execution, task, due FROM timers WHERE due <= $n ORDER BY due", ("$n", now.Ticks)))
            using (SqliteDataReader reader = command.ExecuteReader())
            {
                while (reader.Read())
                {
                    due.Add((reader.GetString(0), reader.GetInt64(1), reader.GetInt32(2), reader.GetInt64(3)));
                }
            }

            foreach ((string id, long execution, int task, long at) in due)
            {
                Execute("DELETE FROM timers WHERE instance = $i AND task = $t", ("$i", id), ("$t", task));
                Post(id, execution, new HistoryEvent(EventKind.TimerFired, task, Time: new DateTime(at, DateTimeKind.Utc)));
            }

            transaction.Commit();
            return due.ConvertAll(d => d.Id);
        }
    }

    internal bool SetStatus(string id, Func<InstanceRecord, InstanceRecord?> change)
    {
        lock (gate)
        {
            using SqliteTransaction transaction = connection.BeginTransaction();
            if (Read(id) is not { } current || change(current) is not { } next)
            {
                return false;
            }

            if (next.IsTerminal)
            {
                Clear(id);
                Execute("DELETE FROM messages WHERE instance = $i", ("$i", id));
                if (next.Parent is { } parent)
                {
                    Post(parent.InstanceId, parent.Execution, new HistoryEvent(
                        EventKind.SubOrchestrationFailed, parent.TaskId, next.Name,
                        Failure: new TaskFailureDetails("Terminated", $"The sub-orchestration '{id}' was terminated.", null, null, null)));
                }
            }

            Update(next);
            transaction.Commit();
            return true;
        }
    }

    internal bool Purge(string id)
    {
        lock (gate)
        {
            using SqliteTransaction transaction = connection.BeginTransaction();
            if (Read(id) is not { IsTerminal: true })
            {
                return false;
            }

            Clear(id);
            Execute("DELETE FROM messages WHERE instance = $i", ("$i", id));
            Execute("DELETE FROM instances WHERE id = $i", ("$i", id));
            transaction.Commit();
            return true;
        }
    }

    private static FileStream Own(string full)
    {
        try
        {
            return new FileStream(full + ".lock", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e) when (File.Exists(full + ".lock"))
        {
            throw new StateStoreException(
                $"The state file {full} is in use by another process. Stop that one, or choose another file with --state.", e);
        }
    }

    private static void Prepare(SqliteConnection connection, string full)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA user_version";
        long version = Convert.ToInt64(LastScalar(command), CultureInfo.InvariantCulture);
        if (version > SchemaVersion)
        {
            throw new StateStoreException(
                $"The state file {full} was written by a newer version of Rescan (schema {version}, this one reads {SchemaVersion}). Use that version, or another file with --state.");
        }

        if (version == 0)
        {
            using SqliteTransaction transaction = connection.BeginTransaction();
            command.Transaction = transaction;
            command.CommandText = Schema + $"PRAGMA user_version = {SchemaVersion};";
            command.ExecuteNonQuery();
            transaction.Commit();
        }
    }

    private static object? LastScalar(SqliteCommand command)
    {
        using SqliteDataReader reader = command.ExecuteReader();
        object? last = null;
        do
        {
            while (reader.Read())
            {
                last = reader.GetValue(0);
            }
        }
        while (reader.NextResult());
        return last;
    }

    private static string? Text(SqliteDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetString(column);

    private static DateTime Time(string text) => DateTime.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind);

    private static InstanceRecord ToInstance(SqliteDataReader r) => new()
    {
        Id = r.GetString(0),
        Name = r.GetString(1),
        Execution = r.GetInt64(2),
        Status = (OrchestrationRuntimeStatus)r.GetInt32(3),
        Input = Text(r, 4),
        Output = Text(r, 5),
        CustomStatus = Text(r, 6),
        Failure = Text(r, 7) is { } failure ? JsonSerializer.Deserialize<TaskFailureDetails>(failure) : null,
        CreatedAt = Time(r.GetString(8)),
        UpdatedAt = Time(r.GetString(9)),
        Parent = Text(r, 10) is { } parent ? JsonSerializer.Deserialize<ParentLink>(parent) : null,
    };

    private InstanceRecord? Read(string id)
    {
        using SqliteCommand command = Command("SELECT * FROM instances WHERE id = $i", ("$i", id));
        using SqliteDataReader reader = command.ExecuteReader();
        return reader.Read() ? ToInstance(reader) : null;
    }

    private void Insert(InstanceRecord instance)
    {
        Clear(instance.Id);
        Execute("DELETE FROM messages WHERE instance = $i", ("$i", instance.Id));
        Write("INSERT OR REPLACE INTO instances VALUES ($id, $n, $x, $s, $in, $out, $cs, $f, $c, $u, $p)", instance);
    }

    private void Update(InstanceRecord instance) => Write(
        "UPDATE instances SET name = $n, execution = $x, status = $s, input = $in, output = $out, custom_status = $cs, failure = $f, created = $c, updated = $u, parent = $p WHERE id = $id",
        instance);

    private void Write(string sql, InstanceRecord i) => Execute(
        sql,
        ("$id", i.Id), ("$n", i.Name), ("$x", i.Execution), ("$s", (int)i.Status), ("$in", i.Input), ("$out", i.Output), ("$cs", i.CustomStatus),
        ("$f", i.Failure is null ? null : JsonSerializer.Serialize(i.Failure)),
        ("$c", i.CreatedAt.ToString("O", CultureInfo.InvariantCulture)), ("$u", i.UpdatedAt.ToString("O", CultureInfo.InvariantCulture)),
        ("$p", i.Parent is null ? null : JsonSerializer.Serialize(i.Parent)));

    private void Post(string id, long? execution, HistoryEvent e) => Execute(
        "INSERT INTO messages (instance, execution, event) VALUES ($i, $x, $e)", ("$i", id), ("$x", execution), ("$e", JsonSerializer.Serialize(e)));

    private void Clear(string id)
    {
        Execute("DELETE FROM history WHERE instance = $i", ("$i", id));
        Execute("DELETE FROM activities WHERE instance = $i", ("$i", id));
        Execute("DELETE FROM timers WHERE instance = $i", ("$i", id));
    }

    private int Execute(string sql, params ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        using SqliteCommand command = Command(sql, parameters);
        return command.ExecuteNonQuery();
    }

    private SqliteCommand Command(string sql, params ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        SqliteCommand command = connection.CreateCommand();
#pragma warning disable CA2100 // Every text is a constant of this file; values travel as parameters.
        command.CommandText = sql;
#pragma warning restore CA2100
        foreach ((string name, object? value) in parameters)
        {
            command.Parameters.AddWithValue(name, value ?? DBNull.Value);
        }

        return command;
    }
}
