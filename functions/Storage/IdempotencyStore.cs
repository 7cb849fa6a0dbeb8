namespace Rescan.Functions.Storage;

/// <summary>The answer that a request got when it came first.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Json">The body, JSON.</param>
/// <param name="Location">The header of that name, when there was one.</param>
public sealed record StoredResponse(int Status, string Json, string? Location = null);

/// <summary>What is known of a request.</summary>
/// <param name="State">How far its first coming is.</param>
/// <param name="Answer">The answer, when <see cref="IdempotencyState.Answered"/>.</param>
public sealed record IdempotencyClaim(IdempotencyState State, StoredResponse? Answer = null);

/// <summary>How far a request's first coming is.</summary>
public enum IdempotencyState
{
    /// <summary>It comes first; the caller must complete or abandon it.</summary>
    New,

    /// <summary>Another coming of the request is at work.</summary>
    InProgress,

    /// <summary>The request was answered.</summary>
    Answered,

    /// <summary>The key was used for a request with another body.</summary>
    Different,
}

/// <summary>Remembers requests by key, so that one repeated does nothing twice and gets the first one's answer. Durable, and shared by all workers.</summary>
/// <param name="table">Where they are kept.</param>
public sealed class IdempotencyStore(ITable table)
{
    /// <summary>How long an answer is remembered, from the claim on.</summary>
    public static readonly TimeSpan KeepFor = TimeSpan.FromDays(1);

    /// <summary>A claim neither completed nor abandoned lapses after this: whoever made it was killed.</summary>
    public static readonly TimeSpan ClaimLapsesAfter = TimeSpan.FromMinutes(2);

    private const string Partition = "idempotency";
    private static readonly TimeSpan ForgetEvery = TimeSpan.FromHours(1);
    private long forgottenAt;

    /// <summary>Claims a key, unless it is known.</summary>
    /// <param name="key">The key.</param>
    /// <param name="fingerprint">A digest of the body.</param>
    /// <param name="now">The time, UTC.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<IdempotencyClaim> BeginAsync(string key, string fingerprint, DateTimeOffset now, CancellationToken cancellationToken)
    {
        Entry mine = new(fingerprint, now, Guid.NewGuid(), null);
        await ForgetAsync(now, cancellationToken);
        if (await table.TryWriteAsync(Partition, [TableChange.Insert(TableKey.Of(key), StoredJson.Write(mine))], cancellationToken))
        {
            return new IdempotencyClaim(IdempotencyState.New);
        }

        if (await table.GetAsync(Partition, TableKey.Of(key), cancellationToken) is { } row && StoredJson.Read<Entry>(row) is var kept && !IsMine(kept))
        {
            if (now < LapsesAt(kept))
            {
                return kept.Fingerprint != fingerprint ? new IdempotencyClaim(IdempotencyState.Different)
                    : kept.Answer is not null ? new IdempotencyClaim(IdempotencyState.Answered, kept.Answer)
                    : new IdempotencyClaim(IdempotencyState.InProgress);
            }

            if (await table.TryWriteAsync(Partition, [TableChange.Replace(row, StoredJson.Write(mine))], cancellationToken))
            {
                return new IdempotencyClaim(IdempotencyState.New);
            }
        }

        // Either this very call wrote it and the answer was lost, or somebody else was quicker.
        return new IdempotencyClaim(
            await table.GetAsync<Entry>(Partition, TableKey.Of(key), cancellationToken) is { } held && IsMine(held) ? IdempotencyState.New : IdempotencyState.InProgress);

        bool IsMine(Entry entry) => entry.Claim == mine.Claim;
    }

    /// <summary>Keeps the answer to a claimed request.</summary>
    public async Task CompleteAsync(string key, StoredResponse answer, CancellationToken cancellationToken)
    {
        while (await table.GetAsync(Partition, TableKey.Of(key), cancellationToken) is { } row && StoredJson.Read<Entry>(row) is { Answer: null } kept)
        {
            if (await table.TryWriteAsync(Partition, [TableChange.Replace(row, StoredJson.Write(kept with { Answer = answer }))], cancellationToken))
            {
                return;
            }
        }
    }

    /// <summary>Gives a claim back: the next coming is handled as the first.</summary>
    public async Task AbandonAsync(string key, CancellationToken cancellationToken)
    {
        if (await table.GetAsync(Partition, TableKey.Of(key), cancellationToken) is { } row && StoredJson.Read<Entry>(row) is { Answer: null })
        {
            await table.TryWriteAsync(Partition, [TableChange.Delete(row)], cancellationToken);
        }
    }

    private static DateTimeOffset LapsesAt(Entry entry) => entry.BeganAt + (entry.Answer is null ? ClaimLapsesAfter : KeepFor);

    /// <summary>Removes what has lapsed, once an hour.</summary>
    private async Task ForgetAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        long last = Interlocked.Read(ref forgottenAt);
        if (now.UtcTicks - last >= ForgetEvery.Ticks && Interlocked.CompareExchange(ref forgottenAt, now.UtcTicks, last) == last)
        {
            await table.DeleteAsync(Partition, KeyRange.All, row => LapsesAt(StoredJson.Read<Entry>(row)) <= now, cancellationToken);
        }
    }

    /// <param name="Fingerprint">A digest of the body.</param>
    /// <param name="BeganAt">When it was claimed, UTC.</param>
    /// <param name="Claim">Tells one claim of a key from another.</param>
    /// <param name="Answer">The answer, once there is one.</param>
    private sealed record Entry(string Fingerprint, DateTimeOffset BeganAt, Guid Claim, StoredResponse? Answer);
}
