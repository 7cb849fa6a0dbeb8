using System.Runtime.CompilerServices;
using System.Text.Json.Serialization;

namespace Rescan.Functions.Storage;

/// <summary>One thing that an outcome store keeps, as it moves from store to store.</summary>
public sealed record OutcomeArchiveItem
{
    /// <summary>A rescan's request id and its outcome.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public RecordedOutcome? Outcome { get; init; }

    /// <summary>An intent, its session included.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public RescanIntent? Intent { get; init; }

    /// <summary>A run and its items.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ArchivedRun? Run { get; init; }
}

/// <summary>A run with every item.</summary>
/// <param name="Record">The run.</param>
/// <param name="Items">Its items, by appliance and turn.</param>
public sealed record ArchivedRun(RunRecord Record, IReadOnlyList<RunItem> Items)
{
    /// <summary>All runs of a store, oldest first.</summary>
    internal static async IAsyncEnumerable<OutcomeArchiveItem> OfAsync(IRunStore store, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        const int PageSize = 1000;
        List<RunRecord> runs = [];
        string? next = null;
        do
        {
            RunRecordPage page = await store.ListRunsAsync(PageSize, next, cancellationToken).ConfigureAwait(false);
            runs.AddRange(page.Items);
            next = page.ContinuationToken;
        }
        while (next is not null);
        runs.Reverse();
        foreach (RunRecord run in runs)
        {
            IReadOnlyList<RunItem> items = await store.GetItemsAsync(run.Id, null, null, int.MaxValue, cancellationToken).ConfigureAwait(false);
            yield return new OutcomeArchiveItem { Run = new ArchivedRun(run, items) };
        }
    }

    /// <summary>Takes the run into a store, unless it is there.</summary>
    internal async Task ImportAsync(IRunStore store, CancellationToken cancellationToken)
    {
        await store.AddRunAsync(Record, cancellationToken).ConfigureAwait(false);
        await store.AddItemsAsync(Record.Id, Items, cancellationToken).ConfigureAwait(false);
    }
}

/// <summary>Takes a whole outcome store out, in, and cuts what is old.</summary>
public interface IOutcomeArchive
{
    /// <summary>Makes the store ready: created when absent, brought forward from an older version. Other calls do so by themselves; this one tells trouble early.</summary>
    /// <exception cref="OutcomeStoreException">A newer version wrote it, or it is missing though it was in use before, or damaged.</exception>
    Task OpenAsync(CancellationToken cancellationToken);

    /// <summary>Outcomes, intents and runs, each kind oldest first.</summary>
    IAsyncEnumerable<OutcomeArchiveItem> ExportAsync(CancellationToken cancellationToken);

    /// <summary>Takes one thing in; what is here already stays as it is.</summary>
    Task ImportAsync(OutcomeArchiveItem item, CancellationToken cancellationToken);

    /// <summary>Removes outcomes and runs that ended, and intents written, before a time.</summary>
    /// <returns>The number of outcomes removed.</returns>
    Task<int> PruneAsync(DateTimeOffset before, CancellationToken cancellationToken);
}
