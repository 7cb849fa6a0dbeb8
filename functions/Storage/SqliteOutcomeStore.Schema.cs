using System.Globalization;
using Microsoft.Data.Sqlite;

namespace Rescan.Functions.Storage;

/// <content>The tables, and the way from every older version to this one.</content>
internal sealed partial class SqliteOutcomeStore
{
    /// <summary>The version that this build reads and writes.</summary>
    internal const int SchemaVersion = 2;

    private const string Tables = """
        CREATE TABLE intents (
          request TEXT PRIMARY KEY, appliance TEXT NOT NULL COLLATE NOCASE, repository TEXT NOT NULL, created TEXT NOT NULL, session TEXT,
          first_post TEXT, last_post TEXT, cancel TEXT, remark TEXT) WITHOUT ROWID;
        CREATE INDEX open_intents ON intents (appliance, last_post) WHERE session IS NULL AND last_post IS NOT NULL;
        CREATE TABLE claims (
          appliance TEXT NOT NULL COLLATE NOCASE, session TEXT NOT NULL, request TEXT NOT NULL, created TEXT NOT NULL, PRIMARY KEY (appliance, session)) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS outcomes (seq INTEGER PRIMARY KEY AUTOINCREMENT, request TEXT NOT NULL UNIQUE, instance TEXT NOT NULL, outcome TEXT NOT NULL);
        CREATE INDEX IF NOT EXISTS outcomes_by_instance ON outcomes (instance, seq);
        """;

    /// <summary>Tables that came later and that an older build of this version does without.</summary>
    private const string Additions = """
        CREATE TABLE IF NOT EXISTS deliveries (request TEXT NOT NULL, channel TEXT NOT NULL COLLATE NOCASE, at TEXT NOT NULL, PRIMARY KEY (request, channel)) WITHOUT ROWID;
        """;

    /// <summary>Version 1 said of itself nothing, kept the claim in the intent alone, and knew one time for all of its POSTs.</summary>
    private const string FromVersion1 = $"""
        DROP INDEX one_intent_a_session;
        ALTER TABLE intents RENAME TO intents1;
        {Tables}
        INSERT INTO intents SELECT request, appliance, repository, created, session, iif(session IS NULL, created, NULL), iif(session IS NULL, created, NULL), NULL, NULL FROM intents1;
        INSERT INTO claims SELECT appliance, session, request, created FROM intents1 WHERE session IS NOT NULL;
        DROP TABLE intents1;
        """;

    /// <summary>Beside the file, so that a lost one is not silently begun anew.</summary>
    private string Marker => file + ".used";

    private void Prepare()
    {
        if (File.Exists(Marker) && !File.Exists(file))
        {
            throw new OutcomeStoreException($"The outcome file {file} is missing, but was in use before. Put it back, or delete {Marker} to start with nothing.");
        }

        try
        {
            using SqliteConnection connection = new(connectionString);
            connection.Open();
            Run(connection, "PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL;");
            Run(connection, "BEGIN IMMEDIATE");
            using SqliteCommand ask = Command(connection, "SELECT user_version, (SELECT COUNT(*) FROM sqlite_master WHERE name = 'intents') FROM pragma_user_version");
            long version;
            bool empty;
            using (SqliteDataReader reader = ask.ExecuteReader())
            {
                reader.Read();
                (version, empty) = (reader.GetInt64(0), reader.GetInt64(1) == 0);
            }

            if (version > SchemaVersion)
            {
                throw new OutcomeStoreException(string.Create(
                    CultureInfo.InvariantCulture, $"The outcome file {file} was written by a newer version of Rescan (schema {version}, this one reads {SchemaVersion}). Use that version, or another --state folder."));
            }

            if (version < SchemaVersion)
            {
                Run(connection, empty ? Tables : FromVersion1);
                Run(connection, "PRAGMA user_version = 2");
            }

            Run(connection, Additions);
            Run(connection, RunTables);
            Run(connection, IdempotencyTables);
            Run(connection, "COMMIT");
            if (!File.Exists(Marker))
            {
                File.WriteAllText(Marker, "outcomes.db is in use; a lost one is not begun anew while this file stands\n");
            }
        }
        catch (SqliteException e)
        {
            throw new OutcomeStoreException(e.SqliteErrorCode switch
            {
                11 or 26 => $"The outcome file {file} is damaged ({e.Message}). Move it away with its .used to start anew, or put a copy back.",
                13 => $"The disk with the outcome file {file} is full ({e.Message}). Make room, then start again: nothing recorded is lost.",
                _ => $"The outcome file {file} cannot be used ({e.Message}). Check its rights and its folder's.",
            }, e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new OutcomeStoreException($"The outcome file {file} cannot be used: {e.Message}. Check the folder's rights and free space.", e);
        }
    }

    private static void Run(SqliteConnection connection, string sql)
    {
        using SqliteCommand command = Command(connection, sql);
        command.ExecuteNonQuery();
    }

    private void RequireFile()
    {
        // SQLite goes on with a file that no name leads to any more, or makes an empty one.
        if (!File.Exists(file))
        {
            throw new OutcomeStoreException($"The outcome file {file} was deleted or moved while in use. Put it back, then start again.");
        }
    }
}
