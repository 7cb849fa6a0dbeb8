using DurableTask.Core;
using DurableTask.Core.Query;
using Microsoft.Extensions.Logging;

namespace DurableTask.Sqlite;

/// <summary>
/// A task hub of the Durable Task Framework in one SQLite file. One process at a time owns the file and works on it; others that start the
/// service on the same file stand by.
/// </summary>
public sealed partial class SqliteOrchestrationService :
    IOrchestrationService, IOrchestrationServiceClient, IOrchestrationServiceQueryClient, IOrchestrationServicePurgeClient, IAsyncDisposable
{
    private readonly SqliteOrchestrationServiceSettings settings;
    private readonly ILogger log;
    private readonly Waiters waiters = new();
    private readonly TaskCompletionSource owned = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<SqliteStorageException> lost = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly SemaphoreSlim lifecycle = new(1, 1);
    private CancellationTokenSource? standby;
    private volatile TaskHub? hub;

    /// <summary>Makes the service; nothing is opened yet.</summary>
    /// <param name="settings">How it works.</param>
    public SqliteOrchestrationService(SqliteOrchestrationServiceSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        settings.Validate();
        this.settings = settings;
        log = settings.LoggerFactory.CreateLogger("DurableTask.Sqlite");
        Database = new SqliteDatabase(settings.FilePath);
    }

    /// <summary>The database, where an application may keep tables of its own.</summary>
    public SqliteDatabase Database { get; }

    /// <summary>Completes when this process has become the owner for the first time.</summary>
    public Task Owned => owned.Task;

    /// <summary>
    /// Completes when the service can no longer use its storage, and says why: another process took over, files were deleted or replaced,
    /// the
    /// disk is full. Nothing that was acknowledged is lost then, and nothing is written any more. Stop the process.
    /// </summary>
    public Task<SqliteStorageException> Lost => lost.Task;

    /// <inheritdoc/>
    public int TaskOrchestrationDispatcherCount => settings.OrchestrationDispatchers;

    /// <inheritdoc/>
    public int MaxConcurrentTaskOrchestrationWorkItems => settings.MaxConcurrentOrchestrations;

    /// <inheritdoc/>
    public int TaskActivityDispatcherCount => settings.ActivityDispatchers;

    /// <inheritdoc/>
    public int MaxConcurrentTaskActivityWorkItems => settings.MaxConcurrentActivities;

    /// <inheritdoc/>
    public BehaviorOnContinueAsNew EventBehaviourForContinueAsNew => BehaviorOnContinueAsNew.Carryover;

    /// <summary>Instances that are in memory now; those that wait are not.</summary>
    internal int InMemory => hub?.InMemory ?? 0;

    /// <summary>Whether nothing can be done now: every instance waits for a time to come, or for what comes from outside.</summary>
    /// <exception cref="SqliteStorageException">The file cannot be read.</exception>
    public bool IsIdle => hub?.IsIdle ?? true;

    private TaskHub Hub => hub ?? throw new InvalidOperationException(
        $"This process does not own the task hub {settings.FilePath}: start the service first, and wait until it is the owner.");

    /// <summary>
    /// Becomes the owner of the file, and begins to work on it. While another process is the owner this waits, until it may take over.
    /// </summary>
    /// <exception cref="SqliteStorageException">The file is missing though it was in use, damaged, of a newer format, or cannot be
    /// written.</exception>
    /// <exception cref="OperationCanceledException">The service was stopped meanwhile.</exception>
    public async Task StartAsync()
    {
        await lifecycle.WaitAsync().ConfigureAwait(false);
        try
        {
            if (hub is not null)
            {
                return;
            }

            using CancellationTokenSource waiting = new();
            standby = waiting;
            try
            {
                HubFiles.CreateFolder(settings.FilePath);
                Ownership ownership = await new OwnerLoop(settings.FilePath, settings.TakeoverDelay, settings.OnStandby, log).AcquireAsync(
                    waiting.Token).ConfigureAwait(false);
                TaskHub started = new(settings, Database, ownership, waiters, log, OnLost);
                started.Start();
                hub = started;
                owned.TrySetResult();
            }
            finally
            {
                standby = null;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw SqliteErrors.Explain(e, settings.FilePath);
        }
        finally
        {
            lifecycle.Release();
        }
    }

    /// <inheritdoc cref="StopAsync(bool)"/>
    public Task StopAsync() => StopAsync(false);

    /// <summary>
    /// Stops: what was asked for is written, and the file is given back, so that a process that stands by goes on at once.
    /// </summary>
    /// <param name="isForced">Makes no difference: nothing waits here for anything but the disk.</param>
    public async Task StopAsync(bool isForced)
    {
        try
        {
            await (standby?.CancelAsync() ?? Task.CompletedTask).ConfigureAwait(false);
        }
        catch (ObjectDisposedException)
        {
            // It became the owner just now.
        }

        await lifecycle.WaitAsync().ConfigureAwait(false);
        try
        {
            if (hub is { } running)
            {
                hub = null;
                waiters.Fail(new OperationCanceledException("The task hub was stopped."));
                await running.DisposeAsync().ConfigureAwait(false);
            }
        }
        finally
        {
            lifecycle.Release();
        }
    }

    /// <inheritdoc cref="CreateIfNotExistsAsync"/>
    public Task CreateAsync() => CreateAsync(false);

    /// <summary>Makes the file.</summary>
    /// <param name="recreateInstanceStore">Whether to delete what is there; only when nobody owns it.</param>
    /// <exception cref="SqliteStorageException">It cannot be made, or is in use.</exception>
    public async Task CreateAsync(bool recreateInstanceStore)
    {
        if (recreateInstanceStore)
        {
            await DeleteAsync().ConfigureAwait(false);
        }

        await CreateIfNotExistsAsync().ConfigureAwait(false);
    }

    /// <summary>Makes the file when it is absent, and its tables. Whoever owns it is not disturbed.</summary>
    /// <exception cref="SqliteStorageException">The file is missing though it was in use, damaged, of a newer format, or cannot be
    /// written.</exception>
    public Task CreateIfNotExistsAsync() => Task.Run(() =>
    {
        try
        {
            HubFiles.Prepare(settings.FilePath);
        }
        catch (Exception e) when (e is SqliteErrorException or InvalidDataException or IOException or UnauthorizedAccessException)
        {
            throw SqliteErrors.Explain(e, settings.FilePath);
        }
    });

    /// <inheritdoc cref="DeleteAsync(bool)"/>
    public Task DeleteAsync() => DeleteAsync(true);

    /// <summary>Deletes the task hub with its history.</summary>
    /// <param name="deleteInstanceStore">Must be true: instances and their work are in one file.</param>
    /// <exception cref="SqliteStorageException">A process owns it.</exception>
    public Task DeleteAsync(bool deleteInstanceStore)
    {
        if (!deleteInstanceStore)
        {
            throw new NotSupportedException("The instances of a task hub are in one file with their work, and are deleted with it.");
        }

        return Task.Run(() => HubFiles.DeleteUnowned(settings.FilePath));
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await StopAsync().ConfigureAwait(false);
        lifecycle.Dispose();
    }

    private void OnLost(SqliteStorageException e)
    {
        log.LogCritical(e, "{Message}", e.Message);
        waiters.Fail(e);
        lost.TrySetResult(e);
    }
}
