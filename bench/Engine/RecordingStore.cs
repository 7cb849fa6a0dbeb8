using System.Collections.Concurrent;
using Rescan.Local.Runtime.Storage;

namespace Rescan.Bench.Engine;

/// <summary>A store that remembers what was committed through it, so that the same can be committed again without an engine.</summary>
internal sealed class RecordingStore(StateStore inner) : StateStore
{
    private readonly ConcurrentQueue<Change> changes = new();

    /// <summary>What was committed, in order.</summary>
    public IReadOnlyList<Change> Changes => [.. changes];

    public override ValueTask DisposeAsync() => inner.DisposeAsync();

    internal override Task<List<InstanceState>> LoadAsync(CancellationToken cancellationToken) => inner.LoadAsync(cancellationToken);

    internal override Task CommitAsync(Change change)
    {
        changes.Enqueue(change);
        return inner.CommitAsync(change);
    }

    internal override Task<InstanceRecord?> GetAsync(string id, CancellationToken cancellationToken) => inner.GetAsync(id, cancellationToken);

    internal override Task<InstanceState?> ReadAsync(string id, CancellationToken cancellationToken) => inner.ReadAsync(id, cancellationToken);

    internal override Task<(List<InstanceRecord> Page, string? Next)> ListAsync(InstanceFilter filter, int size, string? token, CancellationToken cancellationToken) =>
        inner.ListAsync(filter, size, token, cancellationToken);

    internal override Task PurgeAsync(string id) => inner.PurgeAsync(id);

    internal override Task PutAsync(InstanceState state) => inner.PutAsync(state);

    internal override Task<string?> GetValueAsync(string key, CancellationToken cancellationToken) => inner.GetValueAsync(key, cancellationToken);

    internal override Task SetValueAsync(string key, string value) => inner.SetValueAsync(key, value);
}
