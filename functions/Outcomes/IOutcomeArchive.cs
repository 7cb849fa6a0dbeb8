using System.Text.Json.Serialization;

namespace Rescan.Functions.Outcomes;

/// <summary>One thing that an outcome store keeps, as it moves from store to store.</summary>
public sealed record OutcomeArchiveItem
{
    /// <summary>A rescan's request id and its outcome.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public RecordedOutcome? Outcome { get; init; }

    /// <summary>An intent, its session included.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public RescanIntent? Intent { get; init; }
}

/// <summary>Takes a whole outcome store out, in, and cuts what is old.</summary>
public interface IOutcomeArchive
{
    /// <summary>Makes the store ready: created when absent, brought forward from an older version. Other calls do so by themselves; this one tells trouble early.</summary>
    /// <exception cref="OutcomeStoreException">A newer version wrote it, or it is missing though it was in use before, or damaged.</exception>
    Task OpenAsync(CancellationToken cancellationToken);

    /// <summary>Everything kept, oldest outcomes first.</summary>
    IAsyncEnumerable<OutcomeArchiveItem> ExportAsync(CancellationToken cancellationToken);

    /// <summary>Takes one thing in; what is here already stays as it is.</summary>
    Task ImportAsync(OutcomeArchiveItem item, CancellationToken cancellationToken);

    /// <summary>Removes outcomes that ended, and intents written, before a time.</summary>
    /// <returns>The number of outcomes removed.</returns>
    Task<int> PruneAsync(DateTimeOffset before, CancellationToken cancellationToken);
}
