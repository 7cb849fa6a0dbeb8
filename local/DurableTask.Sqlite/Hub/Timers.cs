namespace DurableTask.Sqlite;

/// <summary>One wait, for the next message that is due. Messages wait in the database; this knows one time only.</summary>
// A semaphore that nobody waits for by its handle holds nothing; one that is disposed would fail whoever arms a timer at the end.
#pragma warning disable CA1001
internal sealed class Timers(SqliteDatabase database, InstanceTable instances, TimeProvider clock)
#pragma warning restore CA1001
{
    // Long waits are taken in steps, so that a clock that jumps is noticed.
    private static readonly TimeSpan MaxStep = TimeSpan.FromMinutes(1);

    /// <summary>Readings that are less than this apart are of one moment.</summary>
    private static readonly TimeSpan Together = TimeSpan.FromMilliseconds(100);

    // A clock that is merely kept right moves by less.
    private static readonly TimeSpan SetBack = TimeSpan.FromSeconds(1);

    private readonly Lock gate = new();
    private TaskCompletionSource signal = NewSignal();
    private long next = long.MaxValue;

    /// <summary>Makes sure that a message that is in the database wakes its instance.</summary>
    /// <param name="due">When, in ticks of universal time.</param>
    public void Arm(long due)
    {
        lock (gate)
        {
            if (due >= next)
            {
                return;
            }

            next = due;
        }

        Signal();
    }

    /// <summary>Wakes instances until it is cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using ITimer timer = clock.CreateTimer(_ => Signal(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        (long seen, long seenAt) = ReadClock();
        while (!cancellationToken.IsCancellationRequested)
        {
            (long now, long at) = ReadClock();
            long back = seen + clock.GetElapsedTime(seenAt, at).Ticks - now;
            (seen, seenAt) = (now, at);
            if (back > SetBack.Ticks)
            {
                await FollowAsync(back).ConfigureAwait(false);
                Fire(0, now);
            }

            long due;
            Task woken;
            lock (gate)
            {
                if (signal.Task.IsCompleted)
                {
                    signal = NewSignal();
                }

                (due, woken) = (next, signal.Task);
            }

            if (due <= now)
            {
                Fire(due, now);
                continue;
            }

            if (due != long.MaxValue)
            {
                long ticks = Math.Min(due - now, MaxStep.Ticks);
                timer.Change(TimeSpan.FromMilliseconds(Math.Ceiling(ticks / (double)TimeSpan.TicksPerMillisecond)),
                    Timeout.InfiniteTimeSpan);

                // Whoever was stopped since the clock was read has set the timer late by as much.
                if (clock.GetElapsedTime(at) >= Together)
                {
                    continue;
                }
            }

            await woken.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>The time of day and the time that passes, of one moment.</summary>
    private (long Now, long At) ReadClock()
    {
        while (true)
        {
            long at = clock.GetTimestamp();
            long now = clock.GetUtcNow().UtcTicks;
            if (clock.GetElapsedTime(at) < Together)
            {
                return (now, at);
            }
        }
    }

    /// <summary>When the clock is set back, waiting messages move back with it, so that none waits longer.</summary>
    private Task FollowAsync(long back) =>
        database.WriteAsync(db => db.Execute("UPDATE messages SET visible = visible - ?1 WHERE waits = 1", back));

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void Signal()
    {
        lock (gate)
        {
            signal.TrySetResult();
        }
    }

    private void Fire(long from, long now)
    {
        lock (gate)
        {
            // What is armed from now on is seen by the query, or lowers this again.
            next = long.MaxValue;
        }

        (List<(string Id, long Key)> due, long? later) = database.Read(db => (
            db.Query(
                """
                SELECT DISTINCT i.id, i.key FROM messages m JOIN instances i ON i.key = m.instance
                WHERE m.waits = 1 AND m.visible >= ?1 AND m.visible <= ?2
                """,
                row => (row.GetString(0)!, row.GetInt64(1)), from, now),
            db.QueryInt64("SELECT min(visible) FROM messages WHERE waits = 1 AND visible > ?1", now)));
        foreach ((string id, long key) in due)
        {
            if (!instances.Wake(id, key))
            {
                instances.WakeCurrent(id, key);
            }
        }

        if (later is { } time)
        {
            Arm(time);
        }
    }
}
