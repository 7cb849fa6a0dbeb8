using DurableTask.Core;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Logging;
using Rescan.Functions.Storage;

namespace Rescan.Local.Runtime.Durable;

/// <summary>Which task hub, and how to come by it.</summary>
public sealed record TaskHubOptions
{
    /// <summary>The task hub's SQLite file; not used with <see cref="Storage"/>.</summary>
    public required string StateFile { get; init; }

    /// <summary>
    /// Azure Storage instead of a file: <c>UseDevelopmentStorage=true</c>, a connection string, or the account's address for
    /// use with a Microsoft Entra identity.
    /// </summary>
    public string? Storage { get; init; }

    /// <summary>The hub's name in the storage account: 3 to 40 letters and digits, a letter first.</summary>
    public string Name { get; init; } = "Rescan";

    /// <summary>
    /// Whether to wait while another process owns the file, and take over when it ends. A hub in Azure Storage has
    /// no owner: all its processes work.
    /// </summary>
    public bool StandBy { get; init; }

    /// <summary>Told once when it has to wait.</summary>
    public Action? OnStandBy { get; init; }

    /// <summary>The clock of timers.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Where logs go.</summary>
    public ILoggerFactory? Loggers { get; init; }
}

/// <summary>A task hub that is open: a storage provider, and a few values of the runtime kept beside it.</summary>
public abstract class TaskHub : IAsyncDisposable
{
    /// <summary>
    /// Completes, with the reason, when the hub can no longer be used: ownership lost, disk full, file gone. Never otherwise.
    /// </summary>
    public abstract Task<Exception> Failed { get; }

    /// <summary>What the dispatcher works on.</summary>
    internal abstract IOrchestrationService Service { get; }

    /// <summary>What clients work on; it has the query and purge clients too.</summary>
    internal abstract IOrchestrationServiceClient Client { get; }

    /// <summary>The runtime's values.</summary>
    internal abstract ITaskHubValues Values { get; }

    /// <summary>
    /// Where the app keeps what it records, in the hub's file; null for a hub in Azure Storage, where the app has a table of its own.
    /// </summary>
    public virtual ITable? Table => null;

    /// <summary>Whether nothing is ready to be worked on, as far as this process knows.</summary>
    internal virtual bool IsIdle => true;

    /// <summary>
    /// Whether this process may still work on the hub: asked before what cannot be done twice, since the
    /// process may have stood still for long.
    /// </summary>
    public virtual Task<bool> IsOwnedAsync(CancellationToken cancellationToken) => Task.FromResult(!Failed.IsCompleted);

    /// <summary>A client of the hub, which works whether a worker runs on it or not.</summary>
    public DurableTaskClient CreateClient() => new ServiceDurableTaskClient(Client, "", TimeProvider.System);

    /// <summary>Gives the room of what was purged back, where the storage does not by itself. For a hub that no worker runs on.</summary>
    public virtual Task ShrinkAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Opens a task hub, made when absent.</summary>
    /// <param name="options">Which one, and whether to wait for it.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="TaskHubInUseException">Another process owns it, and <see cref="TaskHubOptions.StandBy"/> is off.</exception>
    /// <exception cref="TaskHubException">It is from a newer version, damaged, missing though it was in use before, or cannot
    /// be reached or written.</exception>
    public static async Task<TaskHub> OpenAsync(TaskHubOptions options, CancellationToken cancellationToken) =>
        options.Storage is { } storage
        ? await AzureTaskHub.OpenAsync(storage, options, cancellationToken) : await SqliteTaskHub.OpenAsync(options, cancellationToken);

    /// <summary>Opens a task hub to look at it, whoever owns it; null when there is none.</summary>
    /// <exception cref="TaskHubException">It is from another version, damaged, or cannot be reached.</exception>
    internal static async Task<TaskHub?> OpenToReadAsync(TaskHubOptions options, CancellationToken cancellationToken) =>
        options.Storage is { } storage ? await AzureTaskHub.OpenToReadAsync(
            storage, options, cancellationToken) : await SqliteTaskHub.OpenToReadAsync(options, cancellationToken);

    /// <summary>The address of an account's tables, from that of any of its services.</summary>
    /// <param name="account">Such as https://name.blob.core.windows.net.</param>
    public static Uri TablesOf(Uri account) => AzureAccount.Of(account, "table");

    /// <summary>Gives up ownership and closes the hub.</summary>
    public abstract ValueTask DisposeAsync();
}
