namespace Rescan.Functions.Storage;

/// <summary>Keeps runs and their items. All writes are conditional: what has ended stays as it is, however often a write is repeated.</summary>
public interface IRunStore
{
    /// <summary>Writes a run down unless one of that id is.</summary>
    Task AddRunAsync(RunRecord run, CancellationToken cancellationToken);

    /// <summary>Writes a run's end down unless its end is.</summary>
    /// <returns>The run as kept.</returns>
    Task<RunRecord> FinishRunAsync(RunRecord run, CancellationToken cancellationToken);

    /// <summary>A run; null when there is none of that id.</summary>
    Task<RunRecord?> GetRunAsync(string id, CancellationToken cancellationToken);

    /// <summary>Runs, newest first.</summary>
    /// <param name="limit">How many at most, 1 to 1000.</param>
    /// <param name="continuationToken">Where an earlier page ended; null: from the newest.</param>
    /// <param name="cancellationToken">Ends the read.</param>
    /// <exception cref="FormatException">The continuation token is not one that was handed out here.</exception>
    Task<RunRecordPage> ListRunsAsync(int limit, string? continuationToken, CancellationToken cancellationToken);

    /// <summary>Adds items to a run; those of repositories that it has already are left as they are.</summary>
    Task AddItemsAsync(string runId, IReadOnlyList<RunItem> items, CancellationToken cancellationToken);

    /// <summary>Replaces items of a run, except those that have ended.</summary>
    Task UpdateItemsAsync(string runId, IReadOnlyList<RunItem> items, CancellationToken cancellationToken);

    /// <summary>Items of a run, by appliance and turn.</summary>
    /// <param name="runId">The run.</param>
    /// <param name="appliance">Only this appliance's; null: all.</param>
    /// <param name="state">Only those in this state; null: all.</param>
    /// <param name="limit">How many at most.</param>
    /// <param name="cancellationToken">Ends the read.</param>
    Task<IReadOnlyList<RunItem>> GetItemsAsync(string runId, string? appliance, RunItemState? state, int limit, CancellationToken cancellationToken);
}
