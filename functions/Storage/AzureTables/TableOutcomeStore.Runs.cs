using System.Text.Json;
using Azure;
using Azure.Data.Tables;

namespace Rescan.Functions.Storage.AzureTables;

/// <content>Runs and their items.</content>
internal sealed partial class TableOutcomeStore : IRunStore
{
    private const string Runs = "runs";

    // The deciding row of a run, found by its id; the rows of the list are copies.
    private const string RunById = "run";
    private const int LargestTransaction = 100;

    /// <inheritdoc/>
    public async Task AddRunAsync(RunRecord run, CancellationToken cancellationToken)
    {
        if (!await TryAddAsync(RowOf(RunById, run.Id, run), cancellationToken).ConfigureAwait(false))
        {
            run = (await GetRunAsync(run.Id, cancellationToken).ConfigureAwait(false))!;
        }

        await ListAsync(run, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task<RunRecord> FinishRunAsync(RunRecord run, CancellationToken cancellationToken)
    {
        TableEntity row = await table.GetEntityAsync<TableEntity>(RunById, run.Id, cancellationToken: cancellationToken).ConfigureAwait(false);
        RunRecord kept = JsonSerializer.Deserialize<RunRecord>(JsonOf(row))!;
        if (kept.FinishedAt is null)
        {
            kept = run;
            await table.UpdateEntityAsync(RowOf(RunById, run.Id, run), row.ETag, TableUpdateMode.Replace, cancellationToken).ConfigureAwait(false);
        }

        await ListAsync(kept, cancellationToken).ConfigureAwait(false);
        return kept;
    }

    /// <inheritdoc/>
    public async Task<RunRecord?> GetRunAsync(string id, CancellationToken cancellationToken)
    {
        await EnsureAsync(cancellationToken).ConfigureAwait(false);
        NullableResponse<TableEntity> row = await table.GetEntityIfExistsAsync<TableEntity>(RunById, id, cancellationToken: cancellationToken).ConfigureAwait(false);
        return row.HasValue ? JsonSerializer.Deserialize<RunRecord>(JsonOf(row.Value!)) : null;
    }

    /// <inheritdoc/>
    public async Task<RunRecordPage> ListRunsAsync(int limit, string? continuationToken, CancellationToken cancellationToken)
    {
        await EnsureAsync(cancellationToken).ConfigureAwait(false);
        string last = continuationToken is null ? "" : ContinuationToken.Read(continuationToken);
        string filter = TableClient.CreateQueryFilter($"PartitionKey eq {Runs} and RowKey gt {last}");
        List<RunRecord> items = [];
        await foreach (TableEntity row in table.QueryAsync<TableEntity>(filter, Math.Min(limit + 1, 1000), cancellationToken: cancellationToken).ConfigureAwait(false))
        {
            if (items.Count == limit)
            {
                return new RunRecordPage(items, ContinuationToken.Of(last));
            }

            last = row.RowKey;
            items.Add(JsonSerializer.Deserialize<RunRecord>(JsonOf(row))!);
        }

        return new RunRecordPage(items, null);
    }

    /// <inheritdoc/>
    public async Task AddItemsAsync(string runId, IReadOnlyList<RunItem> items, CancellationToken cancellationToken)
    {
        await EnsureAsync(cancellationToken).ConfigureAwait(false);
        foreach (RunItem[] batch in items.Chunk(LargestTransaction))
        {
            try
            {
                await table.SubmitTransactionAsync(batch.Select(i => new TableTransactionAction(TableTransactionActionType.Add, RowOf(runId, i))), cancellationToken).ConfigureAwait(false);
            }
            catch (RequestFailedException e) when (e.Status == 409)
            {
                // Some are there already, from a try that was cut off.
                foreach (RunItem item in batch)
                {
                    await TryAddAsync(RowOf(runId, item), cancellationToken).ConfigureAwait(false);
                }
            }
        }
    }

    /// <inheritdoc/>
    public Task UpdateItemsAsync(string runId, IReadOnlyList<RunItem> items, CancellationToken cancellationToken) =>
        Parallel.ForEachAsync(items, new ParallelOptions { MaxDegreeOfParallelism = RequestsAtOnce, CancellationToken = cancellationToken }, async (item, cancel) =>
        {
            TableEntity next = RowOf(runId, item);
            TableEntity kept = await table.GetEntityAsync<TableEntity>(next.PartitionKey, next.RowKey, cancellationToken: cancel).ConfigureAwait(false);
            if (kept.GetString("State") != nameof(RunItemState.Ended))
            {
                await table.UpdateEntityAsync(next, kept.ETag, TableUpdateMode.Replace, cancel).ConfigureAwait(false);
            }
        });

    /// <inheritdoc/>
    public async Task<IReadOnlyList<RunItem>> GetItemsAsync(string runId, string? appliance, RunItemState? state, int limit, CancellationToken cancellationToken)
    {
        await EnsureAsync(cancellationToken).ConfigureAwait(false);
        string filter = TableClient.CreateQueryFilter($"PartitionKey eq {ItemsOf(runId)}");
        if (appliance is not null)
        {
            string first = TurnsOf(appliance);
            filter += " and " + TableClient.CreateQueryFilter($"RowKey ge {first} and RowKey lt {first + "~"}");
        }

        if (state is not null)
        {
            filter += " and " + TableClient.CreateQueryFilter($"State eq {state.ToString()}");
        }

        List<RunItem> items = [];
        await foreach (TableEntity row in table.QueryAsync<TableEntity>(filter, cancellationToken: cancellationToken).ConfigureAwait(false))
        {
            items.Add(JsonSerializer.Deserialize<RunItem>(JsonOf(row))!);
        }

        return [.. items.OrderBy(i => i.Appliance, StringComparer.OrdinalIgnoreCase).ThenBy(i => i.Turn).Take(limit)];
    }

    private async Task PruneRunsAsync(DateTimeOffset before, CancellationToken cancellationToken)
    {
        await foreach (TableEntity row in RowsAsync(TableClient.CreateQueryFilter($"PartitionKey eq {Runs} and RowKey gt {NewestFirst(before)}"), cancellationToken).ConfigureAwait(false))
        {
            RunRecord run = JsonSerializer.Deserialize<RunRecord>(JsonOf(row))!;
            if (run.FinishedAt is null || run.FinishedAt >= before)
            {
                continue;
            }

            await foreach (TableEntity item in RowsAsync(TableClient.CreateQueryFilter($"PartitionKey eq {ItemsOf(run.Id)}"), cancellationToken, "PartitionKey", "RowKey").ConfigureAwait(false))
            {
                await table.DeleteEntityAsync(item.PartitionKey, item.RowKey, ETag.All, cancellationToken).ConfigureAwait(false);
            }

            await table.DeleteEntityAsync(RunById, run.Id, ETag.All, cancellationToken).ConfigureAwait(false);
            await table.DeleteEntityAsync(row.PartitionKey, row.RowKey, ETag.All, cancellationToken).ConfigureAwait(false);
        }
    }

    private static string ItemsOf(string runId) => "items-" + runId;

    // No appliance's name holds the mark, so none begins another's.
    private static string TurnsOf(string appliance) => appliance.ToLowerInvariant() + "!";

    private static TableEntity RowOf(string partition, string key, RunRecord run) => WithJson(new TableEntity(partition, key), JsonSerializer.Serialize(run));

    private static TableEntity RowOf(string runId, RunItem item) => WithJson(
        new TableEntity(ItemsOf(runId), TurnsOf(item.Appliance) + Key(item.Repository.Id)) { ["State"] = item.State.ToString() }, JsonSerializer.Serialize(item));

    private Task ListAsync(RunRecord run, CancellationToken cancellationToken) =>
        table.UpsertEntityAsync(RowOf(Runs, NewestFirst(run.StartedAt) + run.Id, run), TableUpdateMode.Replace, cancellationToken);
}
