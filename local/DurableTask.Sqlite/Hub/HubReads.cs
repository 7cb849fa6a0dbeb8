using DurableTask.Core;
using DurableTask.Core.History;

namespace DurableTask.Sqlite;

/// <summary>An instance as the database has it, to go on with.</summary>
internal sealed record StoredInstance(long Key, OrchestrationStatus Status, long? StartAt, int Turns, ExecutionStartedEvent Start)
{
    public List<HistoryEvent> Events { get; } = [];

    public long Bytes { get; set; }

    public List<InboxMessage> Due { get; } = [];
}

/// <summary>What a task hub reads of its tables.</summary>
internal static class HubReads
{
    public static InstanceRow? Find(SqliteSession db, string id)
    {
        SqliteStatement s = db.Prepare(InstanceRow.Select);
        InstanceRow? found = s.Bind(1, id).Step() ? InstanceRow.Read(s) : null;
        s.Reset();
        return found;
    }

    /// <summary>Reads an instance with its history and what is due for it; null when there is none.</summary>
    public static StoredInstance? Load(SqliteSession db, string id, long key, long now, bool withDue)
    {
        SqliteStatement s = db.Prepare("""
            SELECT i.status, i.start_at, i.turns, s.event, s.input FROM instances i JOIN starts s ON s.instance = i.key WHERE i.key = ?1
            """);
        StoredInstance? instance = null;
        if (s.Bind(1, key).Step())
        {
            long? startAt = s.IsNull(1) ? null : s.GetInt64(1);
            ExecutionStartedEvent start = StartRows.Read(s.GetBytes(3), s.GetString(4));
            instance = new StoredInstance(key, (OrchestrationStatus)s.GetInt64(0), startAt, (int)s.GetInt64(2), start);
        }

        s.Reset();
        if (instance is null)
        {
            return null;
        }

        SqliteStatement history = db.Prepare("SELECT events FROM history WHERE instance = ?1 ORDER BY turn").Bind(1, key);
        while (history.Step())
        {
            ReadOnlySpan<byte> bytes = history.GetBytes(0);
            instance.Bytes += bytes.Length;
            EventCodec.ReadHistory(bytes, instance.Start, instance.Events);
        }

        if (withDue)
        {
            SqliteStatement due = db.Prepare("""
                SELECT key, visible, message FROM messages WHERE instance = ?1 AND (waits = 0 OR visible <= ?2) ORDER BY visible, key
                """).Bind(1, key).Bind(2, now);
            while (due.Step())
            {
                instance.Due.Add(new InboxMessage(
                    key, due.GetInt64(0), due.GetInt64(1), due.IsNull(2) ? null : MessageCodec.Read(due.GetBytes(2), id)));
            }
        }

        return instance;
    }

    public static TaskMessage? ReadTask(SqliteSession db, string id, long instance, long key) => db.Query(
        "SELECT message FROM tasks WHERE instance = ?1 AND key = ?2",
        row => MessageCodec.Read(row.GetBytes(0), id), instance, key) is [var message] ? message : null;

    /// <summary>Instances that have something to do at once.</summary>
    public static List<(string Id, long Key)> ReadReady(SqliteSession db, long now) => db.Query(
        """
        SELECT id, key FROM instances WHERE status = 6 AND (start_at IS NULL OR start_at <= ?1)
        UNION
        SELECT i.id, i.key FROM (SELECT DISTINCT instance FROM messages WHERE waits = 0 OR visible <= ?1) m
        JOIN instances i ON i.key = m.instance
        WHERE i.status <> 6
        """,
        row => (row.GetString(0)!, row.GetInt64(1)), now);

    /// <summary>Activities that were not finished.</summary>
    public static List<(string Id, long Instance, long Key)> ReadTasks(SqliteSession db) => db.Query(
        "SELECT i.id, t.instance, t.key FROM tasks t JOIN instances i ON i.key = t.instance ORDER BY t.key",
        row => (row.GetString(0)!, row.GetInt64(1), row.GetInt64(2)));
}
