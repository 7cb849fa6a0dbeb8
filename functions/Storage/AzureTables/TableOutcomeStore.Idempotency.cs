using System.Text.Json;
using Azure;
using Azure.Data.Tables;

namespace Rescan.Functions.Storage.AzureTables;

/// <content>Requests that may be repeated.</content>
internal sealed partial class TableOutcomeStore : IIdempotencyStore
{
    private const string IdempotencyKeys = "idempotency-keys";
    private static readonly TimeSpan ForgetEvery = TimeSpan.FromHours(1);
    private long forgottenAt;

    /// <inheritdoc/>
    public async Task<IdempotencyClaim> BeginAsync(string key, string fingerprint, DateTimeOffset now, CancellationToken cancellationToken)
    {
        TableEntity row = new(IdempotencyKeys, Key(key)) { ["Fingerprint"] = fingerprint, ["Began"] = now, ["Claimed"] = now };
        if (await TryAddAsync(row, cancellationToken).ConfigureAwait(false))
        {
            await ForgetAsync(now, cancellationToken).ConfigureAwait(false);
            return new IdempotencyClaim(IdempotencyState.New, FirstAt: now);
        }

        NullableResponse<TableEntity> known = await table.GetEntityIfExistsAsync<TableEntity>(IdempotencyKeys, row.RowKey, cancellationToken: cancellationToken).ConfigureAwait(false);
        if (!known.HasValue)
        {
            return new IdempotencyClaim(IdempotencyState.InProgress);
        }

        TableEntity kept = known.Value!;
        DateTimeOffset first = kept.GetDateTimeOffset("Began")!.Value;
        if (now < first + IIdempotencyStore.KeepFor)
        {
            if (kept.GetString("Fingerprint") != fingerprint)
            {
                return new IdempotencyClaim(IdempotencyState.Different);
            }

            if (kept.ContainsKey("Json0"))
            {
                return new IdempotencyClaim(IdempotencyState.Answered, JsonSerializer.Deserialize<StoredResponse>(JsonOf(kept)));
            }

            if (now < kept.GetDateTimeOffset("Claimed") + IIdempotencyStore.ClaimLapsesAfter)
            {
                return new IdempotencyClaim(IdempotencyState.InProgress);
            }

            row["Began"] = first;
        }
        else
        {
            first = now;
        }

        try
        {
            await table.UpdateEntityAsync(row, kept.ETag, TableUpdateMode.Replace, cancellationToken).ConfigureAwait(false);
            return new IdempotencyClaim(IdempotencyState.New, FirstAt: first);
        }
        catch (RequestFailedException e) when (e.Status is 412 or 404)
        {
            // Another was quicker.
            return new IdempotencyClaim(IdempotencyState.InProgress);
        }
    }

    /// <inheritdoc/>
    public async Task CompleteAsync(string key, StoredResponse answer, CancellationToken cancellationToken)
    {
        TableEntity kept = await table.GetEntityAsync<TableEntity>(IdempotencyKeys, Key(key), cancellationToken: cancellationToken).ConfigureAwait(false);
        if (!kept.ContainsKey("Json0"))
        {
            await table.UpdateEntityAsync(WithJson(kept, JsonSerializer.Serialize(answer)), kept.ETag, TableUpdateMode.Replace, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public async Task AbandonAsync(string key, bool forget, CancellationToken cancellationToken)
    {
        NullableResponse<TableEntity> known = await table.GetEntityIfExistsAsync<TableEntity>(IdempotencyKeys, Key(key), cancellationToken: cancellationToken).ConfigureAwait(false);
        if (known.HasValue && !known.Value!.ContainsKey("Json0"))
        {
            if (forget)
            {
                await table.DeleteEntityAsync(known.Value, known.Value.ETag, cancellationToken).ConfigureAwait(false);
                return;
            }

            known.Value.Remove("Claimed");
            await table.UpdateEntityAsync(known.Value, known.Value.ETag, TableUpdateMode.Replace, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Removes what is remembered no longer, now and then.</summary>
    private async Task ForgetAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        long last = Interlocked.Read(ref forgottenAt);
        if (now.UtcTicks - last < ForgetEvery.Ticks || Interlocked.CompareExchange(ref forgottenAt, now.UtcTicks, last) != last)
        {
            return;
        }

        DateTimeOffset before = now - IIdempotencyStore.KeepFor;
        await foreach (TableEntity old in table.QueryAsync<TableEntity>(
            TableClient.CreateQueryFilter($"PartitionKey eq {IdempotencyKeys} and Began lt {before}"), select: ["PartitionKey", "RowKey"], cancellationToken: cancellationToken).ConfigureAwait(false))
        {
            await table.DeleteEntityAsync(old.PartitionKey, old.RowKey, ETag.All, cancellationToken).ConfigureAwait(false);
        }
    }
}
