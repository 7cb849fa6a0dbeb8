using System.Globalization;
using System.Text.Json;
using Microsoft.Data.Sqlite;

namespace Rescan.Functions.Outcomes;

/// <summary>Outcomes in a SQLite file. Each write is one conditional statement, so a repeat or another process changes nothing.</summary>
internal sealed partial class SqliteOutcomeStore : IOutcomeStore
{
    private readonly string connectionString;

    public SqliteOutcomeStore(string path)
    {
        connectionString = new SqliteConnectionStringBuilder { DataSource = path, DefaultTimeout = 30 }.ToString();
        using SqliteConnection connection = Open();
        using SqliteCommand command = Command(
            connection,
            """
            PRAGMA journal_mode = WAL;
            CREATE TABLE IF NOT EXISTS intents (request TEXT PRIMARY KEY, appliance TEXT NOT NULL, repository TEXT NOT NULL, created TEXT NOT NULL, session TEXT);
            CREATE UNIQUE INDEX IF NOT EXISTS one_intent_a_session ON intents (appliance, session) WHERE session IS NOT NULL;
            CREATE TABLE IF NOT EXISTS outcomes (seq INTEGER PRIMARY KEY AUTOINCREMENT, request TEXT NOT NULL UNIQUE, instance TEXT NOT NULL, outcome TEXT NOT NULL);
            CREATE INDEX IF NOT EXISTS outcomes_by_instance ON outcomes (instance, seq);
            CREATE TABLE IF NOT EXISTS deliveries (request TEXT NOT NULL, channel TEXT NOT NULL COLLATE NOCASE, at TEXT NOT NULL, PRIMARY KEY (request, channel)) WITHOUT ROWID;
            """);
        command.ExecuteNonQuery();
    }

    /// <inheritdoc/>
    public async Task<(RescanIntent Intent, bool Created)> GetOrAddIntentAsync(RescanIntent intent, CancellationToken cancellationToken)
    {
        using SqliteConnection connection = Open();
        using SqliteCommand insert = Command(
            connection,
            "INSERT INTO intents VALUES ($r, $a, $p, $c, $s) ON CONFLICT (request) DO NOTHING",
            ("$r", intent.RequestId), ("$a", intent.Appliance), ("$p", intent.RepositoryId),
            ("$c", intent.CreatedAt.ToString("O", CultureInfo.InvariantCulture)), ("$s", intent.SessionId));
        bool created = await insert.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false) == 1;
        using SqliteCommand read = Command(connection, "SELECT appliance, repository, created, session FROM intents WHERE request = $r", ("$r", intent.RequestId));
        using SqliteDataReader reader = await read.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
        return (new RescanIntent(
            intent.RequestId, reader.GetString(0), reader.GetString(1),
            DateTimeOffset.Parse(reader.GetString(2), CultureInfo.InvariantCulture), reader.IsDBNull(3) ? null : reader.GetString(3)), created);
    }

    /// <inheritdoc/>
    public async Task<bool> TryClaimSessionAsync(RescanIntent intent, string sessionId, CancellationToken cancellationToken)
    {
        using SqliteConnection connection = Open();
        using SqliteCommand command = Command(
            connection,
            "UPDATE OR IGNORE intents SET session = $s WHERE request = $r AND (session IS NULL OR session = $s)",
            ("$s", sessionId), ("$r", intent.RequestId));
        return await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false) == 1;
    }

    /// <inheritdoc/>
    public async Task<IReadOnlySet<string>> GetClaimedSessionsAsync(string appliance, IReadOnlyCollection<string> sessionIds, CancellationToken cancellationToken)
    {
        using SqliteConnection connection = Open();
        HashSet<string> claimed = new(StringComparer.Ordinal);
        using SqliteCommand command = Command(
            connection,
            "SELECT session FROM intents WHERE appliance = $a AND session IN (SELECT value FROM json_each($s))",
            ("$a", appliance), ("$s", JsonSerializer.Serialize(sessionIds)));
        using SqliteDataReader reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            claimed.Add(reader.GetString(0));
        }

        return claimed;
    }

    /// <inheritdoc/>
    public async Task<bool> TryRecordAsync(string requestId, RescanOutcome outcome, CancellationToken cancellationToken)
    {
        using SqliteConnection connection = Open();
        using SqliteCommand command = Command(
            connection,
            "INSERT INTO outcomes (request, instance, outcome) VALUES ($r, $i, $o) ON CONFLICT (request) DO NOTHING",
            ("$r", requestId), ("$i", outcome.Id), ("$o", JsonSerializer.Serialize(outcome)));
        return await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false) == 1;
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<RescanOutcome>> GetRecentAsync(string instanceId, int limit, CancellationToken cancellationToken) =>
        ReadAsync("SELECT outcome FROM outcomes WHERE instance = $i ORDER BY seq DESC LIMIT $n", cancellationToken, ("$i", instanceId), ("$n", limit));

    /// <inheritdoc/>
    public Task<IReadOnlyList<RescanOutcome>> GetLatestAsync(CancellationToken cancellationToken) =>
        ReadAsync("SELECT outcome FROM outcomes WHERE seq IN (SELECT MAX(seq) FROM outcomes GROUP BY instance) ORDER BY seq DESC", cancellationToken);

    private static SqliteCommand Command(SqliteConnection connection, string sql, params ReadOnlySpan<(string Name, object? Value)> parameters)
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

    private SqliteConnection Open()
    {
        SqliteConnection connection = new(connectionString);
        connection.Open();
        return connection;
    }

    private async Task<IReadOnlyList<RescanOutcome>> ReadAsync(string sql, CancellationToken cancellationToken, params (string Name, object? Value)[] parameters)
    {
        using SqliteConnection connection = Open();
        using SqliteCommand command = Command(connection, sql, parameters);
        using SqliteDataReader reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        List<RescanOutcome> outcomes = [];
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            outcomes.Add(JsonSerializer.Deserialize<RescanOutcome>(reader.GetString(0))!);
        }

        return outcomes;
    }
}
