using Rescan.Local.Runtime.Storage;

namespace Rescan.Local.Runtime.Engine;

/// <summary>An event that has reached an instance and no turn yet.</summary>
/// <param name="Event">The event.</param>
/// <param name="Execution">The only execution that it is meant for; any when null.</param>
/// <param name="Key">Its key in the store; null while only memory has it.</param>
/// <param name="Taken">Completes once the event is in the store, or dropped; null when nobody waits for that.</param>
internal sealed record Arrival(HistoryEvent Event, long? Execution, long? Key = null, TaskCompletionSource? Taken = null);

/// <summary>A change of an instance asked for from outside; answered with whether it was made.</summary>
internal sealed record Command(Func<InstanceRecord, InstanceRecord?> Apply, TaskCompletionSource<bool> Done);

/// <summary>An instance that has not ended, as the engine keeps it in memory. Members are read and written under its own lock.</summary>
internal sealed class LiveInstance(InstanceRecord record)
{
    /// <summary>Events a turn takes at most: a transaction of the store has its limits.</summary>
    public const int MaxArrivals = 50;

    public InstanceRecord Record { get; set; } = record;

    /// <summary>Whether the store has it.</summary>
    public bool Stored { get; set; }

    /// <summary>Whether its first commit is to be made by its own first turn; completes with that.</summary>
    public TaskCompletionSource? Creation { get; init; }

    public bool Ended { get; set; }

    /// <summary>Whether its start time has come.</summary>
    public bool Due { get; set; } = record.StartAt is null;

    /// <summary>Whether a task works on it; never more than one does.</summary>
    public bool Busy { get; set; }

    public List<Arrival>? Inbox { get; set; }

    public List<Command>? Commands { get; set; }

    private TaskCompletionSource? Changed { get; set; }

    /// <summary>Whether turns must wait: suspended, or not yet to start.</summary>
    public bool IsHeld => !Due || Record.Status == Microsoft.DurableTask.Client.OrchestrationRuntimeStatus.Suspended;

    public bool HasWork => !Ended && (Stored
        ? Commands is { Count: > 0 } || (IsHeld ? Inbox?.Exists(MustBeKept) == true : Record.Turns == 0 || Inbox is { Count: > 0 })
        : Creation is not null);

    /// <summary>Whether an event would be lost with this process: a timer fires again by itself.</summary>
    public static bool MustBeKept(Arrival arrival) => arrival.Key is null && arrival.Event.Kind != EventKind.TimerFired;

    /// <summary>Completes when the instance changes next.</summary>
    public Task NextChange() => (Changed ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

    public void SignalChange()
    {
        Changed?.SetResult();
        Changed = null;
    }

    public List<Arrival> TakeArrivals()
    {
        List<Arrival> taken = Inbox ?? [];
        if (taken.Count > MaxArrivals)
        {
            Inbox = taken[MaxArrivals..];
            return taken[..MaxArrivals];
        }

        Inbox = null;
        return taken;
    }

    public List<Arrival> TakeToKeep()
    {
        List<Arrival> taken = Inbox!.Where(MustBeKept).Take(MaxArrivals).ToList();
        Inbox!.RemoveAll(taken.Contains);
        return taken;
    }

    public void PutBack(IEnumerable<Arrival> arrivals)
    {
        Inbox ??= [];
        Inbox.InsertRange(0, arrivals);
    }
}
