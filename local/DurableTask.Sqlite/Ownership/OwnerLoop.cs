using System.Diagnostics;
using Microsoft.Extensions.Logging;

namespace DurableTask.Sqlite;

/// <summary>Waits until this process may own a task hub.</summary>
internal sealed class OwnerLoop(string file, TimeSpan takeoverDelay, Action? onStandby, ILogger log)
{
    private static readonly TimeSpan LockPoll = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LeasePoll = TimeSpan.FromSeconds(1);

    private Lease? seen;
    private long seenAt = Stopwatch.GetTimestamp();
    private long leaseReadAt;

    /// <summary>Becomes the owner.</summary>
    /// <exception cref="SqliteStorageException">The file cannot be used.</exception>
    public async Task<Ownership> AcquireAsync(CancellationToken cancellationToken)
    {
        bool told = false;
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (TryOnce() is { } ownership)
            {
                return ownership;
            }

            if (!told)
            {
                told = true;
                log.LogInformation("Standing by: {Holder} owns {File}.", seen?.Holder ?? "another process", file);
                onStandby?.Invoke();
            }

            await Task.Delay(LockPoll, cancellationToken).ConfigureAwait(false);
        }
    }

    private Ownership? TryOnce()
    {
        FileStream? held = LockFile.TryTake(HubFiles.Lock(file));
        try
        {
            if (held is not null)
            {
                HubFiles.Restore(file);
                HubFiles.RequireUnlessNew(file, held);

                // Whoever had the lock is gone, unless the owner had to do without it.
                if (ReadLease(hasLock: true) is not { HasLock: false, Released: false } || IsSilent())
                {
                    Ownership? own = Ownership.TryClaim(file, held, seen);
                    held = own is null ? held : null;
                    return own;
                }
            }
            else if (Stopwatch.GetElapsedTime(leaseReadAt) > LeasePoll)
            {
                leaseReadAt = Stopwatch.GetTimestamp();
                if (ReadLease(hasLock: false) is { } lease && IsSilent())
                {
                    log.LogWarning("{Holder} owns {File} but gave no sign of life for {Delay}: taking over.", lease.Holder, file,
                        takeoverDelay);
                    return Ownership.TryClaim(file, null, seen);
                }
            }

            return null;
        }
        finally
        {
            held?.Dispose();
        }
    }

    private bool IsSilent() => Stopwatch.GetElapsedTime(seenAt) >= takeoverDelay;

    /// <summary>Reads on a connection of its own, closed at once, since the owner may move the files.</summary>
    private Lease? ReadLease(bool hasLock)
    {
        Lease? lease = null;
        if (File.Exists(file) && new FileInfo(file).Length > 0)
        {
            try
            {
                using SqliteSession db = SqliteSession.Open(file, readOnly: !hasLock, busyMilliseconds: 1000);
                Schema.Require(db, file);
                lease = Lease.Read(db);
            }
            catch (Exception e) when (e is SqliteErrorException or InvalidDataException)
            {
                // Its owner may be about to make it, or to move it; one that has the lock finds it as it stays.
                return hasLock ? throw SqliteErrors.Explain(e, file) : seen;
            }
        }

        if (lease?.Epoch != seen?.Epoch || lease?.Beat != seen?.Beat)
        {
            seenAt = Stopwatch.GetTimestamp();
        }

        seen = lease;
        return lease;
    }
}
