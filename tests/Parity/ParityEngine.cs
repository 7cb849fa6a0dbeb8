using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Logging.Abstractions;
using Rescan.Local.Runtime;
using Rescan.Local.Runtime.Engine;
using Rescan.Local.Runtime.Storage;
using Rescan.Tests.Runtime.Engine;

namespace Rescan.Tests.Parity;

/// <summary>The engine that a test runs on: ours, or Microsoft's own in memory.</summary>
public abstract class ParityEngine : IAsyncDisposable
{
    private const string Ours = "local runtime";
    private const string Genuine = "Microsoft's engine";

    public static TheoryData<string> All { get; } = new(Genuine, Ours);

    public abstract DurableTaskClient Client { get; }

    /// <summary>Starts an engine on functions given by name.</summary>
    /// <param name="engine">One of <see cref="All"/>.</param>
    /// <param name="catalog">Runs them.</param>
    /// <param name="orchestrators">Names of the orchestrators, each with its input's type.</param>
    /// <param name="activities">Names of the activities.</param>
    public static Task<ParityEngine> StartAsync(
        string engine, IFunctionCatalog catalog, IReadOnlyDictionary<string, Type> orchestrators, IReadOnlyCollection<string> activities) =>
        engine == Genuine ? GenuineEngine.StartAsync(catalog, orchestrators, activities) :
        LocalEngine.StartAsync(catalog);

    public async Task<OrchestrationMetadata> EndOfAsync(string id)
    {
        using CancellationTokenSource patience = new(TimeSpan.FromSeconds(60));
        return await Client.WaitForInstanceCompletionAsync(id, true, patience.Token);
    }

    public abstract ValueTask DisposeAsync();

    private sealed class LocalEngine(SqliteTestHub hub, StateStore store, DurableEngine engine) : ParityEngine
    {
        public override DurableTaskClient Client => engine.Client;

        public static async Task<ParityEngine> StartAsync(IFunctionCatalog catalog)
        {
            SqliteTestHub hub = new();
            StateStore store = await hub.OpenAsync();
            DurableEngine engine = new(store, catalog, TimeProvider.System, NullLoggerFactory.Instance);
            await engine.StartAsync(CancellationToken.None);
            return new LocalEngine(hub, store, engine);
        }

        public override async ValueTask DisposeAsync()
        {
            await engine.DisposeAsync();
            await store.DisposeAsync();
            await hub.DisposeAsync();
        }
    }
}
