using DurableTask.Core;
using DurableTask.Core.Command;
using DurableTask.Core.History;
using DurableTask.Core.Middleware;
using Microsoft.DurableTask;
using Microsoft.Extensions.Logging;

namespace Rescan.Local.Runtime.Durable;

/// <summary>What the dispatcher runs around each turn of an orchestration: the runtime's clock, and whose child it is.</summary>
internal sealed class TurnMiddleware(TimeProvider time, WorkCounter work, ILogger log)
{
    private static readonly AsyncLocal<ParentOrchestrationInstance?> CurrentParent = new();

    /// <summary>The parent of the orchestration whose turn runs.</summary>
    public static ParentOrchestrationInstance? Parent => CurrentParent.Value;

    public async Task RunAsync(DispatchMiddlewareContext context, Func<Task> next)
    {
        OrchestrationRuntimeState state = context.GetProperty<OrchestrationRuntimeState>();
        if (time != TimeProvider.System)
        {
            SetTime(state);
        }

        CurrentParent.Value = state.ParentInstance is { } parent
            ? new ParentOrchestrationInstance(parent.Name, parent.OrchestrationInstance.InstanceId) : null;
        using (work.Turn())
        {
            await next();
        }

        if (context.GetProperty<OrchestratorExecutionResult>()?.Actions.OfType<OrchestrationCompleteOrchestratorAction>()
            .FirstOrDefault(a => a.OrchestrationStatus == OrchestrationStatus.Failed) is { } failed)
        {
            log.LogError(
                "Orchestration {InstanceId} failed: {Failure}", state.OrchestrationInstance?.InstanceId,
                failed.FailureDetails?.ErrorMessage ?? failed.Result);
        }
    }

    /// <summary>The dispatcher stamps a turn by the system's clock, and an orchestrator reads its time from there.</summary>
    private void SetTime(OrchestrationRuntimeState state)
    {
        DateTime now = time.GetUtcNow().UtcDateTime;
        foreach (HistoryEvent e in state.NewEvents)
        {
            if (e is OrchestratorStartedEvent or ExecutionStartedEvent { ParentInstance: not null })
            {
                e.Timestamp = now;
            }
        }
    }
}
