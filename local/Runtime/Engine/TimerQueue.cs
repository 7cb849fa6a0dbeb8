namespace Rescan.Local.Runtime.Engine;

/// <summary>A durable timer that is to fire; task -1 is the start of the instance.</summary>
internal readonly record struct DueTimer(DateTime Due, string InstanceId, long Execution, int TaskId);

/// <summary>Every durable timer, soonest first, behind one timer of the runtime: thousands that wait cost nothing.</summary>
internal sealed class TimerQueue : IAsyncDisposable
{
    private static readonly TimeSpan Furthest = TimeSpan.FromDays(1);

    private readonly SortedSet<DueTimer> timers = new(Comparer<DueTimer>.Create(Compare));
    private readonly Lock gate = new();
    private readonly TimeProvider time;
    private readonly Action<DueTimer> fire;
    private readonly ITimer alarm;
    private DateTime set = DateTime.MaxValue;
    private bool running;

    public TimerQueue(TimeProvider time, Action<DueTimer> fire)
    {
        this.time = time;
        this.fire = fire;
        alarm = time.CreateTimer(_ => Ring(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public void Start()
    {
        lock (gate)
        {
            running = true;
            Set();
        }
    }

    public void Stop()
    {
        lock (gate)
        {
            running = false;
        }
    }

    public void Add(DueTimer timer)
    {
        lock (gate)
        {
            timers.Add(timer);
            Set();
        }
    }

    public void Remove(DueTimer timer)
    {
        lock (gate)
        {
            timers.Remove(timer);
        }
    }

    public ValueTask DisposeAsync()
    {
        Stop();
        return alarm.DisposeAsync();
    }

    private static int Compare(DueTimer a, DueTimer b)
    {
        int order = a.Due.CompareTo(b.Due);
        order = order != 0 ? order : string.CompareOrdinal(a.InstanceId, b.InstanceId);
        order = order != 0 ? order : a.Execution.CompareTo(b.Execution);
        return order != 0 ? order : a.TaskId.CompareTo(b.TaskId);
    }

    private void Ring()
    {
        List<DueTimer> due = [];
        lock (gate)
        {
            set = DateTime.MaxValue;
            DateTime now = time.GetUtcNow().UtcDateTime;
            while (running && timers.Count > 0 && timers.Min is { } first && first.Due <= now)
            {
                timers.Remove(first);
                due.Add(first);
            }

            Set();
        }

        due.ForEach(fire);
    }

    private void Set()
    {
        if (!running || timers.Count == 0)
        {
            return;
        }

        // Steps of a day at most: the clock may be set meanwhile, and a timer of the runtime reaches no further than 49 days.
        DateTime now = time.GetUtcNow().UtcDateTime;
        DateTime next = timers.Min.Due < now + Furthest ? timers.Min.Due : now + Furthest;
        if (next < set)
        {
            set = next;
            alarm.Change(next <= now ? TimeSpan.Zero : next - now + TimeSpan.FromMilliseconds(1), Timeout.InfiniteTimeSpan);
            if (next > now && time.GetUtcNow().UtcDateTime >= next)
            {
                // The clock was set, or the machine slept, since it was read.
                alarm.Change(TimeSpan.Zero, Timeout.InfiniteTimeSpan);
            }
        }
    }
}
