using System.Data.Common;
using System.Globalization;
using System.Text.Json;
using Microsoft.Data.Sqlite;

namespace Rescan.Functions.Storage;

/// <content>Runs and their items.</content>
internal sealed partial class SqliteOutcomeStore : IRunStore
{
    private const string RunTables = """
        CREATE TABLE IF NOT EXISTS runs (seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, finished INTEGER NOT NULL, run TEXT NOT NULL);
        CREATE TABLE IF NOT EXISTS run_items (
          run TEXT NOT NULL, appliance TEXT NOT NULL COLLATE NOCASE, turn INTEGER NOT NULL, repository TEXT NOT NULL, state TEXT NOT NULL, item TEXT NOT NULL,
          PRIMARY KEY (run, appliance, repository)) WITHOUT ROWID;
        CREATE INDEX IF NOT EXISTS run_items_in_turn ON run_items (run, appliance, state, turn);
        """;

    /// <inheritdoc/>
    public async Task AddRunAsync(RunRecord run, CancellationToken cancellationToken)
    {
        using Writer writer = await OpenToWriteAsync(cancellationToken).ConfigureAwait(false);
        SqliteConnection connection = writer.Connection;
        using SqliteCommand command = Command(
            connection,
            "INSERT INTO runs (id, finished, run) VALUES ($id, $finished, $run) ON CONFLICT (id) DO NOTHING",
            ("$id", run.Id), ("$finished", run.FinishedAt is not null), ("$run", JsonSerializer.Serialize(run)));
        await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task<RunRecord> FinishRunAsync(RunRecord run, CancellationToken cancellationToken)
    {
        using Writer writer = await OpenToWriteAsync(cancellationToken).ConfigureAwait(false);
        SqliteConnection connection = writer.Connection;
        using SqliteCommand command = Command(
            connection, "UPDATE runs SET finished = 1, run = $run WHERE id = $id AND finished = 0", ("$id", run.Id), ("$run", JsonSerializer.Serialize(run)));
        return await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false) == 1
            ? run
            : await GetRunAsync(run.Id, cancellationToken).ConfigureAwait(false) ?? throw new InvalidOperationException($"Run '{run.Id}' was never written down.");
    }

    /// <inheritdoc/>
    public async Task<RunRecord?> GetRunAsync(string id, CancellationToken cancellationToken) =>
        (await ReadAsync<RunRecord>("SELECT run FROM runs WHERE id = $id", cancellationToken, ("$id", id)).ConfigureAwait(false)).FirstOrDefault();

    /// <inheritdoc/>
    public async Task<RunRecordPage> ListRunsAsync(int limit, string? continuationToken, CancellationToken cancellationToken)
    {
        using SqliteConnection connection = Open();
        using SqliteCommand command = Command(
            connection, "SELECT seq, run FROM runs WHERE seq < $before ORDER BY seq DESC LIMIT $more", ("$before", Before(continuationToken)), ("$more", limit + 1));
        using SqliteDataReader reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        List<RunRecord> items = [];
        long last = 0;
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            if (items.Count == limit)
            {
                return new RunRecordPage(items, ContinuationToken.Of(last.ToString(CultureInfo.InvariantCulture)));
            }

            last = reader.GetInt64(0);
            items.Add(JsonSerializer.Deserialize<RunRecord>(reader.GetString(1))!);
        }

        return new RunRecordPage(items, null);
    }

    /// <inheritdoc/>
    public Task AddItemsAsync(string runId, IReadOnlyList<RunItem> items, CancellationToken cancellationToken) =>
        WriteAsync(runId, items, "INSERT INTO run_items VALUES ($run, $appliance, $turn, $repository, $state, $item) ON CONFLICT DO NOTHING", cancellationToken);

    /// <inheritdoc/>
    public Task UpdateItemsAsync(string runId, IReadOnlyList<RunItem> items, CancellationToken cancellationToken) => WriteAsync(
        runId, items,
        "UPDATE run_items SET state = $state, item = $item WHERE run = $run AND appliance = $appliance AND repository = $repository AND state <> 'Ended'",
        cancellationToken);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<RunItem>> GetItemsAsync(string runId, string? appliance, RunItemState? state, int limit, CancellationToken cancellationToken) =>
        await ReadAsync<RunItem>(
            ItemsOf(appliance, state), cancellationToken, ("$run", runId), ("$appliance", appliance), ("$state", state?.ToString()), ("$limit", limit)).ConfigureAwait(false);

    // An index serves only conditions that are there for certain: "is null or equals" would read a whole run every time.
    private static string ItemsOf(string? appliance, RunItemState? state) => (appliance, state) switch
    {
        (null, null) => "SELECT item FROM run_items WHERE run = $run ORDER BY appliance, turn LIMIT $limit",
        (null, _) => "SELECT item FROM run_items WHERE run = $run AND state = $state ORDER BY appliance, turn LIMIT $limit",
        (_, null) => "SELECT item FROM run_items WHERE run = $run AND appliance = $appliance ORDER BY turn LIMIT $limit",
        _ => "SELECT item FROM run_items WHERE run = $run AND appliance = $appliance AND state = $state ORDER BY turn LIMIT $limit",
    };

    private async Task WriteAsync(string runId, IReadOnlyList<RunItem> items, string sql, CancellationToken cancellationToken)
    {
        if (items.Count == 0)
        {
            return;
        }

        using Writer writer = await OpenToWriteAsync(cancellationToken).ConfigureAwait(false);
        SqliteConnection connection = writer.Connection;
        using DbTransaction transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
        foreach (RunItem item in items)
        {
            using SqliteCommand command = Command(
                connection, sql,
                ("$run", runId), ("$appliance", item.Appliance), ("$turn", item.Turn), ("$repository", item.Repository.Id),
                ("$state", item.State.ToString()), ("$item", JsonSerializer.Serialize(item)));
            await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }

        await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
    }
}
