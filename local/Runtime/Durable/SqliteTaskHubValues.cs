using DurableTask.Sqlite;

namespace Rescan.Local.Runtime.Durable;

/// <summary>The runtime's values in a table of the task hub's file.</summary>
internal sealed class SqliteTaskHubValues(SqliteDatabase database) : ITaskHubValues
{
    public static Task PrepareAsync(SqliteDatabase database) => database.Read(Exists)
        ? Task.CompletedTask
        : database.WriteAsync(
            db => db.Execute("CREATE TABLE IF NOT EXISTS runtime_values (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID"));

    public Task<IReadOnlyList<KeyValuePair<string, string>>> ListAsync(string prefix, CancellationToken cancellationToken) =>
        Task.FromResult(database.Read<IReadOnlyList<KeyValuePair<string, string>>>(db => Exists(db)
            ? db.Query(
                "SELECT key, value FROM runtime_values WHERE key >= ?1 AND key < ?2 ORDER BY key",
                row => new KeyValuePair<string, string>(row.GetString(0)!, row.GetString(1)!), prefix, prefix + '~')
            : []));

    public Task SetAsync(string key, string? value, CancellationToken cancellationToken) => value is null
        ? database.WriteAsync(db => db.Execute("DELETE FROM runtime_values WHERE key = ?1", key))
        : database.WriteAsync(
            db => db.Execute(
                "INSERT INTO runtime_values VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = excluded.value", key, value));

    private static bool Exists(SqliteSession db) => db.QueryInt64("SELECT 1 FROM sqlite_schema WHERE name = 'runtime_values'") is not null;
}
