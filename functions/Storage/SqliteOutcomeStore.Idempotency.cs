using System.Text.Json;
using Microsoft.Data.Sqlite;

namespace Rescan.Functions.Storage;

/// <content>Requests that may be repeated.</content>
internal sealed partial class SqliteOutcomeStore : IIdempotencyStore
{
    private const string IdempotencyTables = """
        CREATE TABLE IF NOT EXISTS idempotency_keys (id TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, began INTEGER NOT NULL, claimed INTEGER, answer TEXT) WITHOUT ROWID;
        CREATE INDEX IF NOT EXISTS idempotency_keys_by_age ON idempotency_keys (began);
        """;

    /// <inheritdoc/>
    public async Task<IdempotencyClaim> BeginAsync(string key, string fingerprint, DateTimeOffset now, CancellationToken cancellationToken)
    {
        using Writer writer = await OpenToWriteAsync(cancellationToken).ConfigureAwait(false);
        SqliteConnection connection = writer.Connection;
        using SqliteCommand claim = Command(
            connection,
            """
            DELETE FROM idempotency_keys WHERE began <= $forgotten;
            INSERT INTO idempotency_keys VALUES ($id, $fingerprint, $now, $now, NULL)
              ON CONFLICT (id) DO UPDATE SET claimed = $now WHERE answer IS NULL AND fingerprint = $fingerprint AND (claimed IS NULL OR claimed <= $lapsed)
              RETURNING began;
            """,
            ("$id", key), ("$fingerprint", fingerprint), ("$now", now.UtcTicks), ("$forgotten", (now - IIdempotencyStore.KeepFor).UtcTicks), ("$lapsed", (now - IIdempotencyStore.ClaimLapsesAfter).UtcTicks));
        if (await claim.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false) is long began)
        {
            return new IdempotencyClaim(IdempotencyState.New, FirstAt: new DateTimeOffset(began, TimeSpan.Zero));
        }

        using SqliteCommand read = Command(connection, "SELECT fingerprint, answer FROM idempotency_keys WHERE id = $id", ("$id", key));
        using SqliteDataReader reader = await read.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        return !await reader.ReadAsync(cancellationToken).ConfigureAwait(false) ? new IdempotencyClaim(IdempotencyState.InProgress)
            : reader.GetString(0) != fingerprint ? new IdempotencyClaim(IdempotencyState.Different)
            : reader.IsDBNull(1) ? new IdempotencyClaim(IdempotencyState.InProgress)
            : new IdempotencyClaim(IdempotencyState.Answered, JsonSerializer.Deserialize<StoredResponse>(reader.GetString(1)));
    }

    /// <inheritdoc/>
    public async Task CompleteAsync(string key, StoredResponse answer, CancellationToken cancellationToken)
    {
        using Writer writer = await OpenToWriteAsync(cancellationToken).ConfigureAwait(false);
        SqliteConnection connection = writer.Connection;
        using SqliteCommand command = Command(
            connection, "UPDATE idempotency_keys SET answer = $answer WHERE id = $id AND answer IS NULL", ("$id", key), ("$answer", JsonSerializer.Serialize(answer)));
        await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public Task AbandonAsync(string key, bool forget, CancellationToken cancellationToken) => WriteAsync(
        forget ? "DELETE FROM idempotency_keys WHERE id = $id AND answer IS NULL" : "UPDATE idempotency_keys SET claimed = NULL WHERE id = $id AND answer IS NULL",
        cancellationToken, ("$id", key));
}
