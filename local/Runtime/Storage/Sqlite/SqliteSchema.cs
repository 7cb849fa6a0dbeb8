using System.Globalization;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;

namespace Rescan.Local.Runtime.Storage;

/// <summary>The tables of the state file, and the way from every older version to this one.</summary>
internal static class SqliteSchema
{
    /// <summary>The version that this build reads and writes.</summary>
    public const int Version = 3;

    /// <summary>As version 2 had them; what came later is added to them.</summary>
    private const string Tables = """
        CREATE TABLE instances (
            id TEXT PRIMARY KEY, name TEXT NOT NULL, execution INTEGER NOT NULL, status INTEGER NOT NULL,
            input TEXT, output TEXT, custom_status TEXT, failure TEXT,
            created INTEGER NOT NULL, updated INTEGER NOT NULL, parent TEXT, start_at INTEGER, turns INTEGER NOT NULL, pending TEXT);
        CREATE INDEX instances_by_created ON instances (created, id);
        CREATE TABLE history (
            instance TEXT NOT NULL, execution INTEGER NOT NULL, turn INTEGER NOT NULL, events TEXT NOT NULL,
            PRIMARY KEY (instance, execution, turn)) WITHOUT ROWID;
        CREATE TABLE messages (key INTEGER PRIMARY KEY, instance TEXT NOT NULL, execution INTEGER, event TEXT NOT NULL);
        CREATE INDEX messages_by_instance ON messages (instance);
        CREATE TABLE settings (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
        """;

    /// <summary>Makes sure that the file can be read as it is.</summary>
    /// <exception cref="StateStoreException">Another version wrote the file.</exception>
    public static void RequireCurrent(SqliteSession db, string file)
    {
        long version = (long)db.Scalar("PRAGMA user_version")!;
        if (version != Version)
        {
            throw new StateStoreException(version > Version ? Newer(version, file)
                : $"The state file {file} was written by an older version of Rescan. Start rescan serve on it once, which brings it forward.");
        }
    }

    /// <summary>Makes or brings forward the tables.</summary>
    /// <exception cref="StateStoreException">A newer version wrote the file.</exception>
    public static void Prepare(SqliteSession db, string file)
    {
        db.Execute("PRAGMA auto_vacuum = INCREMENTAL");
        db.Scalar("PRAGMA journal_mode = WAL");
        db.Execute("PRAGMA synchronous = FULL");

        // Room for the pages of a large transaction and for several of them in the log, so that none is written twice without need.
        db.Execute("PRAGMA cache_size = -16384");
        db.Scalar("PRAGMA wal_autocheckpoint = 4000");
        long version = (long)db.Scalar("PRAGMA user_version")!;
        if (version > Version)
        {
            throw new StateStoreException(Newer(version, file));
        }

        if (version < Version)
        {
            db.Execute("BEGIN IMMEDIATE");
            if (version == 0)
            {
                db.Execute(Tables);
            }
            else if (version == 1)
            {
                FromVersion1(db, file);
            }

            db.Execute("ALTER TABLE instances ADD COLUMN trace TEXT");
            db.Execute("PRAGMA user_version = 3");
            db.Execute("COMMIT");
        }
    }

    /// <summary>Version 1 kept an event a row, activities and timers in tables of their own, and the last runs of timer functions in a file beside.</summary>
    private static void FromVersion1(SqliteSession db, string file)
    {
        db.Execute("""
            ALTER TABLE instances RENAME TO instances1;
            ALTER TABLE history RENAME TO history1;
            ALTER TABLE messages RENAME TO messages1;
            DROP INDEX messages_by_instance;
            """);
        db.Execute(Tables);
        List<(string Id, long Execution, bool Ended)> instances = db.Query(
            "SELECT id, execution, status FROM instances1",
            r => (r.GetString(0), r.GetInt64(1), (OrchestrationRuntimeStatus)r.GetInt32(2)
                is OrchestrationRuntimeStatus.Completed or OrchestrationRuntimeStatus.Failed or OrchestrationRuntimeStatus.Terminated));
        foreach ((string id, long execution, bool ended) in instances)
        {
            Dictionary<int, string?> inputs = db.Query(
                "SELECT task, input FROM activities WHERE instance = $1 AND execution = $2",
                r => (Task: r.GetInt32(0), Input: r.IsDBNull(1) ? null : r.GetString(1)), id, execution).ToDictionary(a => a.Task, a => a.Input);
            Dictionary<int, DateTime> due = db.Query(
                "SELECT task, due FROM timers WHERE instance = $1 AND execution = $2",
                r => (Task: r.GetInt32(0), Due: new DateTime(r.GetInt64(1), DateTimeKind.Utc)), id, execution).ToDictionary(t => t.Task, t => t.Due);
            List<HistoryEvent> events = db.Query(
                "SELECT event FROM history1 WHERE instance = $1 ORDER BY seq",
                r => JsonSerializer.Deserialize(r.GetString(0), StateJson.Default.HistoryEvent)!, id);
            int turns = 0;
            foreach (List<HistoryEvent> turn in StateStore.TurnsOf(events))
            {
                List<HistoryEvent> whole = turn.ConvertAll(e => e.Kind switch
                {
                    EventKind.TaskScheduled when inputs.TryGetValue(e.Id, out string? input) => e with { Data = input },
                    EventKind.TimerCreated when due.TryGetValue(e.Id, out DateTime at) => e with { Time = at },
                    _ => e,
                });
                db.Execute(
                    "INSERT INTO history VALUES ($1, $2, $3, $4)",
                    id, execution, turns++, JsonSerializer.Serialize(whole, StateJson.Default.ListHistoryEvent));
            }

            Pending pending = ended ? Pending.Nothing : new([.. inputs.Keys.Order()], [.. due.OrderBy(t => t.Key).Select(t => new PendingTimer(t.Key, t.Value))]);
            (string created, string updated) = db.Query(
                "SELECT created, updated FROM instances1 WHERE id = $1", r => (r.GetString(0), r.GetString(1)), id)[0];
            db.Execute(
                """
                INSERT INTO instances SELECT id, name, execution, status, input, output, custom_status, failure, $2, $3, parent, NULL, $4, $5
                FROM instances1 WHERE id = $1
                """,
                id, Ticks(created), Ticks(updated), turns, pending.IsNothing ? null : JsonSerializer.Serialize(pending, StateJson.Default.Pending));
        }

        db.Execute("""
            INSERT INTO messages SELECT key, instance, execution, event FROM messages1;
            DROP TABLE instances1;
            DROP TABLE history1;
            DROP TABLE messages1;
            DROP TABLE activities;
            DROP TABLE timers;
            """);
        if (File.Exists(file + ".timers"))
        {
            db.Execute("INSERT INTO settings VALUES ($1, $2)", StateStore.TimersKey, File.ReadAllText(file + ".timers"));
        }
    }

    private static long Ticks(string text) => DateTime.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind).Ticks;

    private static string Newer(long version, string file) =>
        $"The state file {file} was written by a newer version of Rescan (schema {version}, this one reads {Version}). Use that version, or another file with --state.";
}
