using System.Text.Json.Serialization;
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

/// <summary>
/// One event of an instance's history. <see cref="Id"/> is the number of the call that it schedules or answers;
/// <see cref="Data"/> of a scheduled activity is its input, <see cref="Time"/> of a created timer is when it is due.
/// </summary>
internal sealed record HistoryEvent(
    EventKind Kind,
    int Id = -1,
    string? Name = null,
    string? Data = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] DateTime Time = default,
    TaskFailureDetails? Failure = null);

internal sealed record InstanceRecord
{
    public required string Id { get; init; }

    public required string Name { get; init; }

    /// <summary>Tells this run of the id from all others; grows with every start and every ContinueAsNew.</summary>
    public long Execution { get; init; }

    public OrchestrationRuntimeStatus Status { get; init; }

    public string? Input { get; init; }

    public string? Output { get; init; }

    public string? CustomStatus { get; init; }

    public TaskFailureDetails? Failure { get; init; }

    public DateTime CreatedAt { get; init; }

    public DateTime UpdatedAt { get; init; }

    public ParentLink? Parent { get; init; }

    /// <summary>When the first turn may run; at once when null.</summary>
    public DateTime? StartAt { get; init; }

    /// <summary>The W3C trace context it was created in; null when it belongs to no trace.</summary>
    public string? TraceParent { get; init; }

    /// <summary>Turns committed in this execution.</summary>
    public int Turns { get; init; }

    public Pending Pending { get; init; } = Pending.Nothing;

    [JsonIgnore]
    public bool IsTerminal => Ends(Status);

    /// <summary>Whether an instance of this status has ended.</summary>
    public static bool Ends(OrchestrationRuntimeStatus status) =>
        status is OrchestrationRuntimeStatus.Completed or OrchestrationRuntimeStatus.Failed or OrchestrationRuntimeStatus.Terminated;
}

/// <summary>What an instance waits for, by the numbers of its calls. An activity's name and input stand in the history.</summary>
internal sealed record Pending(IReadOnlyList<int> Activities, IReadOnlyList<PendingTimer> Timers)
{
    public static Pending Nothing { get; } = new([], []);

    [JsonIgnore]
    public bool IsNothing => Activities.Count == 0 && Timers.Count == 0;
}

internal sealed record PendingTimer(int TaskId, DateTime Due);

/// <summary>Who waits for a sub-orchestration: the parent, its execution, and the number of its call.</summary>
internal sealed record ParentLink(string InstanceId, string Name, long Execution, int TaskId);

/// <summary>An event on its way to an instance. Keys grow over time and are unique in the hub.</summary>
/// <param name="Key">Its place among all messages.</param>
/// <param name="Execution">The only execution that it is meant for; any when null.</param>
/// <param name="Event">What is delivered.</param>
internal sealed record Message(long Key, long? Execution, HistoryEvent Event);

/// <summary>A message and the instance that it goes to.</summary>
internal sealed record Letter(string To, Message Message);

/// <summary>An instance with everything that is stored of it.</summary>
internal sealed record InstanceState(InstanceRecord Instance, IReadOnlyList<Message> Messages)
{
    /// <summary>The events of the current execution, where they were asked for.</summary>
    public IReadOnlyList<HistoryEvent> History { get; init; } = [];
}

/// <summary>One change of one instance and what it sends to others; committed whole or not at all.</summary>
internal sealed class Change
{
    /// <summary>The instance as it shall be.</summary>
    public required InstanceRecord Instance { get; set; }

    /// <summary>Whether the id starts anew: whatever an ended instance left under it goes.</summary>
    public bool Create { get; set; }

    /// <summary>Whether the history so far goes.</summary>
    public bool ClearHistory { get; set; }

    /// <summary>The events of this turn; they become history row <c>Instance.Turns - 1</c>.</summary>
    public List<HistoryEvent> History { get; } = [];

    /// <summary>Keys of stored messages that are done with.</summary>
    public List<long> Consumed { get; } = [];

    /// <summary>Messages to the instance itself that must outlive this process.</summary>
    public List<Message> Kept { get; } = [];

    /// <summary>Sub-orchestrations to create.</summary>
    public List<InstanceRecord> Children { get; } = [];

    /// <summary>Messages to other instances.</summary>
    public List<Letter> Letters { get; } = [];
}

/// <summary>Which instances to list, oldest first.</summary>
internal sealed record InstanceFilter(
    DateTime? CreatedFrom = null,
    DateTime? CreatedTo = null,
    IReadOnlyCollection<OrchestrationRuntimeStatus>? Statuses = null,
    string? IdPrefix = null)
{
    public bool Matches(InstanceRecord i) =>
        (CreatedFrom is not { } from || i.CreatedAt >= from)
        && (CreatedTo is not { } to || i.CreatedAt <= to)
        && (Statuses is null || Statuses.Contains(i.Status))
        && (IdPrefix is null || i.Id.StartsWith(IdPrefix, StringComparison.Ordinal));
}
