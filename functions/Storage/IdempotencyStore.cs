namespace Rescan.Functions.Storage;

/// <summary>The answer that a request got when it came first.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Json">The body, JSON.</param>
/// <param name="Location">The header of that name, when there was one.</param>
public sealed record StoredResponse(int Status, string Json, string? Location = null);

/// <summary>What is known of a request.</summary>
/// <param name="State">How far its first coming is.</param>
/// <param name="Answer">The answer, when <see cref="IdempotencyState.Answered"/>.</param>
/// <param name="FirstAt">When the key was first used, UTC, when <see cref="IdempotencyState.New"/>: of an earlier try that was
/// cut off, that one's time.</param>
public sealed record IdempotencyClaim(IdempotencyState State, StoredResponse? Answer = null, DateTimeOffset FirstAt = default);

/// <summary>How far a request's first coming is.</summary>
public enum IdempotencyState
{
    /// <summary>It comes first, or all that came before were abandoned or cut off; the caller must complete or abandon it.</summary>
    New,

    /// <summary>Another coming of the request is at work.</summary>
    InProgress,

    /// <summary>The request was answered.</summary>
    Answered,

    /// <summary>The key was used for a request with another body.</summary>
    Different,
}

/// <summary>
/// Remembers requests by key for a day, so that one repeated does nothing twice and gets the first one's answer.
/// Durable, and shared by all workers.
/// </summary>
/// <param name="table">Where they are kept.</param>
public sealed class IdempotencyStore(ITable table)
{
    /// <summary>How long a key is remembered, from its first use.</summary>
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
        Entry mine = new(fingerprint, now, now, Guid.NewGuid(), null);
        await ForgetAsync(now, cancellationToken);
        if (await table.TryWriteAsync(Partition, [TableChange.Insert(TableKey.Of(key), StoredJson.Write(mine))], cancellationToken))
        {
            return new IdempotencyClaim(IdempotencyState.New, FirstAt: now);
        }

        if (await table.GetAsync(Partition, TableKey.Of(key), cancellationToken) is { } row && StoredJson.Read<Entry>(row) is var kept
            && kept.Claim != mine.Claim)
        {
            if (now < kept.FirstAt + KeepFor)
            {
                if (kept.Fingerprint != fingerprint)
                {
                    return new IdempotencyClaim(IdempotencyState.Different);
                }

                if (kept.Answer is not null)
                {
                    return new IdempotencyClaim(IdempotencyState.Answered, kept.Answer);
                }

                if (now < kept.ClaimedAt + ClaimLapsesAfter)
                {
                    return new IdempotencyClaim(IdempotencyState.InProgress);
                }

                mine = mine with { FirstAt = kept.FirstAt };
            }

            if (await table.TryWriteAsync(Partition, [TableChange.Replace(row, StoredJson.Write(mine))], cancellationToken))
            {
                return new IdempotencyClaim(IdempotencyState.New, FirstAt: mine.FirstAt);
            }
        }

        // Either this very call wrote it and the answer was lost, or somebody else was quicker.
        return await table.GetAsync<Entry>(Partition, TableKey.Of(key), cancellationToken) is { } held && held.Claim == mine.Claim
            ? new IdempotencyClaim(IdempotencyState.New, FirstAt: held.FirstAt)
            : new IdempotencyClaim(IdempotencyState.InProgress);
    }

    /// <summary>Keeps the answer to a claimed request.</summary>
    public async Task CompleteAsync(string key, StoredResponse answer, CancellationToken cancellationToken)
    {
        while (await table.GetAsync(Partition, TableKey.Of(key), cancellationToken) is { } row
            && StoredJson.Read<Entry>(row) is { Answer: null } kept)
        {
            if (await table.TryWriteAsync(
                Partition, [TableChange.Replace(row, StoredJson.Write(kept with { Answer = answer }))], cancellationToken))
            {
                return;
            }
        }
    }

    /// <summary>Gives a claim back: the next coming is handled.</summary>
    /// <param name="key">The key.</param>
    /// <param name="forget">Whether the key is free again, since nothing can have been started under it; else
    /// it stays that of this body.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task AbandonAsync(string key, bool forget, CancellationToken cancellationToken)
    {
        while (await table.GetAsync(Partition, TableKey.Of(key), cancellationToken) is { } row
            && StoredJson.Read<Entry>(row) is { Answer: null } kept)
        {
            TableChange change = forget
                ? TableChange.Delete(row) : TableChange.Replace(row, StoredJson.Write(kept with { ClaimedAt = null }));
            if (await table.TryWriteAsync(Partition, [change], cancellationToken))
            {
                return;
            }
        }
    }

    /// <summary>Removes what is no longer remembered, once an hour.</summary>
    private async Task ForgetAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        long last = Interlocked.Read(ref forgottenAt);
        if (now.UtcTicks - last >= ForgetEvery.Ticks && Interlocked.CompareExchange(ref forgottenAt, now.UtcTicks, last) == last)
        {
            await table.DeleteAsync(
                Partition, KeyRange.All, row => StoredJson.Read<Entry>(row).FirstAt + KeepFor <= now, cancellationToken);
        }
    }

    /// <param name="Fingerprint">A digest of the body.</param>
    /// <param name="FirstAt">When the key was first used, UTC.</param>
    /// <param name="ClaimedAt">When it was claimed, UTC; null when nobody has it.</param>
    /// <param name="Claim">Tells one claim of a key from another.</param>
    /// <param name="Answer">The answer, once there is one.</param>
    private sealed record Entry(string Fingerprint, DateTimeOffset FirstAt, DateTimeOffset? ClaimedAt, Guid Claim, StoredResponse? Answer);
}
