namespace DurableTask.Sqlite;

/// <summary>The tables of a task hub.</summary>
internal static class Schema
{
    /// <summary>The format that this build reads and writes.</summary>
    public const int Version = 1;

    // "DTSQ"; tells a task hub from other databases.
    private const int ApplicationId = 0x44545351;

    // An instance is found by its key everywhere but at the door, so that rows are small and a reused id cannot meet what was left of the
    // old one.
    // What does not change from turn to turn stands apart from what does, so that a turn does not write a large input again.
    private const string Tables = """
        CREATE TABLE owner (
            id INTEGER PRIMARY KEY CHECK (id = 1), epoch INTEGER NOT NULL, beat INTEGER NOT NULL,
            has_lock INTEGER NOT NULL, released INTEGER NOT NULL, holder TEXT NOT NULL);
        INSERT INTO owner VALUES (1, 0, 0, 1, 1, '');
        CREATE TABLE instances (
            key INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, execution TEXT NOT NULL, status INTEGER NOT NULL, created INTEGER NOT NULL,
            updated INTEGER NOT NULL, completed INTEGER, start_at INTEGER, turns INTEGER NOT NULL,
            custom_status TEXT, output TEXT, failure BLOB);
        CREATE INDEX instances_by_created ON instances (created, key);
        CREATE TABLE starts (instance INTEGER PRIMARY KEY, event BLOB NOT NULL, input TEXT);
        CREATE TABLE history (
            instance INTEGER NOT NULL, turn INTEGER NOT NULL, events BLOB NOT NULL, PRIMARY KEY (instance, turn)) WITHOUT ROWID;
        CREATE TABLE messages (
            instance INTEGER NOT NULL, key INTEGER NOT NULL, visible INTEGER NOT NULL, waits INTEGER NOT NULL, message BLOB,
            PRIMARY KEY (instance, key)) WITHOUT ROWID;
        CREATE INDEX messages_that_wait ON messages (visible) WHERE waits = 1;
        CREATE TABLE tasks (
            instance INTEGER NOT NULL, key INTEGER NOT NULL, message BLOB NOT NULL, PRIMARY KEY (instance, key)) WITHOUT ROWID;
        """;

    /// <summary>Makes the tables when the file is empty, and sets the connection up to write.</summary>
    /// <exception cref="SqliteStorageException">It is of a newer format, or of another program.</exception>
    public static void Prepare(SqliteSession db, string file)
    {
        if (db.QueryInt64("PRAGMA user_version") is 0 && db.QueryInt64("SELECT count(*) FROM sqlite_schema") is 0)
        {
            db.Execute("PRAGMA auto_vacuum = INCREMENTAL");
        }

        db.QueryString("PRAGMA journal_mode = WAL");
        db.Execute("PRAGMA synchronous = FULL");
        db.Execute("PRAGMA temp_store = MEMORY");
        db.Execute("PRAGMA cache_size = -16384");

        // Room for the pages of several large transactions in the log, so that none is written twice without need.
        db.QueryInt64("PRAGMA wal_autocheckpoint = 4000");
        if (db.QueryInt64("PRAGMA user_version") is 0)
        {
            db.Script("BEGIN IMMEDIATE");
            if (db.QueryInt64("PRAGMA user_version") is 0)
            {
                if (db.QueryInt64("SELECT count(*) FROM sqlite_schema") is not 0)
                {
                    db.Script("ROLLBACK");
                    throw Foreign(file);
                }

                db.Script(Tables);
                db.Script($"PRAGMA application_id = {ApplicationId}; PRAGMA user_version = {Version}");
            }

            db.Script("COMMIT");
        }

        Require(db, file);
    }

    /// <summary>Makes sure that the file can be read.</summary>
    /// <exception cref="SqliteStorageException">It is of a newer format, or of another program.</exception>
    public static void Require(SqliteSession db, string file)
    {
        if (db.QueryInt64("PRAGMA application_id") is not ApplicationId)
        {
            throw Foreign(file);
        }

        if (db.QueryInt64("PRAGMA user_version") is { } version and > Version)
        {
            throw new SqliteStorageException(
                SqliteStorageErrorKind.NewerFormat,
                $"The database file {file} has format {version}, and this version reads up to {Version}. Use a newer version.");
        }
    }

    private static SqliteStorageException Foreign(string file) => new(
        SqliteStorageErrorKind.Damaged, $"The database file {file} is not a task hub: another program made it. Name another file.");
}
