using System.Runtime.CompilerServices;
using Azure;
using Azure.Data.Tables;

namespace Rescan.Functions.Storage.AzureTables;

/// <content>Export, import, pruning.</content>
internal sealed partial class TableOutcomeStore : IOutcomeArchive
{
    private static readonly TimeSpan LongestRescan = TimeSpan.FromDays(8);

    /// <inheritdoc/>
    public Task OpenAsync(CancellationToken cancellationToken) => EnsureAsync(cancellationToken);

    /// <inheritdoc/>
    public async IAsyncEnumerable<OutcomeArchiveItem> ExportAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await EnsureAsync(cancellationToken).ConfigureAwait(false);

        // Newest come first in the table; who takes them in one by one wants the newest last.
        List<string> requests = [];
        await foreach (TableEntity row in RowsAsync(TableClient.CreateQueryFilter($"PartitionKey eq {All}"), cancellationToken, "RowKey").ConfigureAwait(false))
        {
            requests.Add(row.RowKey[NewestFirst(default).Length..]);
        }

        requests.Reverse();
        foreach (string request in requests)
        {
            if (await GetAsync(request, cancellationToken).ConfigureAwait(false) is { } outcome)
            {
                yield return new OutcomeArchiveItem { Outcome = new RecordedOutcome(request, outcome) };
            }
        }

        await foreach (TableEntity row in RowsAsync(IntentsOfAll, cancellationToken).ConfigureAwait(false))
        {
            if (row.RowKey.StartsWith(IntentPrefix, StringComparison.Ordinal))
            {
                yield return new OutcomeArchiveItem { Intent = ToIntent(row) };
            }
        }

        await foreach (OutcomeArchiveItem run in ArchivedRun.OfAsync(this, cancellationToken).ConfigureAwait(false))
        {
            yield return run;
        }
    }

    /// <inheritdoc/>
    public async Task ImportAsync(OutcomeArchiveItem item, CancellationToken cancellationToken)
    {
        if (item.Outcome is { } outcome)
        {
            await TryRecordAsync(outcome.RequestId, outcome.Outcome, cancellationToken).ConfigureAwait(false);
        }

        if (item.Intent is { } intent)
        {
            await TryAddAsync(ToRow(intent with { SessionId = null }), cancellationToken).ConfigureAwait(false);
            if (intent.SessionId is { } session)
            {
                await TryClaimSessionAsync(intent, session, cancellationToken).ConfigureAwait(false);
            }
        }

        if (item.Run is { } run)
        {
            await run.ImportAsync(this, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public async Task<int> PruneAsync(DateTimeOffset before, CancellationToken cancellationToken)
    {
        await EnsureAsync(cancellationToken).ConfigureAwait(false);

        // A rescan under way may still need its intent, whatever its age.
        HashSet<string> kept = [];
        await foreach (TableEntity row in RowsAsync(IntentsOfAll, cancellationToken).ConfigureAwait(false))
        {
            if (!row.RowKey.StartsWith(IntentPrefix, StringComparison.Ordinal))
            {
                continue;
            }

            RescanIntent intent = ToIntent(row);
            if (intent.CreatedAt < before && (intent.CreatedAt < before - LongestRescan || await IsRecordedAsync(intent.RequestId, cancellationToken).ConfigureAwait(false)))
            {
                await table.DeleteEntityAsync(row.PartitionKey, row.RowKey, ETag.All, cancellationToken).ConfigureAwait(false);
            }
            else
            {
                kept.Add(intent.RequestId);
            }
        }

        await foreach (TableEntity row in RowsAsync(IntentsOfAll + " and " + TableClient.CreateQueryFilter($"Timestamp lt {before}"), cancellationToken).ConfigureAwait(false))
        {
            if (row.RowKey.StartsWith(ClaimPrefix, StringComparison.Ordinal) && !kept.Contains(row.GetString("Request") ?? ""))
            {
                await table.DeleteEntityAsync(row.PartitionKey, row.RowKey, ETag.All, cancellationToken).ConfigureAwait(false);
            }
        }

        await foreach (TableEntity row in RowsAsync(TableClient.CreateQueryFilter($"PartitionKey eq {Deliveries} and At lt {before}"), cancellationToken).ConfigureAwait(false))
        {
            await table.DeleteEntityAsync(row.PartitionKey, row.RowKey, ETag.All, cancellationToken).ConfigureAwait(false);
        }

        await PruneRunsAsync(before, cancellationToken).ConfigureAwait(false);

        // The row of the list goes last, so that a pruning cut off halfway can be asked for again.
        int removed = 0;
        await foreach (TableEntity row in RowsAsync(TableClient.CreateQueryFilter($"PartitionKey eq {All} and RowKey gt {NewestFirst(before)}"), cancellationToken).ConfigureAwait(false))
        {
            RescanOutcome outcome = Read(row);
            string request = row.RowKey[NewestFirst(default).Length..];
            NullableResponse<TableEntity> latest = await table.GetEntityIfExistsAsync<TableEntity>(Latest, outcome.Id, cancellationToken: cancellationToken).ConfigureAwait(false);
            if (latest.HasValue && latest.Value!.GetDateTimeOffset("FinishedAt") < before)
            {
                await table.DeleteEntityAsync(Latest, outcome.Id, latest.Value.ETag, cancellationToken).ConfigureAwait(false);
            }

            await table.DeleteEntityAsync("recorded", request, ETag.All, cancellationToken).ConfigureAwait(false);
            await table.DeleteEntityAsync("of-" + outcome.Id, row.RowKey, ETag.All, cancellationToken).ConfigureAwait(false);
            await table.DeleteEntityAsync(row.PartitionKey, row.RowKey, ETag.All, cancellationToken).ConfigureAwait(false);
            removed++;
        }

        return removed;
    }

    private static string IntentsOfAll => TableClient.CreateQueryFilter($"PartitionKey ge {"starts-"} and PartitionKey lt {"starts."}");

    private AsyncPageable<TableEntity> RowsAsync(string filter, CancellationToken cancellationToken, params string[] columns) =>
        table.QueryAsync<TableEntity>(filter, select: columns.Length == 0 ? null : columns, cancellationToken: cancellationToken);

    private async Task<bool> IsRecordedAsync(string requestId, CancellationToken cancellationToken) =>
        (await table.GetEntityIfExistsAsync<TableEntity>("recorded", requestId, ["RowKey"], cancellationToken).ConfigureAwait(false)).HasValue;
}
