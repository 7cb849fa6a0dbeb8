using Microsoft.DurableTask.Client;
using Rescan.Functions.Storage;

namespace Rescan.Local.Runtime.Durable;

/// <summary>A look at a task hub from outside: other processes go on with it undisturbed.</summary>
public sealed class TaskHubView : IAsyncDisposable
{
    private readonly TaskHub hub;

    private TaskHubView(TaskHub hub)
    {
        this.hub = hub;
        Client = hub.CreateClient();
    }

    /// <summary>Reads instances; where the hub has an owner, any other call is refused.</summary>
    public DurableTaskClient Client { get; }

    /// <summary>What the app records in the hub's file; null for a hub in Azure Storage.</summary>
    public ITable? Table => hub.Table;

    /// <summary>Opens a task hub to look at it; null when there is none yet.</summary>
    /// <exception cref="TaskHubException">It is from another version, damaged, or cannot be reached.</exception>
    public static async Task<TaskHubView?> OpenAsync(TaskHubOptions options, CancellationToken cancellationToken) =>
        await TaskHub.OpenToReadAsync(options, cancellationToken) is { } hub ? new TaskHubView(hub) : null;

    /// <summary>The address at which a process that serves the hub answers; null when none is known to live.</summary>
    public Task<Uri?> GetServingAddressAsync(CancellationToken cancellationToken) =>
        ServingProcess.FindAsync(hub.Values, cancellationToken);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => hub.DisposeAsync();
}
