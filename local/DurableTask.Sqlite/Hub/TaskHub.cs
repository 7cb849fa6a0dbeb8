using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace DurableTask.Sqlite;

/// <summary>
/// A task hub that this process owns: what it does with the database, from becoming the owner until it stops or loses it.
/// </summary>
internal sealed partial class TaskHub : IAsyncDisposable
{
    private readonly SqliteOrchestrationServiceSettings settings;
    private readonly SqliteDatabase database;
    private readonly Ownership ownership;
    private readonly GroupCommit writer;
    private readonly HubSql sql;
    private readonly Keys keys;
    private readonly InstanceTable instances;
    private readonly Timers timers;
    private readonly Waiters waiters;
    private readonly ILogger log;
    private readonly CancellationTokenSource stop = new();
    private Task background = Task.CompletedTask;

    public TaskHub(
        SqliteOrchestrationServiceSettings settings, SqliteDatabase database, Ownership ownership, Waiters waiters, ILogger log,
        Action<SqliteStorageException> onLost)
    {
        (this.settings, this.database, this.ownership, this.waiters, this.log) = (settings, database, ownership, waiters, log);
        sql = new HubSql(ownership.Session);
        keys = new Keys(ownership.Epoch, ownership.Session.QueryInt64("SELECT max(key) FROM instances") ?? 0);
        instances = new InstanceTable(settings.HistoryCacheBytes);
        timers = new Timers(database, instances, settings.TimeProvider);
        writer = new GroupCommit(ownership, settings.FilePath, onLost);
        database.Attach(writer);
    }

    /// <summary>Instances that are in memory now.</summary>
    public int InMemory => instances.Count;

    /// <summary>Whether nothing can be done now. An activity is in the database until the turn that takes its result.</summary>
    public bool IsIdle => !instances.AnyBusy && database.Read(db =>
        db.QueryInt64("SELECT EXISTS (SELECT 1 FROM tasks) OR EXISTS (SELECT 1 FROM messages WHERE waits = 1 AND visible <= ?1)", Now) == 0)
        && !instances.AnyBusy;

    private long Now => settings.TimeProvider.GetUtcNow().UtcTicks;

    /// <summary>Finds what was left to do, and begins to do it.</summary>
    public void Start()
    {
        long now = Now;
        (List<(string Id, long Key)> ready, List<(string Id, long Instance, long Key)> tasks, long? due) = database.Read(db => (
            HubReads.ReadReady(db, now), HubReads.ReadTasks(db),
            db.QueryInt64("SELECT min(visible) FROM messages WHERE waits = 1 AND visible > ?1", now)));
        foreach ((string id, long key) in ready)
        {
            instances.Wake(id, key);
        }

        foreach ((string id, long instance, long key) in tasks)
        {
            Schedule(new ActivityToRun(id, instance, key, null));
        }

        if (due is { } time)
        {
            timers.Arm(time);
        }

        background = Task.WhenAll(Task.Run(() => GuardAsync(timers.RunAsync(stop.Token))), Task.Run(() => GuardAsync(BeatAsync())));
        log.LogInformation(
            "{Holder} owns {File}: {Ready} instances to go on with, {Tasks} activities to run.", Lease.Me, settings.FilePath, ready.Count,
            tasks.Count);
    }

    /// <summary>Stops what goes on by itself, writes what was asked for, and gives the file back.</summary>
    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync().ConfigureAwait(false);
        await background.ConfigureAwait(false);
        CallerWrite<bool> release = new(db =>
        {
            Lease.Release(db);
            return true;
        });
        writer.Add(release);
        writer.Dispose();

        // A hub that was lost cannot be released.
        await release.Task.ContinueWith(
            _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default).ConfigureAwait(false);

        // The connection that writes goes last: only that one can bring the log into the database, and remove it.
        database.Close();
        ownership.Dispose();
        stop.Dispose();
    }

    /// <summary>
    /// Before work is handed out: a process that was stopped for long may have lost the hub without knowing, and should find out before it
    /// does anything.
    /// </summary>
    private ValueTask ProveAsync() =>
        System.Diagnostics.Stopwatch.GetElapsedTime(writer.LastProof) < settings.TakeoverDelay * 0.75 ? ValueTask.CompletedTask
            : new ValueTask(RenewAsync());

    private Task RenewAsync() => database.WriteAsync(db =>
    {
        ownership.TryLock();
        Lease.Renew(db, ownership.HasLock);
    });

    private async Task BeatAsync()
    {
        using PeriodicTimer timer = new(settings.TakeoverDelay / 4);
        while (await timer.WaitForNextTickAsync(stop.Token).ConfigureAwait(false))
        {
            await RenewAsync().ConfigureAwait(false);
        }
    }

    private async Task GuardAsync(Task task)
    {
        try
        {
            await task.ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Stopped.
        }
        catch (SqliteStorageException e)
        {
            Fail(e);
        }
    }

    private T Guarded<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (SqliteStorageException e)
        {
            Fail(e);
            throw;
        }
    }

    /// <summary>Ends the hub for a fault that came up while reading.</summary>
    private void Fail(SqliteStorageException e) => writer.Add(new FailingWrite(e));

    private sealed class FailingWrite(SqliteStorageException error) : IWrite
    {
        public bool Execute(SqliteSession db) => throw error;

        public void Committed()
        {
        }

        public void Failed(SqliteStorageException failure)
        {
        }
    }
}
