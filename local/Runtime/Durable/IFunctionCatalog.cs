using Microsoft.DurableTask;

namespace Rescan.Local.Runtime.Durable;

/// <summary>Finds and runs the app's orchestrators and activities by function name.</summary>
public interface IFunctionCatalog
{
    /// <summary>Whether an orchestrator of that name exists.</summary>
    bool HasOrchestrator(string name);

    /// <summary>Whether an activity of that name exists.</summary>
    bool HasActivity(string name);

    /// <summary>Runs one turn of an orchestrator.</summary>
    Task<object?> InvokeOrchestratorAsync(string name, TaskOrchestrationContext context);

    /// <summary>Runs an activity; whatever it throws passes through unwrapped.</summary>
    Task<object?> InvokeActivityAsync(string name, string instanceId, string? inputJson, CancellationToken cancellationToken);
}
