using System.Collections.Concurrent;
using Azure;
using Azure.Data.Tables;

namespace Rescan.Functions.Storage.AzureTables;

/// <content>Pages, single outcomes and histories.</content>
internal sealed partial class TableOutcomeStore
{
    private const int RequestsAtOnce = 16;
    private static readonly string[] PointColumns = ["Outcome", "DurationSeconds", "FinishedAt"];

    /// <inheritdoc/>
    public async Task<OutcomePage> ListAsync(OutcomeQuery query, CancellationToken cancellationToken)
    {
        await EnsureAsync(cancellationToken).ConfigureAwait(false);
        string after = query.ContinuationToken is null ? "" : ContinuationToken.Read(query.ContinuationToken);
        string partition = query.InstanceId is { } instance ? "of-" + instance : All;
        string filter = TableClient.CreateQueryFilter($"PartitionKey eq {partition} and RowKey gt {after}");
        if (query.Appliance is { } appliance)
        {
            filter += " and " + TableClient.CreateQueryFilter($"ApplianceKey eq {appliance.ToLowerInvariant()}");
        }

        if (query.Repository is { } repository)
        {
            string key = repository.ToLowerInvariant();
            filter += " and " + TableClient.CreateQueryFilter($"(RepositoryKey eq {key} or RepositoryName eq {key})");
        }

        List<RecordedOutcome> items = [];
        string last = after;
        await foreach (TableEntity row in table.QueryAsync<TableEntity>(filter, Math.Min(query.Limit + 1, 1000), cancellationToken: cancellationToken).ConfigureAwait(false))
        {
            if (items.Count == query.Limit)
            {
                return new OutcomePage(items, ContinuationToken.Of(last));
            }

            last = row.RowKey;
            items.Add(new RecordedOutcome(last[NewestFirst(default).Length..], Read(row) with { Log = [] }));
        }

        return new OutcomePage(items, null);
    }

    /// <inheritdoc/>
    public async Task<RescanOutcome?> GetAsync(string requestId, CancellationToken cancellationToken)
    {
        await EnsureAsync(cancellationToken).ConfigureAwait(false);
        NullableResponse<TableEntity> row = await table.GetEntityIfExistsAsync<TableEntity>("recorded", requestId, cancellationToken: cancellationToken).ConfigureAwait(false);
        return row.HasValue ? Read(row.Value!) : null;
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyDictionary<string, IReadOnlyList<OutcomePoint>>> GetHistoryAsync(
        IReadOnlyCollection<string> instanceIds, int limit, CancellationToken cancellationToken)
    {
        await EnsureAsync(cancellationToken).ConfigureAwait(false);
        ConcurrentDictionary<string, IReadOnlyList<OutcomePoint>> histories = new(StringComparer.Ordinal);
        await Parallel.ForEachAsync(instanceIds, new ParallelOptions { MaxDegreeOfParallelism = RequestsAtOnce, CancellationToken = cancellationToken }, async (id, cancel) =>
        {
            List<OutcomePoint> points = [];
            await foreach (TableEntity row in table.QueryAsync<TableEntity>(
                TableClient.CreateQueryFilter($"PartitionKey eq {"of-" + id}"), limit, PointColumns, cancel).ConfigureAwait(false))
            {
                if (row.GetDouble("DurationSeconds") is { } seconds && row.GetDateTimeOffset("FinishedAt") is { } finished)
                {
                    points.Add(new OutcomePoint(Enum.Parse<Outcome>(row.GetString("Outcome")), seconds, finished));
                }

                if (points.Count == limit)
                {
                    break;
                }
            }

            if (points.Count > 0)
            {
                points.Reverse();
                histories[id] = points;
            }
        }).ConfigureAwait(false);
        return histories;
    }

    /// <summary>Columns to filter by and to draw histories from, lower case where case does not count.</summary>
    private static void Describe(TableEntity row, RescanOutcome outcome)
    {
        row["ApplianceKey"] = outcome.Appliance.ToLowerInvariant();
        row["RepositoryKey"] = outcome.Repository.Id.ToLowerInvariant();
        row["RepositoryName"] = outcome.Repository.Name.ToLowerInvariant();
        row["DurationSeconds"] = outcome.DurationSeconds;
        row["FinishedAt"] = outcome.FinishedAt;
    }
}
