namespace Rescan.Local.Runtime.Storage;

/// <summary>
/// Where a task hub's state lives. One process owns it at a time and keeps in memory what it needs, so a store is
/// read when instances are taken up or looked at, and written once a turn.
/// </summary>
public abstract class StateStore : IAsyncDisposable
{
    /// <summary>What <see cref="Failed"/> completes with.</summary>
    private readonly TaskCompletionSource<StateStoreException> failed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes, with the reason, when the store can no longer be used: ownership lost, disk full, file gone. Never otherwise.</summary>
    public Task<StateStoreException> Failed => failed.Task;

    /// <summary>Gives up ownership and closes the store.</summary>
    public abstract ValueTask DisposeAsync();

    /// <summary>Every instance that has not ended, with the messages that wait for it; without histories.</summary>
    internal abstract Task<List<InstanceState>> LoadAsync(CancellationToken cancellationToken);

    /// <summary>Commits a change whole.</summary>
    /// <exception cref="StateConflictException">The stored instance is not the one that the change was made from.</exception>
    internal abstract Task CommitAsync(Change change);

    /// <summary>An instance, ended or not; null when there is none.</summary>
    internal abstract Task<InstanceRecord?> GetAsync(string id, CancellationToken cancellationToken);

    /// <summary>An instance with the history of its current execution and its messages; null when there is none.</summary>
    internal abstract Task<InstanceState?> ReadAsync(string id, CancellationToken cancellationToken);

    /// <summary>A page of instances, ordered in a way that paging can rely on, and the token of the next one; null at the end.</summary>
    internal abstract Task<(List<InstanceRecord> Page, string? Next)> ListAsync(InstanceFilter filter, int size, string? token, CancellationToken cancellationToken);

    /// <summary>Removes everything of an instance.</summary>
    internal abstract Task PurgeAsync(string id);

    /// <summary>A value kept beside the instances; null when never set.</summary>
    internal abstract Task<string?> GetValueAsync(string key, CancellationToken cancellationToken);

    /// <summary>Sets a value kept beside the instances.</summary>
    internal abstract Task SetValueAsync(string key, string value);

    private protected StateStoreException Fail(StateStoreException reason)
    {
        failed.TrySetResult(reason);
        return failed.Task.Result;
    }
}

/// <summary>The stored instance is not the one that a change was made from: its owner changed meanwhile.</summary>
internal sealed class StateConflictException(string message) : Exception(message);
