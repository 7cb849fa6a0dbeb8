using System.Collections.Concurrent;

namespace Rescan.Functions.Storage;

/// <summary>
/// Keeps outcomes. An outcome is written once, by one transaction: whole, as a line of the list of all, as a line of its instance's list,
/// and as its instance's latest, unless a later one is.
/// </summary>
/// <param name="table">Where they are kept.</param>
public sealed partial class OutcomeStore(ITable table)
{
    private const string Partition = "outcomes";
    private const string Whole = "request";
    private const string List = "list";
    private const string Instance = "instance";
    private const string Latest = "latest";
    private const int ReadsAtOnce = 16;

    /// <summary>Records the outcome once per request id; a repeat changes nothing.</summary>
    /// <returns>Whether this call recorded it.</returns>
    public async Task<bool> TryRecordAsync(string requestId, RescanOutcome outcome, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(outcome);
        string line = StoredJson.Write(new RecordedOutcome(requestId, outcome with { Log = [] }));
        string newest = TableKey.NewestFirst(outcome.FinishedAt);
        TableChange[] always =
        [
            TableChange.Insert(TableKey.Of(Whole, requestId), OutcomeSize.Write(new RecordedOutcome(requestId, outcome))),
            TableChange.Insert(TableKey.Of(List, newest, requestId), line),
            TableChange.Insert(TableKey.Of(Instance, outcome.Id, newest, requestId), line),
        ];
        while (true)
        {
            TableRow? latest = await table.GetAsync(Partition, TableKey.Of(Latest, outcome.Id), cancellationToken);
            TableChange[] changes = latest is null ? [.. always, TableChange.Insert(TableKey.Of(Latest, outcome.Id), line)]
                : StoredJson.Read<RecordedOutcome>(latest).Outcome.FinishedAt <= outcome.FinishedAt
                ? [.. always, TableChange.Replace(latest, line)]
                : always;
            if (await table.TryWriteAsync(Partition, changes, cancellationToken))
            {
                return true;
            }

            if (await table.GetAsync(Partition, TableKey.Of(Whole, requestId), cancellationToken) is not null)
            {
                return false;
            }
        }
    }

    /// <summary>Adds to the reason of a recorded outcome, once, what came to light afterwards.</summary>
    /// <returns>The outcome without its log; null when none is recorded, or it was removed meanwhile.</returns>
    public async Task<RescanOutcome?> AddReasonAsync(string requestId, string more, CancellationToken cancellationToken)
    {
        while (await table.GetAsync(Partition, TableKey.Of(Whole, requestId), cancellationToken) is { } whole)
        {
            RescanOutcome outcome = StoredJson.Read<RecordedOutcome>(whole).Outcome;
            if (outcome.Reason?.Contains(more, StringComparison.Ordinal) == true)
            {
                return outcome with { Log = [] };
            }

            outcome = outcome with { Reason = $"{outcome.Reason} {more}".Trim() };
            string line = StoredJson.Write(new RecordedOutcome(requestId, outcome with { Log = [] }));
            string newest = TableKey.NewestFirst(outcome.FinishedAt);
            List<TableChange> changes = [TableChange.Replace(whole, OutcomeSize.Write(new RecordedOutcome(requestId, outcome)))];
            foreach (string key in (string[])[TableKey.Of(List, newest, requestId), TableKey.Of(Instance, outcome.Id, newest, requestId)])
            {
                if (await table.GetAsync(Partition, key, cancellationToken) is { } row)
                {
                    changes.Add(TableChange.Replace(row, line));
                }
            }

            if (await table.GetAsync(Partition, TableKey.Of(Latest, outcome.Id), cancellationToken) is { } latest
                && StoredJson.Read<RecordedOutcome>(latest).RequestId == requestId)
            {
                changes.Add(TableChange.Replace(latest, line));
            }

            if (await table.TryWriteAsync(Partition, changes, cancellationToken))
            {
                return outcome with { Log = [] };
            }
        }

        return null;
    }

    /// <summary>The outcome of one request with its log; null while there is none.</summary>
    public async Task<RescanOutcome?> GetAsync(string requestId, CancellationToken cancellationToken) =>
        (await table.GetAsync<RecordedOutcome>(Partition, TableKey.Of(Whole, requestId), cancellationToken))?.Outcome;

    /// <summary>The newest outcomes of an instance id, newest first, without their logs.</summary>
    /// <param name="instanceId">The instance id.</param>
    /// <param name="limit">How many at most.</param>
    /// <param name="cancellationToken">Ends the read.</param>
    public async Task<IReadOnlyList<RescanOutcome>> GetRecentAsync(string instanceId, int limit, CancellationToken cancellationToken) =>
        [.. (await GetRecentRecordedAsync(instanceId, limit, cancellationToken)).Select(r => r.Outcome)];

    /// <summary>The same, each with the request that it is of.</summary>
    /// <param name="instanceId">The instance id.</param>
    /// <param name="limit">How many at most.</param>
    /// <param name="cancellationToken">Ends the read.</param>
    public async Task<IReadOnlyList<RecordedOutcome>> GetRecentRecordedAsync(
        string instanceId, int limit, CancellationToken cancellationToken) =>
        await ReadAsync(KeyRange.Of(Instance, instanceId), limit, cancellationToken);

    /// <summary>The newest outcome of every instance id without its log, newest first.</summary>
    public async Task<IReadOnlyList<RescanOutcome>> GetLatestAsync(CancellationToken cancellationToken) =>
        [.. (await ReadAsync(KeyRange.Of(Latest), int.MaxValue, cancellationToken)).Select(r => r.Outcome)
            .OrderByDescending(o => o.FinishedAt)];

    /// <summary>The last outcomes of each of these instance ids, newest last; ids that have none are left out.</summary>
    /// <param name="instanceIds">The instance ids.</param>
    /// <param name="limit">How many of each at most.</param>
    /// <param name="cancellationToken">Ends the read.</param>
    public async Task<IReadOnlyDictionary<string, IReadOnlyList<OutcomePoint>>> GetHistoryAsync(
        IReadOnlyCollection<string> instanceIds, int limit, CancellationToken cancellationToken)
    {
        ConcurrentDictionary<string, IReadOnlyList<OutcomePoint>> histories = new(StringComparer.Ordinal);
        ParallelOptions some = new() { MaxDegreeOfParallelism = ReadsAtOnce, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(instanceIds, some, async (id, cancel) =>
        {
            IReadOnlyList<RescanOutcome> recent = await GetRecentAsync(id, limit, cancel);
            if (recent.Count > 0)
            {
                histories[id] = [.. recent.Reverse().Select(o => new OutcomePoint(o.Outcome, o.DurationSeconds, o.FinishedAt))];
            }
        });
        return histories;
    }

    private async Task<List<RecordedOutcome>> ReadAsync(KeyRange range, int limit, CancellationToken cancellationToken)
    {
        List<RecordedOutcome> found = [];
        await foreach (TableRow row in table.QueryAsync(Partition, range, limit, cancellationToken))
        {
            found.Add(StoredJson.Read<RecordedOutcome>(row));
        }

        return found;
    }
}
