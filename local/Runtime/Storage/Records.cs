using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;

namespace Rescan.Local.Runtime.Storage;

internal enum EventKind
{
    TurnStarted,
    TaskScheduled,
    TaskCompleted,
    TaskFailed,
    SubOrchestrationScheduled,
    SubOrchestrationCompleted,
    SubOrchestrationFailed,
    TimerCreated,
    TimerFired,
    EventRaised,
    EventSent,
}

/// <summary>One event of an instance's history. <see cref="Id"/> is the number of the call that it schedules or answers.</summary>
internal sealed record HistoryEvent(
    EventKind Kind, int Id = -1, string? Name = null, string? Data = null, DateTime Time = default, TaskFailureDetails? Failure = null);

internal sealed record InstanceRecord
{
    public required string Id { get; init; }

    public required string Name { get; init; }

    public long Execution { get; init; }

    public OrchestrationRuntimeStatus Status { get; init; }

    public string? Input { get; init; }

    public string? Output { get; init; }

    public string? CustomStatus { get; init; }

    public TaskFailureDetails? Failure { get; init; }

    public DateTime CreatedAt { get; init; }

    public DateTime UpdatedAt { get; init; }

    public ParentLink? Parent { get; init; }

    public bool IsTerminal => Status
        is OrchestrationRuntimeStatus.Completed or OrchestrationRuntimeStatus.Failed or OrchestrationRuntimeStatus.Terminated;
}

/// <summary>Who waits for a sub-orchestration: the parent, its execution, and the number of its call.</summary>
internal sealed record ParentLink(string InstanceId, string Name, long Execution, int TaskId);

internal sealed record ActivityWork(long Key, string InstanceId, long Execution, int TaskId, string Name, string? Input);

/// <summary>Everything one orchestrator turn changes; committed whole or not at all.</summary>
internal sealed class Turn
{
    public required InstanceRecord Instance { get; set; }

    public bool ClearHistory { get; set; }

    public List<HistoryEvent> History { get; } = [];

    public List<(int TaskId, string Name, string? Input)> Activities { get; } = [];

    public List<(int TaskId, DateTime Due)> Timers { get; } = [];

    public List<int> CanceledTimers { get; } = [];

    public List<InstanceRecord> Children { get; } = [];

    public List<(string InstanceId, long? Execution, HistoryEvent Event)> Messages { get; } = [];
}
