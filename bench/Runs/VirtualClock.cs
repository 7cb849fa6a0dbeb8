namespace Rescan.Bench.Runs;

/// <summary>A clock that stands still until it is moved, and then rings every timer that has come due.</summary>
internal sealed class VirtualClock(DateTimeOffset start) : TimeProvider
{
    private readonly Lock gate = new();
    private readonly SortedSet<Alarm> alarms = new(
        Comparer<Alarm>.Create((a, b) => a.Due != b.Due ? a.Due.CompareTo(b.Due) : a.Number.CompareTo(b.Number)));
    private long ticks = start.UtcTicks;
    private long numbers;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => new(Interlocked.Read(ref ticks), TimeSpan.Zero);

    public override long GetTimestamp() => Interlocked.Read(ref ticks);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        Alarm alarm = new(this, callback, state, Interlocked.Increment(ref numbers));
        alarm.Change(dueTime, period);
        return alarm;
    }

    /// <summary>Moves by a step, or to the next timer where none is due within the step; rings what has come due.</summary>
    /// <returns>False when no timer is set.</returns>
    public bool Move(TimeSpan step)
    {
        List<Alarm> due = [];
        lock (gate)
        {
            if (alarms.Min is not { } first)
            {
                return false;
            }

            long now = Math.Max(Math.Max(ticks + step.Ticks, first.Due), ticks);
            Interlocked.Exchange(ref ticks, now);
            while (alarms.Min is { } next && next.Due <= now)
            {
                alarms.Remove(next);
                next.IsSet = false;
                due.Add(next);
            }
        }

        due.ForEach(a => a.Ring());
        return true;
    }

    private sealed class Alarm(VirtualClock clock, TimerCallback callback, object? state, long number) : ITimer
    {
        private TimeSpan period = Timeout.InfiniteTimeSpan;

        public long Due { get; private set; }

        public long Number => number;

        public bool IsSet { get; set; }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (clock.gate)
            {
                if (IsSet)
                {
                    clock.alarms.Remove(this);
                }

                this.period = period;
                IsSet = dueTime != Timeout.InfiniteTimeSpan;
                if (!IsSet)
                {
                    return true;
                }

                Due = clock.ticks + dueTime.Ticks;
                clock.alarms.Add(this);
            }

            return true;
        }

        public void Ring()
        {
            if (period > TimeSpan.Zero)
            {
                Change(period, period);
            }

            callback(state);
        }

        public void Dispose() => Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
