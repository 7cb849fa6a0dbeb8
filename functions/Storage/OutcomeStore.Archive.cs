using System.Runtime.CompilerServices;

namespace Rescan.Functions.Storage;

/// <content>Export and pruning.</content>
public sealed partial class OutcomeStore
{
    // Three rows an outcome, and perhaps its instance's latest.
    private const int PrunedAtOnce = TableLimits.Changes / 4;

    /// <summary>All outcomes with their logs, in no particular order.</summary>
    internal async IAsyncEnumerable<RecordedOutcome> ExportAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (TableRow row in table.QueryAsync(Partition, KeyRange.Of(Whole), int.MaxValue, cancellationToken))
        {
            yield return StoredJson.Read<RecordedOutcome>(row);
        }
    }

    /// <summary>Removes outcomes that ended before a time.</summary>
    /// <returns>How many were removed.</returns>
    internal async Task<int> PruneAsync(DateTimeOffset before, CancellationToken cancellationToken)
    {
        List<RecordedOutcome> old = [];
        KeyRange past = KeyRange.Of(List).From(TableKey.Of(List, TableKey.NewestFirst(before)));
        await foreach (TableRow row in table.QueryAsync(Partition, past, int.MaxValue, cancellationToken))
        {
            RecordedOutcome item = StoredJson.Read<RecordedOutcome>(row);
            if (item.Outcome.FinishedAt < before)
            {
                old.Add(item);
            }
        }

        Dictionary<string, TableRow> latest = [];
        await foreach (TableRow row in table.QueryAsync(Partition, KeyRange.Of(Latest), int.MaxValue, cancellationToken))
        {
            latest[StoredJson.Read<RecordedOutcome>(row).RequestId] = row;
        }

        foreach (RecordedOutcome[] some in old.Chunk(PrunedAtOnce))
        {
            if (!await table.TryWriteAsync(Partition, [.. some.SelectMany(o => RowsOf(o, latest))], cancellationToken))
            {
                foreach (RecordedOutcome one in some)
                {
                    // A latest row that was replaced meanwhile is somebody else's.
                    _ = await table.TryWriteAsync(Partition, [.. RowsOf(one, latest)], cancellationToken)
                        || await table.TryWriteAsync(Partition, [.. RowsOf(one, [])], cancellationToken);
                }
            }
        }

        return old.Count;
    }

    private static IEnumerable<TableChange> RowsOf(RecordedOutcome item, Dictionary<string, TableRow> latest)
    {
        string newest = TableKey.NewestFirst(item.Outcome.FinishedAt);
        yield return TableChange.Delete(TableKey.Of(Whole, item.RequestId));
        yield return TableChange.Delete(TableKey.Of(List, newest, item.RequestId));
        yield return TableChange.Delete(TableKey.Of(Instance, item.Outcome.Id, newest, item.RequestId));
        if (latest.TryGetValue(item.RequestId, out TableRow? row))
        {
            yield return TableChange.Delete(row);
        }
    }
}
