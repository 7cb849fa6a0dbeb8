using System.Collections.Concurrent;
using System.Runtime.CompilerServices;

namespace Rescan.Functions.Storage;

/// <summary>
/// Keeps intents, and which session belongs to which. An intent, its claim of a session and its mark of being open are rows of one
/// partition, written together.
/// </summary>
/// <param name="table">Where they are kept.</param>
/// <param name="time">The clock.</param>
public sealed class IntentStore(ITable table, TimeProvider time)
{
    private const string Partition = "intents";
    private const string Intents = "intent";
    private const string Claims = "claim";
    private const string Open = "open";
    private const int ReadsAtOnce = 8;

    /// <summary>Writes the intent unless one with that request id exists.</summary>
    /// <returns>The stored intent, and whether this call created it.</returns>
    public async Task<(RescanIntent Intent, bool Created)> GetOrAddIntentAsync(RescanIntent intent, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(intent);
        List<TableChange> changes = [TableChange.Insert(KeyOf(Intents, intent), StoredJson.Write(intent))];
        if (intent.IsOpen)
        {
            changes.Add(TableChange.Insert(KeyOf(Open, intent), ""));
        }

        return await table.TryWriteAsync(Partition, changes, cancellationToken)
            ? (intent, true)
            : ((await ReadAsync(intent, cancellationToken)).Intent, false);
    }

    /// <summary>The intent of a request; null when there is none.</summary>
    public Task<RescanIntent?> GetIntentAsync(string appliance, string requestId, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(appliance);
        return table.GetAsync<RescanIntent>(Partition, TableKey.Of(Intents, Lower(appliance), requestId), cancellationToken);
    }

    /// <summary>
    /// Writes down which POSTs of an intent may have taken effect, and its remark, unless it knows its session or another has posted since.
    /// </summary>
    /// <param name="intent">The intent; its two times of POSTs and its remark are stored.</param>
    /// <param name="lastPostAt">The last POST as it stands in the store, as far as the caller knows.</param>
    /// <param name="cancellationToken">Ends the write.</param>
    /// <returns>Whether it was written.</returns>
    public Task<bool> TrySetPostsAsync(RescanIntent intent, DateTimeOffset? lastPostAt, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(intent);
        return ChangeAsync(
            intent,
            kept => kept.SessionId is null && kept.LastPostAt == lastPostAt
                ? kept with { FirstPostAt = intent.FirstPostAt, LastPostAt = intent.LastPostAt, Remark = intent.Remark }
                : null,
            cancellationToken);
    }

    /// <summary>Writes down that a rescan was canceled, and its intent where there is none; the first reason and its giver stay.</summary>
    public async Task SetCanceledAsync(RescanIntent intent, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(intent);
        if (!(await GetOrAddIntentAsync(intent, cancellationToken)).Created)
        {
            await ChangeAsync(
                intent,
                kept => kept.CancelReason is null ? kept with { CancelReason = intent.CancelReason, CanceledBy = intent.CanceledBy } : null,
                cancellationToken);
        }
    }

    /// <summary>Replaces the remark of an intent.</summary>
    public Task SetRemarkAsync(RescanIntent intent, string remark, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(intent);
        return ChangeAsync(intent, kept => kept with { Remark = remark }, cancellationToken);
    }

    /// <summary>Claims a session for an intent, and notes it in the intent; both or neither.</summary>
    /// <returns>True when the session is this intent's (now or before); false when another holds it.</returns>
    public async Task<bool> TryClaimSessionAsync(RescanIntent intent, string sessionId, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(intent);
        while (true)
        {
            (TableRow row, RescanIntent kept) = await ReadAsync(intent, cancellationToken);
            if (kept.SessionId is { } known)
            {
                return known == sessionId;
            }

            TableChange claim = TableChange.Insert(
                ClaimKey(intent.Appliance, sessionId), StoredJson.Write(new Claim(intent.RequestId, time.GetUtcNow())));
            if (await table.TryWriteAsync(
                Partition, [.. Changes(row, kept, kept with { SessionId = sessionId }), claim], cancellationToken))
            {
                return true;
            }

            if (await table.GetAsync<Claim>(Partition, claim.Key, cancellationToken) is { } held && held.RequestId != intent.RequestId)
            {
                return false;
            }
        }
    }

