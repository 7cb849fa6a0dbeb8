namespace DurableTask.Sqlite;

/// <summary>The statements of a task hub on the connection that writes, each prepared once; used by the writer's thread only.</summary>
internal sealed class HubSql(SqliteSession db)
{
    /// <summary>Condition on a status: neither completed, failed, canceled nor terminated.</summary>
    public const string Open = "status NOT IN (1, 3, 4, 5)";

    public SqliteStatement FindInstance { get; } = db.Prepare(InstanceRow.Select);

    public SqliteStatement InsertInstance { get; } = db.Prepare("""
        INSERT INTO instances VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12) ON CONFLICT (id) DO NOTHING
        """);

    public SqliteStatement UpdateInstance { get; } = db.Prepare($"""
        UPDATE instances SET execution = ?2, status = ?3, updated = ?4, completed = ?5, start_at = NULL, turns = ?6,
            custom_status = ?7, output = ?8, failure = ?9
        WHERE key = ?1 AND {Open}
        """);

    public SqliteStatement TerminatePending { get; } = db.Prepare("""
        UPDATE instances SET status = 5, updated = ?2, completed = ?2, start_at = NULL, output = ?3, turns = 1
        WHERE key = ?1 AND status = 6
        """);

    public SqliteStatement PutStart { get; } = db.Prepare("INSERT OR REPLACE INTO starts VALUES (?1, ?2, ?3)");

    public SqliteStatement InsertHistory { get; } = db.Prepare("INSERT INTO history VALUES (?1, ?2, ?3)");

    public SqliteStatement DeleteHistory { get; } = db.Prepare("DELETE FROM history WHERE instance = ?1");

    public SqliteStatement InsertMessage { get; } = db.Prepare("INSERT INTO messages VALUES (?1, ?2, ?3, ?4, ?5)");

    public SqliteStatement InsertMessageIfOpen { get; } = db.Prepare($"""
        INSERT INTO messages SELECT ?1, ?2, ?3, 0, ?4 WHERE EXISTS (SELECT 1 FROM instances WHERE key = ?1 AND {Open})
        """);

    public SqliteStatement DeleteMessage { get; } = db.Prepare("DELETE FROM messages WHERE instance = ?1 AND key = ?2");

    public SqliteStatement DeleteWaiting { get; } = db.Prepare("DELETE FROM messages WHERE instance = ?1 AND waits = 1");

    public SqliteStatement DeleteMessages { get; } = db.Prepare("DELETE FROM messages WHERE instance = ?1");

    public SqliteStatement InsertTask { get; } = db.Prepare("INSERT INTO tasks VALUES (?1, ?2, ?3)");

    public SqliteStatement DeleteTask { get; } = db.Prepare("DELETE FROM tasks WHERE instance = ?1 AND key = ?2");

    private SqliteStatement DeleteTasks { get; } = db.Prepare("DELETE FROM tasks WHERE instance = ?1");

    private SqliteStatement DeleteStart { get; } = db.Prepare("DELETE FROM starts WHERE instance = ?1");

    private SqliteStatement DeleteInstance { get; } = db.Prepare("DELETE FROM instances WHERE key = ?1");

    /// <summary>The instance of an id; null when there is none.</summary>
    public InstanceRow? Find(string id)
    {
        InstanceRow? row = FindInstance.Bind(1, id).Step() ? InstanceRow.Read(FindInstance) : null;
        FindInstance.Reset();
        return row;
    }

    /// <summary>Deletes an instance with all that belongs to it.</summary>
    public void Delete(long key)
    {
        DeleteMessages.Bind(1, key).Run();
        DeleteTasks.Bind(1, key).Run();
        DeleteHistory.Bind(1, key).Run();
        DeleteStart.Bind(1, key).Run();
        DeleteInstance.Bind(1, key).Run();
    }
}

/// <summary>What must be known of an instance to send it something.</summary>
internal readonly record struct InstanceRow(long Key, int Status, long? StartAt)
{
    public const string Select = "SELECT key, status, start_at FROM instances WHERE id = ?1";

    public bool IsOpen => InstanceStatus.IsOpen(Status);

    public bool IsPending => Status == (int)DurableTask.Core.OrchestrationStatus.Pending;

    public static InstanceRow Read(SqliteStatement s) => new(s.GetInt64(0), (int)s.GetInt64(1), s.IsNull(2) ? null : s.GetInt64(2));
}
