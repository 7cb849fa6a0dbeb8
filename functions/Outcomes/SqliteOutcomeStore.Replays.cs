using System.Text.Json;
using Microsoft.Data.Sqlite;
using Rescan.Functions.Requests;

namespace Rescan.Functions.Outcomes;

/// <content>Requests that may be repeated.</content>
internal sealed partial class SqliteOutcomeStore : IReplayStore
{
    private const string ReplayTables = """
        CREATE TABLE IF NOT EXISTS replays (id TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, began INTEGER NOT NULL, answer TEXT) WITHOUT ROWID;
        CREATE INDEX IF NOT EXISTS replays_by_age ON replays (began);
        """;

    /// <inheritdoc/>
    public async Task<ReplayClaim> BeginAsync(string key, string fingerprint, DateTimeOffset now, CancellationToken cancellationToken)
    {
        using Writer writer = await OpenToWriteAsync(cancellationToken).ConfigureAwait(false);
        SqliteConnection connection = writer.Connection;
        using SqliteCommand claim = Command(
            connection,
            """
            DELETE FROM replays WHERE began <= $forgotten OR (id = $id AND answer IS NULL AND began <= $lapsed);
            INSERT INTO replays VALUES ($id, $fingerprint, $now, NULL) ON CONFLICT (id) DO NOTHING;
            SELECT changes();
            """,
            ("$id", key), ("$fingerprint", fingerprint), ("$now", now.UtcTicks), ("$forgotten", (now - IReplayStore.KeepFor).UtcTicks), ("$lapsed", (now - IReplayStore.ClaimLapsesAfter).UtcTicks));
        if ((long)(await claim.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false))! == 1)
        {
            return new ReplayClaim(ReplayState.New);
        }

        using SqliteCommand read = Command(connection, "SELECT fingerprint, answer FROM replays WHERE id = $id", ("$id", key));
        using SqliteDataReader reader = await read.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        return !await reader.ReadAsync(cancellationToken).ConfigureAwait(false) ? new ReplayClaim(ReplayState.InProgress)
            : reader.GetString(0) != fingerprint ? new ReplayClaim(ReplayState.Different)
            : reader.IsDBNull(1) ? new ReplayClaim(ReplayState.InProgress)
            : new ReplayClaim(ReplayState.Answered, JsonSerializer.Deserialize<StoredAnswer>(reader.GetString(1)));
    }

    /// <inheritdoc/>
    public async Task CompleteAsync(string key, StoredAnswer answer, CancellationToken cancellationToken)
    {
        using Writer writer = await OpenToWriteAsync(cancellationToken).ConfigureAwait(false);
        SqliteConnection connection = writer.Connection;
        using SqliteCommand command = Command(
            connection, "UPDATE replays SET answer = $answer WHERE id = $id AND answer IS NULL", ("$id", key), ("$answer", JsonSerializer.Serialize(answer)));
        await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task AbandonAsync(string key, CancellationToken cancellationToken)
    {
        using Writer writer = await OpenToWriteAsync(cancellationToken).ConfigureAwait(false);
        SqliteConnection connection = writer.Connection;
        using SqliteCommand command = Command(connection, "DELETE FROM replays WHERE id = $id AND answer IS NULL", ("$id", key));
        await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }
}
