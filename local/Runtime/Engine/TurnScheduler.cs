using System.Collections.Concurrent;

namespace Rescan.Local.Runtime.Engine;

/// <summary>Runs an orchestrator's continuations on the turn's own thread, in the order in which they were posted.</summary>
internal sealed class TurnScheduler : SynchronizationContext
{
    private readonly ConcurrentQueue<(SendOrPostCallback Callback, object? State)> queue = new();

    public override void Post(SendOrPostCallback d, object? state) => queue.Enqueue((d, state));

    public override void Send(SendOrPostCallback d, object? state) => d(state);

    public void Run(Action first)
    {
        SynchronizationContext? outer = Current;
        SetSynchronizationContext(this);
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
            SetSynchronizationContext(outer);
        }
    }
}
