using System.Data.Common;
using System.Globalization;
using System.Text.Json;
using Microsoft.Data.Sqlite;

namespace Rescan.Functions.Storage;

/// <content>Intents and claims.</content>
internal sealed partial class SqliteOutcomeStore : IIntentStore
{
    private const string IntentColumns = "request, appliance, repository, created, session, first_post, last_post, cancel, remark";

    // Times compare as texts: all are UTC and of one length.
    private const string Now = "strftime('%Y-%m-%dT%H:%M:%f0000+00:00', 'now')";

    /// <inheritdoc/>
    public async Task<(RescanIntent Intent, bool Created)> GetOrAddIntentAsync(RescanIntent intent, CancellationToken cancellationToken)
    {
        using Writer writer = await OpenToWriteAsync(cancellationToken).ConfigureAwait(false);
        SqliteConnection connection = writer.Connection;
        bool created = await AddAsync(connection, intent, cancellationToken).ConfigureAwait(false);
        using SqliteCommand read = Command(connection, $"SELECT {IntentColumns} FROM intents WHERE request = $r", ("$r", intent.RequestId));
        using SqliteDataReader reader = await read.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
        return (ToIntent(reader), created);
    }

    /// <inheritdoc/>
    public async Task<RescanIntent?> GetIntentAsync(string appliance, string requestId, CancellationToken cancellationToken)
    {
        using SqliteConnection connection = Open();
        using SqliteCommand command = Command(connection, $"SELECT {IntentColumns} FROM intents WHERE request = $r", ("$r", requestId));
        using SqliteDataReader reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        return await reader.ReadAsync(cancellationToken).ConfigureAwait(false) ? ToIntent(reader) : null;
    }

    /// <inheritdoc/>
    public async Task<bool> TrySetPostsAsync(RescanIntent intent, DateTimeOffset? lastPostAt, CancellationToken cancellationToken) => await WriteAsync(
        "UPDATE intents SET first_post = $f, last_post = $l, remark = $m WHERE request = $r AND session IS NULL AND last_post IS $k", cancellationToken,
        ("$r", intent.RequestId), ("$f", Text(intent.FirstPostAt)), ("$l", Text(intent.LastPostAt)), ("$m", intent.Remark), ("$k", Text(lastPostAt))).ConfigureAwait(false) == 1;

    /// <inheritdoc/>
    public Task SetCanceledAsync(RescanIntent intent, CancellationToken cancellationToken) => WriteAsync(
        "INSERT INTO intents (request, appliance, repository, created, cancel) VALUES ($r, $a, $p, $c, $w) ON CONFLICT (request) DO UPDATE SET cancel = COALESCE(cancel, $w)", cancellationToken,
        ("$r", intent.RequestId), ("$a", intent.Appliance), ("$p", intent.RepositoryId), ("$c", Text(intent.CreatedAt)), ("$w", intent.CancelReason));

    /// <inheritdoc/>
    public Task SetRemarkAsync(RescanIntent intent, string remark, CancellationToken cancellationToken) =>
        WriteAsync("UPDATE intents SET remark = $m WHERE request = $r", cancellationToken, ("$r", intent.RequestId), ("$m", remark));

    /// <inheritdoc/>
    public async Task<bool> TryClaimSessionAsync(RescanIntent intent, string sessionId, CancellationToken cancellationToken)
    {
        using Writer writer = await OpenToWriteAsync(cancellationToken).ConfigureAwait(false);
        SqliteConnection connection = writer.Connection;
        using DbTransaction transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
        using SqliteCommand note = Command(
            connection, "UPDATE intents SET session = $s WHERE request = $r AND (session IS NULL OR session = $s)", ("$s", sessionId), ("$r", intent.RequestId));
        using SqliteCommand claim = Command(
            connection, $"INSERT INTO claims VALUES ($a, $s, $r, {Now}) ON CONFLICT (appliance, session) DO UPDATE SET request = request WHERE request = $r",
            ("$a", intent.Appliance), ("$s", sessionId), ("$r", intent.RequestId));
        bool ours = await note.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false) == 1
            && await claim.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false) == 1;
        if (ours)
        {
            await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
        }

        return ours;
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyDictionary<string, string>> GetClaimsAsync(string appliance, IReadOnlyCollection<string> sessionIds, CancellationToken cancellationToken)
    {
        using SqliteConnection connection = Open();
        using SqliteCommand command = Command(
            connection, "SELECT session, request FROM claims WHERE appliance = $a AND session IN (SELECT value FROM json_each($s))",
            ("$a", appliance), ("$s", JsonSerializer.Serialize(sessionIds)));
        using SqliteDataReader reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        Dictionary<string, string> claims = new(StringComparer.Ordinal);
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            claims[reader.GetString(0)] = reader.GetString(1);
        }

        return claims;
    }

    /// <inheritdoc/>
    public async Task SetAsideAsync(string appliance, IReadOnlyCollection<string> sessionIds, CancellationToken cancellationToken)
    {
        using Writer writer = await OpenToWriteAsync(cancellationToken).ConfigureAwait(false);
        SqliteConnection connection = writer.Connection;
        using SqliteCommand command = Command(
            connection, $"INSERT OR IGNORE INTO claims SELECT $a, value, '', {Now} FROM json_each($s)", ("$a", appliance), ("$s", JsonSerializer.Serialize(sessionIds)));
        await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<RescanIntent>> GetOpenIntentsAsync(string appliance, DateTimeOffset since, CancellationToken cancellationToken)
    {
        using SqliteConnection connection = Open();
        using SqliteCommand command = Command(
            connection, $"SELECT {IntentColumns} FROM intents WHERE appliance = $a AND session IS NULL AND last_post >= $t", ("$a", appliance), ("$t", Text(since)));
        using SqliteDataReader reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        List<RescanIntent> intents = [];
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            intents.Add(ToIntent(reader));
        }

        return intents;
    }

    private static async Task<bool> AddAsync(SqliteConnection connection, RescanIntent intent, CancellationToken cancellationToken)
    {
        using SqliteCommand insert = Command(
            connection,
            "INSERT INTO intents VALUES ($r, $a, $p, $c, $s, $f, $l, $w, $m) ON CONFLICT (request) DO NOTHING",
            ("$r", intent.RequestId), ("$a", intent.Appliance), ("$p", intent.RepositoryId), ("$c", Text(intent.CreatedAt)), ("$s", intent.SessionId),
            ("$f", Text(intent.FirstPostAt)), ("$l", Text(intent.LastPostAt)), ("$w", intent.CancelReason), ("$m", intent.Remark));
        return await insert.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false) == 1;
    }

    private static string? Text(DateTimeOffset? time) => time?.ToUniversalTime().ToString("O", CultureInfo.InvariantCulture);

    private static RescanIntent ToIntent(SqliteDataReader r) => new(r.GetString(0), r.GetString(1), r.GetString(2), Time(r, 3)!.Value, r.IsDBNull(4) ? null : r.GetString(4))
    {
        FirstPostAt = Time(r, 5),
        LastPostAt = Time(r, 6),
        CancelReason = r.IsDBNull(7) ? null : r.GetString(7),
        Remark = r.IsDBNull(8) ? null : r.GetString(8),
    };

    private static DateTimeOffset? Time(SqliteDataReader r, int column) => r.IsDBNull(column) ? null : DateTimeOffset.Parse(r.GetString(column), CultureInfo.InvariantCulture);
}
