using DurableTask.Core;
using DurableTask.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using Rescan.Functions.Storage;
using Rescan.Local.Runtime.SqliteTables;

namespace Rescan.Local.Runtime.Durable;

/// <summary>A task hub in one SQLite file, which one process at a time owns.</summary>
internal sealed class SqliteTaskHub : TaskHub
{
    private const int Activities = 64;

    private readonly SqliteOrchestrationService service;
    private readonly TaskCompletionSource<Exception> failed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private SqliteTaskHub(SqliteOrchestrationService service)
    {
        this.service = service;
        Values = new SqliteTaskHubValues(service.Database);
        Table = new SqliteTable(service.Database);
        _ = FailAsync();
    }

    public override Task<Exception> Failed => failed.Task;

    public override ITable Table { get; }

    internal override IOrchestrationService Service => service;

    internal override IOrchestrationServiceClient Client => service;

    internal override ITaskHubValues Values { get; }

    internal override bool IsIdle => service.IsIdle;

    /// <summary>By a transaction, which only the owner can commit.</summary>
    public override async Task<bool> IsOwnedAsync(CancellationToken cancellationToken)
    {
        try
        {
            await service.Database.WriteAsync(_ => { }).WaitAsync(cancellationToken);
            return true;
        }
        catch (Exception e) when (e is SqliteStorageException or InvalidOperationException)
        {
            return false;
        }
    }

    /// <inheritdoc cref="TaskHub.OpenAsync"/>
    public static new async Task<TaskHub> OpenAsync(TaskHubOptions options, CancellationToken cancellationToken)
    {
        SqliteOrchestrationService service = Create(options);
        try
        {
            await service.CreateIfNotExistsAsync();
            using CancellationTokenRegistration stop = cancellationToken.Register(() => _ = service.StopAsync());
            await service.StartAsync();
            await SqliteTaskHubValues.PrepareAsync(service.Database);
            return new SqliteTaskHub(service);
        }
        catch (Exception e)
        {
            await service.DisposeAsync();
            cancellationToken.ThrowIfCancellationRequested();
            if (e is SqliteStorageException reason)
            {
                throw new TaskHubException(reason.Message, reason);
            }

            throw;
        }
    }

    /// <inheritdoc cref="TaskHub.OpenToReadAsync"/>
    public static new Task<TaskHub?> OpenToReadAsync(TaskHubOptions options, CancellationToken cancellationToken)
    {
        if (!File.Exists(options.StateFile))
        {
            return Task.FromResult<TaskHub?>(null);
        }

        SqliteOrchestrationService service = Create(options);
        try
        {
            service.Database.Read(db => db.QueryInt64("SELECT 1"));
            return Task.FromResult<TaskHub?>(new SqliteTaskHub(service));
        }
        catch (SqliteStorageException e)
        {
            throw new TaskHubException(e.Message, e);
        }
    }

    public override Task ShrinkAsync(CancellationToken cancellationToken) =>
        service.Database.WriteAsync(db => db.Query("PRAGMA incremental_vacuum", _ => 0));

    public override ValueTask DisposeAsync() => service.DisposeAsync();

    private static SqliteOrchestrationService Create(TaskHubOptions options) =>
        new(new SqliteOrchestrationServiceSettings(options.StateFile)
        {
            TimeProvider = options.Time,
            LoggerFactory = options.Loggers ?? NullLoggerFactory.Instance,
            MaxConcurrentActivities = Activities,
            OnStandby = () =>
            {
                if (!options.StandBy)
                {
                    throw new TaskHubInUseException(
                        $"The state file {options.StateFile} is in use by another process. Stop that one, or choose another state with "
                            + "--state.");
                }

                options.OnStandBy?.Invoke();
            },
        });

    private async Task FailAsync()
    {
        SqliteStorageException reason = await service.Lost;
        failed.TrySetResult(new TaskHubException(reason.Message, reason));
    }
}
