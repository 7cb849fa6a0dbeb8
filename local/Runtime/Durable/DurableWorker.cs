using DurableTask.Core;
using DurableTask.Core.Middleware;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Logging;

namespace Rescan.Local.Runtime.Durable;

/// <summary>
/// Microsoft's Durable Task dispatcher over a task hub: runs the app's orchestrations and activities. Activities run at least
/// once, and their results count once.
/// </summary>
public sealed class DurableWorker : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan StorageLimit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(10);

    private readonly TaskHub hub;
    private readonly TaskHubWorker worker;
    private readonly WorkCounter work = new();
    private readonly ILogger log;
    private readonly CancellationTokenSource stopping = new();
    private readonly Lock stopGate = new();
    private Task? stop;
    private bool started;

    /// <summary>Creates the worker; <see cref="StartAsync"/> sets it to work.</summary>
    /// <param name="hub">The task hub; stays the caller's to dispose of, after the worker.</param>
    /// <param name="catalog">The app's functions.</param>
    /// <param name="version">The version that instances are started in, and which are taken up.</param>
    /// <param name="time">The clock that orchestrations go by.</param>
    /// <param name="loggers">Where logs go.</param>
    public DurableWorker(TaskHub hub, IFunctionCatalog catalog, TaskHubVersion version, TimeProvider time, ILoggerFactory loggers)
    {
        this.hub = hub;
        log = loggers.CreateLogger<DurableWorker>();
        FunctionObjects functions = new(catalog, version, loggers, stopping.Token);
        worker = new TaskHubWorker(
            hub.Service, functions, functions, version.ToSettings(),
            loggers)
        { ErrorPropagationMode = ErrorPropagationMode.UseFailureDetails };
        worker.AddOrchestrationDispatcherMiddleware(new TurnMiddleware(time, work, log).RunAsync);
        worker.AddActivityDispatcherMiddleware(CountAsync);
        Client = new ServiceDurableTaskClient(hub.Client, version.Version, time);
    }

    /// <summary>The client of this task hub.</summary>
    public DurableTaskClient Client { get; }

    /// <summary>Completes, with the reason, when the worker cannot go on: the hub is gone, full, or another's. Never otherwise.</summary>
    public Task<Exception> Failed => hub.Failed;

    /// <summary>Orchestrator turns run so far.</summary>
    internal long Turns => work.Turns;

    /// <summary>Activities run so far.</summary>
    internal long Activities => work.Activities;

    /// <summary>Whether every instance waits for time or for events.</summary>
    internal bool IsIdle => work.Running == 0 && hub.IsIdle;

    /// <summary>Takes up everything that the hub says is unfinished.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        await worker.StartAsync();
        started = true;
    }

    /// <summary>Stops taking up work and waits for what runs; the hub keeps the rest.</summary>
    public Task StopAsync(CancellationToken cancellationToken)
    {
        lock (stopGate)
        {
            stop ??= EndAsync();
        }

        return stop.WaitAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await StopAsync(CancellationToken.None);
        worker.Dispose();
    }

    private async Task EndAsync()
    {
        if (!started)
        {
            return;
        }

        await stopping.CancelAsync();
        using CancellationTokenSource limit = new(Patience);
        while (work.Running > 0)
        {
            if (limit.IsCancellationRequested)
            {
                log.LogWarning("An activity did not heed its cancellation within {Patience}; it runs again at the next start", Patience);
                break;
            }

            await Task.Delay(Look);
        }

        // Forced: the dispatcher's own way of waiting looks once a second only.
        try
        {
            await worker.StopAsync(isForced: true).WaitAsync(StorageLimit);
        }
        catch (TimeoutException)
        {
            log.LogWarning(
                "The storage has not taken back what this process held within {Limit}; others take it when its leases end", StorageLimit);
        }
    }

    private async Task CountAsync(DispatchMiddlewareContext context, Func<Task> next)
    {
        using (work.Activity())
        {
            await next();
        }
    }
}
