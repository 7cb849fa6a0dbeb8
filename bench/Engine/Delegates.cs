using Microsoft.DurableTask;
using Rescan.Local.Runtime;

namespace Rescan.Bench.Engine;

/// <summary>Orchestrators and activities given as delegates.</summary>
internal sealed class Delegates : IFunctionCatalog
{
    /// <summary>Orchestrators by name.</summary>
    public Dictionary<string, Func<TaskOrchestrationContext, Task<object?>>> Orchestrators { get; } = [];

    /// <summary>Activities by name; they get their input as JSON.</summary>
    public Dictionary<string, Func<string?, object?>> Activities { get; } = [];

    public bool HasOrchestrator(string name) => Orchestrators.ContainsKey(name);

    public bool HasActivity(string name) => Activities.ContainsKey(name);

    public async Task<object?> InvokeOrchestratorAsync(string name, TaskOrchestrationContext context) => await Orchestrators[name](context);

    public Task<object?> InvokeActivityAsync(string name, string instanceId, string? inputJson, CancellationToken cancellationToken) =>
        Task.FromResult(Activities[name](inputJson));
}
