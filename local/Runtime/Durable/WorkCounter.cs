namespace Rescan.Local.Runtime.Durable;

/// <summary>Counts turns and activities: how many there were, and how many run now.</summary>
internal sealed class WorkCounter
{
    private long turns;
    private long activities;
    private int running;

    /// <summary>Orchestrator turns so far.</summary>
    public long Turns => Interlocked.Read(ref turns);

    /// <summary>Activities run so far.</summary>
    public long Activities => Interlocked.Read(ref activities);

    /// <summary>Turns and activities that run now.</summary>
    public int Running => Volatile.Read(ref running);

    public IDisposable Turn()
    {
        Interlocked.Increment(ref turns);
        return new Entry(this);
    }

    public IDisposable Activity()
    {
        Interlocked.Increment(ref activities);
        return new Entry(this);
    }

    private sealed class Entry : IDisposable
    {
        private readonly WorkCounter counter;

        public Entry(WorkCounter counter)
        {
            this.counter = counter;
            Interlocked.Increment(ref counter.running);
        }

        public void Dispose() => Interlocked.Decrement(ref counter.running);
    }
}
