using System.Text.Json;
using Microsoft.Data.Sqlite;

namespace Rescan.Functions.Storage;

/// <summary>Outcomes in a SQLite file. Each write is one conditional statement, so a repeat or another process changes nothing.</summary>
internal sealed partial class SqliteOutcomeStore : IOutcomeStore
{
    private readonly string file;
    private readonly string connectionString;

    // SQLite lets one write at a time and has the others sleep and ask again: here they queue instead. Other processes still meet its own lock.
    private readonly SemaphoreSlim writes = new(1, 1);

    /// <exception cref="OutcomeStoreException">A newer version wrote the file, it is missing though it was in use before, damaged, or cannot be written.</exception>
    public SqliteOutcomeStore(string path)
    {
        file = Path.GetFullPath(path);
        connectionString = new SqliteConnectionStringBuilder { DataSource = file, DefaultTimeout = 30 }.ToString();
        Prepare();
    }

    /// <inheritdoc/>
    public async Task<bool> TryRecordAsync(string requestId, RescanOutcome outcome, CancellationToken cancellationToken)
    {
        using Writer writer = await OpenToWriteAsync(cancellationToken).ConfigureAwait(false);
        SqliteConnection connection = writer.Connection;
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
        RequireFile();
        SqliteConnection connection = new(connectionString);
        connection.Open();
        return connection;
    }

    private async Task<Writer> OpenToWriteAsync(CancellationToken cancellationToken)
    {
        await writes.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return new Writer(Open(), writes);
        }
        catch
        {
            writes.Release();
            throw;
        }
    }

    private async Task<int> WriteAsync(string sql, CancellationToken cancellationToken, params (string Name, object? Value)[] parameters)
    {
        using Writer writer = await OpenToWriteAsync(cancellationToken).ConfigureAwait(false);
        using SqliteCommand command = Command(writer.Connection, sql, parameters);
        return await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }

    private Task<IReadOnlyList<RescanOutcome>> ReadAsync(string sql, CancellationToken cancellationToken, params (string Name, object? Value)[] parameters) =>
        ReadAsync<RescanOutcome>(sql, cancellationToken, parameters);

    private async Task<IReadOnlyList<T>> ReadAsync<T>(string sql, CancellationToken cancellationToken, params (string Name, object? Value)[] parameters)
    {
        using SqliteConnection connection = Open();
        using SqliteCommand command = Command(connection, sql, parameters);
        using SqliteDataReader reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        List<T> found = [];
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            found.Add(JsonSerializer.Deserialize<T>(reader.GetString(0))!);
        }

        return found;
    }

    /// <summary>A connection that nobody else of this process writes beside.</summary>
    private sealed class Writer(SqliteConnection connection, SemaphoreSlim turn) : IDisposable
    {
        public SqliteConnection Connection => connection;

        public void Dispose()
        {
            connection.Dispose();
            turn.Release();
        }
    }
}
