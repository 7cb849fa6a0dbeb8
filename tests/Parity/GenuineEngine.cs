using System.Text.Json;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using Microsoft.DurableTask.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using Rescan.Local.Runtime;

namespace Rescan.Tests.Parity;

/// <summary>Microsoft's worker and client over gRPC, on its in-memory task hub.</summary>
internal sealed class GenuineEngine(DurableTaskTestHost host) : ParityEngine
{
    public override DurableTaskClient Client => host.Client;

    public static async Task<ParityEngine> StartAsync(
        IFunctionCatalog catalog, IReadOnlyDictionary<string, Type> orchestrators, IReadOnlyCollection<string> activities) =>
        new GenuineEngine(await DurableTaskTestHost.StartAsync(
            registry =>
            {
                foreach ((string name, Type input) in orchestrators)
                {
                    registry.AddOrchestrator(name, () => new Orchestrator(catalog, name, input));
                }

                foreach (string name in activities)
                {
                    registry.AddActivity(name, _ => new Activity(catalog, name));
                }
            },
            new DurableTaskTestHostOptions { LoggerFactory = NullLoggerFactory.Instance }));

    public override ValueTask DisposeAsync() => host.DisposeAsync();

    private sealed class Orchestrator(IFunctionCatalog catalog, string name, Type input) : ITaskOrchestrator
    {
        public Type InputType => input;

        public Type OutputType => typeof(object);

        public Task<object?> RunAsync(TaskOrchestrationContext context, object? input) => catalog.InvokeOrchestratorAsync(name, context);
    }

    private sealed class Activity(IFunctionCatalog catalog, string name) : ITaskActivity
    {
        public Type InputType => typeof(object);

        public Type OutputType => typeof(object);

        public Task<object?> RunAsync(TaskActivityContext context, object? input) =>
            catalog.InvokeActivityAsync(name, context.InstanceId, input is JsonElement json ? json.GetRawText() : null, CancellationToken.None);
    }
}
