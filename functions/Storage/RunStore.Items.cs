namespace Rescan.Functions.Storage;

/// <content>
/// Items of a run: a row by appliance and repository, and until the item has ended a second one by its state and its turn, so that those
/// whose turn is next are found without reading all.
/// </content>
public sealed partial class RunStore
{
    private const string Item = "item";

    // Two rows an item when it is added, three when it changes.
    private const int AddedAtOnce = TableLimits.Changes / 2;
    private const int UpdatedAtOnce = TableLimits.Changes / 3;
    private const int ReadsAtOnce = 16;

    /// <summary>Adds items to a run; those of repositories that it has already are left as they are.</summary>
    public async Task AddItemsAsync(string runId, IReadOnlyList<RunItem> items, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(items);
        foreach (RunItem[] some in items.Chunk(AddedAtOnce))
        {
            if (!await table.TryWriteAsync(ItemsOf(runId), [.. some.SelectMany(RowsOf)], cancellationToken))
            {
                // An earlier try added some of them.
                foreach (RunItem one in some)
                {
                    await table.TryWriteAsync(ItemsOf(runId), [.. RowsOf(one)], cancellationToken);
                }
            }
        }
    }

    /// <summary>Replaces items of a run, except those that have ended.</summary>
    public async Task UpdateItemsAsync(string runId, IReadOnlyList<RunItem> items, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(items);
        IReadOnlyList<RunItem> left = items;
        int atOnce = UpdatedAtOnce;
        while (left.Count > 0)
        {
            List<RunItem> refused = [];
            foreach (RunItem[] some in left.Chunk(atOnce))
            {
                TableChange[] changes = [.. (await ReadAsync(runId, some, cancellationToken)).SelectMany(ChangesOf)];
                if (changes.Length > 0 && !await table.TryWriteAsync(ItemsOf(runId), changes, cancellationToken))
                {
                    refused.AddRange(some);
                }
            }

            // One that somebody changed meanwhile must not keep the others.
            (left, atOnce) = (refused, 1);
        }
    }

    /// <summary>Items of a run, by appliance and turn.</summary>
    /// <param name="runId">The run.</param>
    /// <param name="appliance">Only this appliance's; null: all.</param>
    /// <param name="state">Only those in this state; null: all.</param>
    /// <param name="limit">How many at most.</param>
    /// <param name="cancellationToken">Ends the read.</param>
    public async Task<IReadOnlyList<RunItem>> GetItemsAsync(
        string runId, string? appliance, RunItemState? state, int limit, CancellationToken cancellationToken)
    {
        // Rows by state are in the order of turns already.
        bool isOrdered = state is RunItemState.Waiting or RunItemState.Running;
        string kind = isOrdered ? KindOf(state!.Value) : Item;
        KeyRange range = appliance is null ? KeyRange.Of(kind) : KeyRange.Of(kind, appliance.ToLowerInvariant());
        List<RunItem> items = [];
        await foreach (TableRow row in table.QueryAsync(ItemsOf(runId), range, isOrdered ? limit : int.MaxValue, cancellationToken))
        {
            RunItem item = StoredJson.Read<RunItem>(row);
            if (state is null || item.State == state)
            {
                items.Add(item);
            }
        }

        return [.. items.OrderBy(i => i.Appliance, StringComparer.OrdinalIgnoreCase).ThenBy(i => i.Turn).Take(limit)];
    }

    private static string ItemsOf(string runId) => TableKey.Of(Run, runId);

    private static string KindOf(RunItemState state) => state == RunItemState.Waiting ? "waiting" : "running";

    private static string ItemKey(RunItem item) => TableKey.Of(Item, item.Appliance.ToLowerInvariant(), item.Repository.Id);

    private static string StateKey(RunItem item) =>
        TableKey.Of(KindOf(item.State), item.Appliance.ToLowerInvariant(), TableKey.Ascending(item.Turn), item.Repository.Id);

    private static IEnumerable<TableChange> RowsOf(RunItem item)
    {
        string json = StoredJson.Write(item);
        yield return TableChange.Insert(ItemKey(item), json);
        if (item.State != RunItemState.Ended)
        {
            yield return TableChange.Insert(StateKey(item), json);
        }
    }

    private static IEnumerable<TableChange> ChangesOf((TableRow Row, RunItem Next) change)
    {
        (TableRow row, RunItem next) = change;
        RunItem kept = StoredJson.Read<RunItem>(row);
        if (kept.State == RunItemState.Ended)
        {
            yield break;
        }

        string json = StoredJson.Write(next);
        string before = StateKey(kept);
        string? after = next.State == RunItemState.Ended ? null : StateKey(next);
        yield return TableChange.Replace(row, json);
        if (after != before)
        {
            yield return TableChange.Delete(before);
        }

        if (after is not null)
        {
            yield return TableChange.Put(after, json);
        }
    }

    private async Task<List<(TableRow Row, RunItem Next)>> ReadAsync(string runId, RunItem[] items, CancellationToken cancellationToken)
    {
        TableRow?[] rows = new TableRow?[items.Length];
        ParallelOptions some = new() { MaxDegreeOfParallelism = ReadsAtOnce, CancellationToken = cancellationToken };
        await Parallel.ForAsync(
            0, items.Length, some, async (i, cancel) => rows[i] = await table.GetAsync(ItemsOf(runId), ItemKey(items[i]), cancel));
        return [.. items.Select(
            (item, i) => (rows[i] ?? throw new InvalidOperationException($"Run '{runId}' has no item '{item.Repository.Id}'."), item))];
    }
}
