namespace Rescan.Functions.Storage;

/// <summary>Keeps runs and their items. What has ended stays as it is, however often a write is repeated.</summary>
/// <param name="table">Where they are kept.</param>
public sealed partial class RunStore(ITable table)
{
    private const string Partition = "runs";
    private const string Run = "run";
    private const string List = "list";

    /// <summary>Writes a run down unless one of that id is.</summary>
    public async Task AddRunAsync(RunRecord run, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(run);
        string json = StoredJson.Write(run);
        await table.TryWriteAsync(
            Partition, [TableChange.Insert(TableKey.Of(Run, run.Id), json), TableChange.Insert(ListKey(run), json)], cancellationToken);
    }

    /// <summary>Writes a run's end down unless its end is.</summary>
    /// <returns>The run as kept.</returns>
    public async Task<RunRecord> FinishRunAsync(RunRecord run, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(run);
        while (true)
        {
            TableRow row = await table.GetAsync(Partition, TableKey.Of(Run, run.Id), cancellationToken)
                ?? throw new InvalidOperationException($"Run '{run.Id}' was never written down.");
            RunRecord kept = StoredJson.Read<RunRecord>(row);
            if (kept.FinishedAt is not null)
            {
                return kept;
            }

            // Lists are ordered by the start that was written first.
            RunRecord finished = run with { StartedAt = kept.StartedAt, RepeatedBy = kept.RepeatedBy };
            string json = StoredJson.Write(finished);
            if (await table.TryWriteAsync(
                Partition, [TableChange.Replace(row, json), TableChange.Put(ListKey(kept), json)], cancellationToken))
            {
                return finished;
            }
        }
    }

    /// <summary>Changes a run that is written down.</summary>
    /// <param name="id">The run.</param>
    /// <param name="change">
    /// Makes the changed run of the run as kept; the same when there is nothing to change. Called again when it was changed meanwhile.
    /// </param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The run as kept; null when there is none of that id.</returns>
    public async Task<RunRecord?> ChangeRunAsync(string id, Func<RunRecord, RunRecord> change, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(change);
        while (await table.GetAsync(Partition, TableKey.Of(Run, id), cancellationToken) is { } row)
        {
            RunRecord kept = StoredJson.Read<RunRecord>(row);
            RunRecord changed = change(kept);
            string json = StoredJson.Write(changed);
            if (ReferenceEquals(kept, changed)
                || await table.TryWriteAsync(
                    Partition, [TableChange.Replace(row, json), TableChange.Put(ListKey(kept), json)], cancellationToken))
            {
                return changed;
            }
        }

        return null;
    }

    /// <summary>A run; null when there is none of that id.</summary>
    public Task<RunRecord?> GetRunAsync(string id, CancellationToken cancellationToken) =>
        table.GetAsync<RunRecord>(Partition, TableKey.Of(Run, id), cancellationToken);

    /// <summary>Runs, newest first.</summary>
    /// <param name="limit">How many at most, 1 to 1000.</param>
    /// <param name="continuationToken">Where an earlier page ended; null: from the newest.</param>
    /// <param name="cancellationToken">Ends the read.</param>
    /// <exception cref="FormatException">The continuation token is invalid.</exception>
    public async Task<RunRecordPage> ListRunsAsync(int limit, string? continuationToken, CancellationToken cancellationToken)
    {
        KeyRange range = KeyRange.Of(List);
        if (continuationToken is not null)
        {
            string after = ContinuationToken.Read(continuationToken);
            range = after.StartsWith(range.After, StringComparison.Ordinal) && after.All(c => c is >= TableKey.Separator and <= '~')
                ? range.From(after)
                : throw ContinuationToken.Invalid();
        }

        List<RunRecord> items = [];
        string last = "";
        await foreach (TableRow row in table.QueryAsync(Partition, range, limit + 1, cancellationToken))
        {
            if (items.Count == limit)
            {
                return new RunRecordPage(items, ContinuationToken.Of(last));
            }

            last = row.Key;
            items.Add(StoredJson.Read<RunRecord>(row));
        }

        return new RunRecordPage(items, null);
    }

    /// <summary>Removes runs that ended before a time, with their items.</summary>
    internal async Task PruneAsync(DateTimeOffset before, CancellationToken cancellationToken)
    {
        List<TableRow> old = [];
        await foreach (TableRow row in table.QueryAsync(Partition, KeyRange.Of(List), int.MaxValue, cancellationToken))
        {
            if (StoredJson.Read<RunRecord>(row).FinishedAt < before)
            {
                old.Add(row);
            }
        }

        foreach (TableRow row in old)
        {
            // The run goes last, so that a pruning cut off halfway can be asked for again.
            string id = StoredJson.Read<RunRecord>(row).Id;
            await table.DeleteAsync(ItemsOf(id), KeyRange.All, _ => true, cancellationToken);
            await table.TryWriteAsync(Partition, [TableChange.Delete(row), TableChange.Delete(TableKey.Of(Run, id))], cancellationToken);
        }
    }

    private static string ListKey(RunRecord run) => TableKey.Of(List, TableKey.NewestFirst(run.StartedAt), run.Id);
}
