using Rescan.Local.Runtime.Hosting;
using System.Text.Json;
using Microsoft.DurableTask.Client;
using Rescan.Local.Runtime.Engine;

namespace Rescan.Local.Runtime.Storage;

/// <summary>Where the process that owns a task hub answers.</summary>
/// <param name="Url">Its address.</param>
/// <param name="Process">Which process, on which machine.</param>
internal sealed record OwnerAddress(Uri Url, string Process);

/// <summary>A look at a task hub that another process may own; changes nothing.</summary>
public sealed class StateView : IAsyncDisposable
{
    private readonly StateStore store;

    private StateView(StateStore store)
    {
        this.store = store;
        Client = new ReadingDurableTaskClient(store);
    }

    /// <summary>Reads instances; every other call is refused.</summary>
    public DurableTaskClient Client { get; }

    /// <summary>Opens a task hub to look at it; null when there is none yet.</summary>
    /// <exception cref="StateStoreException">It is from another version, damaged, or cannot be reached.</exception>
    public static async Task<StateView?> OpenAsync(StateStoreOptions options, CancellationToken cancellationToken) =>
        await StateStore.OpenToReadAsync(options, cancellationToken).ConfigureAwait(false) is { } store ? new StateView(store) : null;

    /// <summary>The address at which the process that owns, or last owned, the hub answers; null when none was ever told, or that process is known to be dead.</summary>
    public async Task<Uri?> GetOwnerAddressAsync(CancellationToken cancellationToken)
    {
        string? value = await store.GetValueAsync(StateStore.AddressKey, cancellationToken).ConfigureAwait(false);
        return value is { Length: > 0 } && JsonSerializer.Deserialize(value, StateJson.Default.OwnerAddress) is { } owner && !ProcessName.IsDead(owner.Process) ? owner.Url : null;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => store.DisposeAsync();
}
