using DurableTask.Core;

namespace DurableTask.Sqlite;

/// <summary>An instance that has something to do, or will in a moment. One that waits is in the database only.</summary>
internal sealed class ActiveInstance(string id, long key)
{
    public string Id => id;

    /// <summary>The key of the instance that has the id now.</summary>
    public long Key { get; private set; } = key;

    public List<InboxMessage> Inbox { get; set; } = [];

    /// <summary>Whether the database has messages for it that are not in <see cref="Inbox"/>.</summary>
    public bool LoadDue { get; set; }

    public ActivePhase Phase { get; set; }

    /// <summary>Whether a turn of it has begun, and none has ended it; then its end will be told to those who wait for it.</summary>
    public bool IsKnownOpen { get; set; }

    /// <summary>Whether it is no longer in the table.</summary>
    public bool Gone { get; set; }

    /// <summary>What makes the instance, until a turn of it is on the disk.</summary>
    public CreateRecord? Creation { get; set; }

    public KeptHistory? Kept { get; set; }

    /// <summary>Work items in a row that failed.</summary>
    public int Failures { get; set; }

    /// <summary>Another instance has the id from now on.</summary>
    public void Become(long newKey)
    {
        Key = newKey;
        Inbox = [];
        Creation = null;
        Kept = null;
        IsKnownOpen = false;
        Failures = 0;
    }
}

/// <summary>Where an instance stands.</summary>
internal enum ActivePhase
{
    /// <summary>Nothing to do.</summary>
    Idle,

    /// <summary>Waits for a dispatcher.</summary>
    Queued,

    /// <summary>A dispatcher has it, or it waits to be tried again.</summary>
    Running,
}

/// <summary>The history of an instance, so that it need not be read again.</summary>
internal sealed class KeptHistory(OrchestrationRuntimeState state, int turns, long bytes)
{
    private OrchestrationRuntimeState? state = state;

    public int Turns => turns;

    public long Bytes => bytes;

    public bool IsTaken => state is null;

    /// <summary>Takes the history out, for the turn that changes it or to let go of it; null when it was taken before.</summary>
    public OrchestrationRuntimeState? Take() => Interlocked.Exchange(ref state, null);
}

/// <summary>A work item with what it took.</summary>
internal sealed class SqliteWorkItem : TaskOrchestrationWorkItem
{
    public required ActiveInstance Active { get; init; }

    public required long Key { get; init; }

    public required List<InboxMessage> Messages { get; init; }

    public CreateRecord? Creation { get; init; }

    /// <summary>Turns before this one.</summary>
    public required int Turns { get; init; }

    /// <summary>Bytes of history before this turn.</summary>
    public required long Bytes { get; init; }

    public bool IsComplete { get; set; }

    /// <summary>Whether the turn did not count.</summary>
    public bool IsStale { get; set; }

    /// <summary>What the next turn can go on with.</summary>
    public KeptHistory? Next { get; set; }
}

/// <summary>An activity with where it is stored.</summary>
internal sealed class SqliteActivityItem : TaskActivityWorkItem
{
    public required long Instance { get; init; }

    public required long Key { get; init; }

    public int Failures { get; set; }
}
