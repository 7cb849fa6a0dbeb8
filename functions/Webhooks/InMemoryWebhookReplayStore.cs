namespace Rescan.Functions.Webhooks;

/// <summary>Remembers messages of this process: at most <see cref="Capacity"/>, the oldest forgotten first, each for a day.</summary>
public sealed class InMemoryWebhookReplayStore(TimeProvider time) : IWebhookReplayStore
{
    /// <summary>Messages remembered at the most.</summary>
    public const int Capacity = 10_000;

    private static readonly TimeSpan KeepFor = TimeSpan.FromDays(1);
    private static readonly TimeSpan ClaimLapsesAfter = TimeSpan.FromMinutes(2);

    private readonly Lock gate = new();
    private readonly Dictionary<string, LinkedListNode<Entry>> byId = new(StringComparer.Ordinal);
    private readonly LinkedList<Entry> oldestFirst = new();

    /// <summary>Messages remembered now.</summary>
    public int Count
    {
        get
        {
            lock (gate)
            {
                return byId.Count;
            }
        }
    }

    /// <inheritdoc/>
    public Task<ReplayClaim> BeginAsync(string id, string fingerprint, CancellationToken cancellationToken)
    {
        DateTimeOffset now = time.GetUtcNow();
        lock (gate)
        {
            if (byId.TryGetValue(id, out LinkedListNode<Entry>? node))
            {
                Entry known = node.Value;
                if (now < known.Began + (known.Answer is null ? ClaimLapsesAfter : KeepFor))
                {
                    return Task.FromResult(
                        known.Fingerprint != fingerprint ? new ReplayClaim(ReplayState.Different)
                        : known.Answer is { } answer ? new ReplayClaim(ReplayState.Answered, answer)
                        : new ReplayClaim(ReplayState.InProgress));
                }

                Remove(node);
            }

            while (oldestFirst.First is { } oldest && (byId.Count >= Capacity || now >= oldest.Value.Began + KeepFor))
            {
                Remove(oldest);
            }

            byId[id] = oldestFirst.AddLast(new Entry(id, fingerprint, now));
        }

        return Task.FromResult(new ReplayClaim(ReplayState.New));
    }

    /// <inheritdoc/>
    public Task CompleteAsync(string id, StoredAnswer answer, CancellationToken cancellationToken)
    {
        lock (gate)
        {
            if (byId.TryGetValue(id, out LinkedListNode<Entry>? node))
            {
                node.Value.Answer = answer;
            }
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task AbandonAsync(string id, CancellationToken cancellationToken)
    {
        lock (gate)
        {
            if (byId.TryGetValue(id, out LinkedListNode<Entry>? node) && node.Value.Answer is null)
            {
                Remove(node);
            }
        }

        return Task.CompletedTask;
    }

    private void Remove(LinkedListNode<Entry> node)
    {
        byId.Remove(node.Value.Id);
        oldestFirst.Remove(node);
    }

    private sealed class Entry(string id, string fingerprint, DateTimeOffset began)
    {
        public string Id => id;

        public string Fingerprint => fingerprint;

        public DateTimeOffset Began => began;

        public StoredAnswer? Answer { get; set; }
    }
}
