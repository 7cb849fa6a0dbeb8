using System.Collections.Concurrent;
using System.Threading.Channels;
using DurableTask.Core;

namespace DurableTask.Sqlite;

/// <summary>The instances that have something to do, and the order in which dispatchers get them.</summary>
internal sealed class InstanceTable(long cacheBytes)
{
    private readonly ConcurrentDictionary<string, ActiveInstance> active = new(StringComparer.Ordinal);
    private readonly Channel<ActiveInstance> ready = Channel.CreateUnbounded<ActiveInstance>();
    private readonly ConcurrentQueue<(ActiveInstance Instance, KeptHistory Kept)> warm = new();
    private long warmBytes;

    public ChannelReader<ActiveInstance> Ready => ready.Reader;

    public int Count => active.Count;

    /// <summary>Whether an instance is worked on, or could be now.</summary>
    public bool AnyBusy => active.Any(i => i.Value.Phase != ActivePhase.Idle);

    /// <summary>Whether an instance is at work, so that its end will be told.</summary>
    public bool IsKnownOpen(string id)
    {
        if (!active.TryGetValue(id, out ActiveInstance? instance))
        {
            return false;
        }

        lock (instance)
        {
            return instance is { Gone: false, IsKnownOpen: true };
        }
    }

    /// <summary>An instance was ended by something else than its own turn.</summary>
    public void Forget(string id)
    {
        if (active.TryGetValue(id, out ActiveInstance? instance))
        {
            lock (instance)
            {
                instance.IsKnownOpen = false;
            }
        }
    }

    /// <summary>Puts a new instance in; false when its id is in the table already.</summary>
    public bool TryAdd(CreateRecord creation)
    {
        ActiveInstance instance = new(creation.Id, creation.Key) { Creation = creation, Phase = ActivePhase.Queued };
        if (!active.TryAdd(creation.Id, instance))
        {
            return false;
        }

        ready.Writer.TryWrite(instance);
        return true;
    }

    /// <summary>Gives a message to its instance.</summary>
    /// <returns>
    /// False when the table has another instance under that id, which may be one that turns out not to get it: then the message waits in
    /// the database for <see cref="WakeCurrent"/>.
    /// </returns>
    public bool Deliver(string id, InboxMessage message) => Touch(id, message.Instance, message, isCurrent: false);

    /// <summary>Tells an instance that the database has messages for it, or its start.</summary>
    /// <returns>As for <see cref="Deliver"/>.</returns>
    public bool Wake(string id, long key) => Touch(id, key, null, isCurrent: false);

    /// <summary>The same, for the instance that the database says has the id, whatever the table thought.</summary>
    public void WakeCurrent(string id, long key) => Touch(id, key, null, isCurrent: true);

    /// <summary>Puts an instance that was worked on back to where it belongs.</summary>
    /// <param name="instance">The instance.</param>
    /// <param name="key">The key that was worked on.</param>
    /// <param name="kept">Its history, when it is expected back soon.</param>
    public void Release(ActiveInstance instance, long key, KeptHistory? kept)
    {
        lock (instance)
        {
            if (instance.Key == key)
            {
                instance.Kept = kept;
                Interlocked.Add(ref warmBytes, kept?.Bytes ?? 0);
            }
            else
            {
                kept = null;
            }

            if (instance.Inbox.Count > 0 || instance.LoadDue || instance.Creation is not null)
            {
                instance.Phase = ActivePhase.Queued;
            }
            else
            {
                instance.Phase = ActivePhase.Idle;
                if (instance.Kept is null)
                {
                    Remove(instance);
                    return;
                }
            }
        }

        if (kept is not null)
        {
            warm.Enqueue((instance, kept));
            Trim();
        }

        if (instance.Phase == ActivePhase.Queued)
        {
            ready.Writer.TryWrite(instance);
        }
    }

    private bool Touch(string id, long key, InboxMessage? message, bool isCurrent)
    {
        while (true)
        {
            ActiveInstance instance = active.GetOrAdd(id, static (i, k) => new ActiveInstance(i, k), key);
            lock (instance)
            {
                if (instance.Gone)
                {
                    continue;
                }

                if (instance.Key > key && !isCurrent)
                {
                    return false;
                }

                if (instance.Key != key)
                {
                    instance.Become(key);
                }

                if (message is null)
                {
                    instance.LoadDue = true;
                }
                else
                {
                    instance.Inbox.Add(message);
                }

                if (instance.Phase != ActivePhase.Idle)
                {
                    return true;
                }

                instance.Phase = ActivePhase.Queued;
            }

            ready.Writer.TryWrite(instance);
            return true;
        }
    }

    /// <summary>The history that was kept, which is the caller's from now on.</summary>
    public OrchestrationRuntimeState? Take(KeptHistory kept)
    {
        OrchestrationRuntimeState? state = kept.Take();
        if (state is not null)
        {
            Interlocked.Add(ref warmBytes, -kept.Bytes);
        }

        return state;
    }

    /// <summary>Forgets the histories that were kept longest.</summary>
    private void Trim()
    {
        while ((Interlocked.Read(ref warmBytes) > cacheBytes
            || (warm.TryPeek(out (ActiveInstance, KeptHistory Kept) first) && first.Kept.IsTaken))
            && warm.TryDequeue(out (ActiveInstance Instance, KeptHistory Kept) oldest))
        {
            if (Take(oldest.Kept) is null)
            {
                continue;
            }

            lock (oldest.Instance)
            {
                if (ReferenceEquals(oldest.Instance.Kept, oldest.Kept))
                {
                    oldest.Instance.Kept = null;
                    if (oldest.Instance.Phase == ActivePhase.Idle)
                    {
                        Remove(oldest.Instance);
                    }
                }
            }
        }
    }

    private void Remove(ActiveInstance instance)
    {
        instance.Gone = true;
        active.TryRemove(new KeyValuePair<string, ActiveInstance>(instance.Id, instance));
    }
}
