using System.Collections.Concurrent;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Logging.Abstractions;
using Rescan.Local.Runtime.Durable;
using Rescan.Tests.Integration.DurableTaskSqlite;

namespace Rescan.Tests.Support;

/// <summary>The engine on a real storage provider, with orchestrators and activities given as delegates.</summary>
public class EngineFixture(TestHub hub) : IFunctionCatalog, IAsyncLifetime, IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);
    private TaskHub? opened;
    private DurableWorker? worker;

    public ConcurrentDictionary<string, Func<TaskOrchestrationContext, Task<object?>>> Orchestrators { get; } = new(StringComparer.Ordinal);

    public ConcurrentDictionary<string, Func<string?, Task<object?>>> Activities { get; } = new(StringComparer.Ordinal);

    public TimeProvider Time { get; init; } = TimeProvider.System;

    public TaskHubVersion Version { get; set; } = TaskHubVersion.None;

    public TaskHub Hub => opened!;

    public DurableWorker Worker => worker!;

    public DurableTaskClient Client => worker!.Client;

    public async Task StartAsync()
    {
        opened = await hub.OpenAsync(Time);
        worker = new DurableWorker(opened, this, Version, Time, NullLoggerFactory.Instance);
        await worker.StartAsync(CancellationToken.None);
    }

    public async Task StopAsync()
    {
        await worker!.DisposeAsync();
        await opened!.DisposeAsync();
        (worker, opened) = (null, null);
    }

    public async Task<OrchestrationMetadata> RunAsync(string name, object? input = null) =>
        await EndOfAsync(await Client.ScheduleNewOrchestrationInstanceAsync(name, input));

    public async Task<OrchestrationMetadata> EndOfAsync(string id)
    {
        using CancellationTokenSource patience = new(Patience);
        return await Client.WaitForInstanceCompletionAsync(id, true, patience.Token);
    }

    /// <summary>Waits until an instance is as asked for.</summary>
    public async Task<OrchestrationMetadata> UntilAsync(string id, Func<OrchestrationMetadata, bool> met)
    {
        using CancellationTokenSource patience = new(Patience);
        while (true)
        {
            if (await Client.GetInstanceAsync(id, true, patience.Token) is { } instance && met(instance))
            {
                return instance;
            }

            await Task.Delay(20, patience.Token);
        }
    }

    /// <summary>Waits until the engine's clock is more than two milliseconds past a time.</summary>
    public async Task PastAsync(DateTimeOffset time)
    {
        while (Time.GetUtcNow() - time <= TimeSpan.FromMilliseconds(2))
        {
            await Task.Delay(1);
        }
    }

    /// <summary>Waits for what a test's own code is to do.</summary>
    public static Task ReachedAsync(Task task) => task.WaitAsync(Patience);

    public bool HasOrchestrator(string name) => Orchestrators.ContainsKey(name);

    public bool HasActivity(string name) => Activities.ContainsKey(name);

    public async Task<object?> InvokeOrchestratorAsync(string name, TaskOrchestrationContext context) => await Orchestrators[name](context);

    public Task<object?> InvokeActivityAsync(string name, string instanceId, string? inputJson, CancellationToken cancellationToken) =>
        Activities[name](inputJson).WaitAsync(cancellationToken);

    public Task InitializeAsync() => StartAsync();

    async Task IAsyncLifetime.DisposeAsync() => await DisposeAsync();

    public async ValueTask DisposeAsync()
    {
        if (worker is not null)
        {
            await StopAsync();
        }

        await hub.DisposeAsync();
        GC.SuppressFinalize(this);
    }
}

/// <summary>The engine on SQLite, shared by the tests of a class.</summary>
public sealed class SqliteEngine() : EngineFixture(new SqliteTestHub());

/// <summary>The engine on Azure Storage, shared by the tests of a class.</summary>
public sealed class AzureEngine() : EngineFixture(new AzureTestHub());
