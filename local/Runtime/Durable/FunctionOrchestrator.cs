using DurableTask.Core;
using Microsoft.DurableTask;
using Microsoft.Extensions.Logging;

namespace Rescan.Local.Runtime.Durable;

/// <summary>An orchestrator function of the app, as the dispatcher calls it.</summary>
internal sealed class FunctionOrchestrator(string name, IFunctionCatalog catalog, ILoggerFactory loggers) : ITaskOrchestrator
{
    public Type InputType => typeof(RawJson);

    public Type OutputType => typeof(object);

    public async Task<object?> RunAsync(TaskOrchestrationContext context, object? input)
    {
        if (!catalog.HasOrchestrator(name))
        {
            throw new InvalidOperationException($"No orchestrator function is named '{name}'.");
        }

        return await catalog.InvokeOrchestratorAsync(
            name, new FunctionOrchestrationContext(context, ((RawJson)input!).Text, TurnMiddleware.Parent, loggers));
    }
}

/// <summary>
/// What an orchestrator function sees. It reads its input by the type it asks for, is told its parent, and may not go on
/// on a thread of its own: the replay would be another then.
/// </summary>
internal sealed class FunctionOrchestrationContext(
    TaskOrchestrationContext inner, string? input, ParentOrchestrationInstance? parent, ILoggerFactory loggers) : TaskOrchestrationContext
{
    public override TaskName Name => inner.Name;

    public override string InstanceId => inner.InstanceId;

    public override ParentOrchestrationInstance? Parent => parent;

    public override DateTime CurrentUtcDateTime => Checked.CurrentUtcDateTime;

    public override bool IsReplaying => inner.IsReplaying;

    public override string Version => inner.Version;

    public override IReadOnlyDictionary<string, object?> Properties => inner.Properties;

    protected override ILoggerFactory LoggerFactory => loggers;

    private TaskOrchestrationContext Checked
    {
        get
        {
            if (OrchestrationContext.IsOrchestratorThread)
            {
                return inner;
            }

            // Logged too: what an orchestrator throws on a thread of its own reaches nobody, and it waits for ever.
            string fault =
                $"The orchestrator '{inner.Name}' of {inner.InstanceId} went on on a thread of its own. It may await only tasks of its "
                    + "context, and not with ConfigureAwait(false).";
            loggers.CreateLogger<FunctionOrchestrator>().LogError("{Fault}", fault);
            throw new InvalidOperationException(fault);
        }
    }

    public override T? GetInput<T>()
        where T : default => RawJsonConverter.Instance.Deserialize<T>(input);

    public override Task<TResult> CallActivityAsync<TResult>(TaskName name, object? input = null, TaskOptions? options = null) =>
        Checked.CallActivityAsync<TResult>(name, input, options);

    public override Task CreateTimer(DateTime fireAt, CancellationToken cancellationToken) =>
        Checked.CreateTimer(fireAt, cancellationToken);

    public override Task<T> WaitForExternalEvent<T>(string eventName, CancellationToken cancellationToken = default) =>
        Checked.WaitForExternalEvent<T>(eventName, cancellationToken);

    public override void SendEvent(string instanceId, string eventName, object payload) =>
        Checked.SendEvent(instanceId, eventName, payload);

    public override void SetCustomStatus(object? customStatus) => Checked.SetCustomStatus(customStatus);

    public override Task<TResult> CallSubOrchestratorAsync<TResult>(
        TaskName orchestratorName, object? input = null, TaskOptions? options = null) =>
        Checked.CallSubOrchestratorAsync<TResult>(orchestratorName, input, options);

    public override void ContinueAsNew(object? newInput = null, bool preserveUnprocessedEvents = true) =>
        Checked.ContinueAsNew(newInput, preserveUnprocessedEvents);

    public override void ContinueAsNew(Microsoft.DurableTask.ContinueAsNewOptions options) => Checked.ContinueAsNew(options);

    public override Guid NewGuid() => Checked.NewGuid();
}