    /// <summary>Who holds which of these sessions of an appliance.</summary>
    /// <returns>The request id by session id, empty for a session that was set aside; sessions that nobody holds are left out.</returns>
    public async Task<IReadOnlyDictionary<string, string>> GetClaimsAsync(
        string appliance, IReadOnlyCollection<string> sessionIds, CancellationToken cancellationToken)
    {
        ConcurrentDictionary<string, string> claims = new(StringComparer.Ordinal);
        ParallelOptions some = new() { MaxDegreeOfParallelism = ReadsAtOnce, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(sessionIds, some, async (id, cancel) =>
        {
            if (await table.GetAsync<Claim>(Partition, ClaimKey(appliance, id), cancel) is { } claim)
            {
                claims[id] = claim.RequestId;
            }
        });
        return claims;
    }

    /// <summary>Sees to it that no intent claims these sessions, except one that holds its session already.</summary>
    public async Task SetAsideAsync(string appliance, IReadOnlyCollection<string> sessionIds, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(sessionIds);
        string aside = StoredJson.Write(new Claim("", time.GetUtcNow()));
        foreach (string id in sessionIds)
        {
            await table.TryWriteAsync(Partition, [TableChange.Insert(ClaimKey(appliance, id), aside)], cancellationToken);
        }
    }

    /// <summary>Intents of an appliance that know no session though a POST since the given time may have taken effect.</summary>
    /// <param name="appliance">The appliance.</param>
    /// <param name="since">By the appliance's clock.</param>
    /// <param name="cancellationToken">Ends the read.</param>
    public async Task<IReadOnlyList<RescanIntent>> GetOpenIntentsAsync(
        string appliance, DateTimeOffset since, CancellationToken cancellationToken)
    {
        List<RescanIntent> intents = [];
        KeyRange range = KeyRange.Of(Open, Lower(appliance));
        await foreach (TableRow row in table.QueryAsync(Partition, range, int.MaxValue, cancellationToken))
        {
            string key = Intents + row.Key[Open.Length..];
            if (await table.GetAsync<RescanIntent>(Partition, key, cancellationToken) is { IsOpen: true } intent
                && intent.LastPostAt >= since)
            {
                intents.Add(intent);
            }
        }

        return intents;
    }

    /// <summary>All intents with their sessions, in no particular order.</summary>
    internal async IAsyncEnumerable<RescanIntent> ExportAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (TableRow row in table.QueryAsync(Partition, KeyRange.Of(Intents), int.MaxValue, cancellationToken))
        {
            yield return StoredJson.Read<RescanIntent>(row);
        }
    }

    /// <summary>
    /// Removes intents that were written before a time and that nobody needs any more, and then the claims that no intent holds.
    /// </summary>
    /// <param name="before">The time.</param>
    /// <param name="isNeeded">Whether a rescan may still need its intent.</param>
    /// <param name="cancellationToken">Ends the pruning.</param>
    internal async Task PruneAsync(DateTimeOffset before, Func<RescanIntent, Task<bool>> isNeeded, CancellationToken cancellationToken)
    {
        HashSet<string> kept = [];
        await foreach (TableRow row in table.QueryAsync(Partition, KeyRange.Of(Intents), int.MaxValue, cancellationToken))
        {
            RescanIntent intent = StoredJson.Read<RescanIntent>(row);
            bool isOld = intent.CreatedAt < before && !await isNeeded(intent);
            TableChange[] changes = [
                TableChange.Delete(row), .. intent.IsOpen ? [TableChange.Delete(KeyOf(Open, intent))] : Array.Empty<TableChange>()];
            if (!isOld || !await table.TryWriteAsync(Partition, changes, cancellationToken))
            {
                kept.Add(intent.RequestId);
            }
        }

        bool IsLeft(TableRow row) => StoredJson.Read<Claim>(row) is var claim && claim.At < before && !kept.Contains(claim.RequestId);
        await table.DeleteAsync(Partition, KeyRange.Of(Claims), IsLeft, cancellationToken);
    }

    private static string KeyOf(string kind, RescanIntent intent) => TableKey.Of(kind, Lower(intent.Appliance), intent.RequestId);

    private static string ClaimKey(string appliance, string sessionId) => TableKey.Of(Claims, Lower(appliance), sessionId);

    private static string Lower(string appliance) => appliance.ToLowerInvariant();

    /// <summary>The mark of being open follows the intent.</summary>
    private static List<TableChange> Changes(TableRow row, RescanIntent kept, RescanIntent next)
    {
        List<TableChange> changes = [TableChange.Replace(row, StoredJson.Write(next))];
        if (kept.IsOpen != next.IsOpen)
        {
            changes.Add(next.IsOpen ? TableChange.Insert(KeyOf(Open, next), "") : TableChange.Delete(KeyOf(Open, next)));
        }

        return changes;
    }

    /// <summary>Changes the stored intent as it stands now; <paramref name="change"/> returns null to leave it.</summary>
    /// <returns>Whether it was changed.</returns>
    private async Task<bool> ChangeAsync(RescanIntent intent, Func<RescanIntent, RescanIntent?> change, CancellationToken cancellationToken)
    {
        while (true)
        {
            (TableRow row, RescanIntent kept) = await ReadAsync(intent, cancellationToken);
            if (change(kept) is not { } next)
            {
                return false;
            }

            if (await table.TryWriteAsync(Partition, Changes(row, kept, next), cancellationToken))
            {
                return true;
            }
        }
    }

    private async Task<(TableRow Row, RescanIntent Intent)> ReadAsync(RescanIntent intent, CancellationToken cancellationToken)
    {
        TableRow row = await table.GetAsync(Partition, KeyOf(Intents, intent), cancellationToken)
            ?? throw new InvalidOperationException($"The intent of request '{intent.RequestId}' was never written, or was pruned.");
        return (row, StoredJson.Read<RescanIntent>(row));
    }

    /// <param name="RequestId">The request that holds the session; empty when the session was set aside.</param>
    /// <param name="At">When, UTC.</param>
    private sealed record Claim(string RequestId, DateTimeOffset At);
}
