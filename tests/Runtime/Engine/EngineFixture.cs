using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Logging.Abstractions;
using Rescan.Local.Runtime;
using Rescan.Local.Runtime.Engine;
using Rescan.Local.Runtime.Storage;

namespace Rescan.Tests.Runtime.Engine;

/// <summary>An engine on a real state file, with orchestrators and activities given as delegates.</summary>
internal sealed class EngineFixture : IFunctionCatalog, IAsyncDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("rescan-engine-").FullName;
    private SqliteStore? store;
    private DurableEngine? engine;

    public Dictionary<string, Func<TaskOrchestrationContext, Task<object?>>> Orchestrators { get; } = [];

    public Dictionary<string, Func<string?, Task<object?>>> Activities { get; } = [];

    public TimeProvider Time { get; init; } = TimeProvider.System;

    public string StateFile => Path.Combine(folder, "state.db");

    public DurableTaskClient Client => engine!.Client;

    public async Task StartAsync()
    {
        store = SqliteStore.Open(StateFile);
        engine = new DurableEngine(store, this, Time, NullLoggerFactory.Instance);
        await engine.StartAsync(CancellationToken.None);
    }

    public async Task StopAsync()
    {
        await engine!.DisposeAsync();
        store!.Dispose();
        engine = null;
    }

    public async Task<OrchestrationMetadata> RunAsync(string name, object? input = null)
    {
        string id = await Client.ScheduleNewOrchestrationInstanceAsync(name, input);
        return await EndOfAsync(id);
    }

    public Task<OrchestrationMetadata> EndOfAsync(string id) =>
        Client.WaitForInstanceCompletionAsync(id, true, new CancellationTokenSource(TimeSpan.FromSeconds(30)).Token);

    public bool HasOrchestrator(string name) => Orchestrators.ContainsKey(name);

    public bool HasActivity(string name) => Activities.ContainsKey(name);

    public async Task<object?> InvokeOrchestratorAsync(string name, TaskOrchestrationContext context) => await Orchestrators[name](context);

    public Task<object?> InvokeActivityAsync(string name, string instanceId, string? inputJson, CancellationToken cancellationToken) =>
        Activities[name](inputJson).WaitAsync(cancellationToken);

    public async ValueTask DisposeAsync()
    {
        if (engine is not null)
        {
            await StopAsync();
        }

        Directory.Delete(folder, recursive: true);
    }
}
