namespace Rescan.Local.Runtime.Engine;

/// <summary>Runs an orchestrator's continuations on the turn's own thread, in the order in which they were posted.</summary>
internal sealed class TurnScheduler : SynchronizationContext
{
    // Only the turn's own thread touches it, and one that waits must stay small.
    private readonly Queue<(SendOrPostCallback Callback, object? State)> queue = new();
    private int thread;
    private volatile bool strayed;

    /// <summary>Whether the caller runs within the turn.</summary>
    public bool IsMine => thread == Environment.CurrentManagedThreadId;

    /// <summary>Whether something came from outside a turn: the orchestrator awaited what no history records.</summary>
    public bool Strayed => strayed;

    public override void Post(SendOrPostCallback d, object? state)
    {
        if (IsMine)
        {
            queue.Enqueue((d, state));
        }
        else
        {
            strayed = true;
        }
    }

    public override void Send(SendOrPostCallback d, object? state) => d(state);

    public void Run(Action first)
    {
        SynchronizationContext? outer = Current;
        SetSynchronizationContext(this);
        thread = Environment.CurrentManagedThreadId;
        try
        {
            first();
            while (queue.TryDequeue(out (SendOrPostCallback Callback, object? State) next))
            {
                next.Callback(next.State);
            }
        }
        finally
        {
            thread = 0;
            SetSynchronizationContext(outer);
        }
    }
}
