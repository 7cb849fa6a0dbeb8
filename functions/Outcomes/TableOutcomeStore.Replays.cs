using System.Text.Json;
using Azure;
using Azure.Data.Tables;
using Rescan.Functions.Requests;

namespace Rescan.Functions.Outcomes;

/// <content>Requests that may be repeated.</content>
internal sealed partial class TableOutcomeStore : IReplayStore
{
    private const string Replays = "replays";
    private static readonly TimeSpan ForgetEvery = TimeSpan.FromHours(1);
    private long forgottenAt;

    /// <inheritdoc/>
    public async Task<ReplayClaim> BeginAsync(string key, string fingerprint, DateTimeOffset now, CancellationToken cancellationToken)
    {
        TableEntity row = new(Replays, Key(key)) { ["Fingerprint"] = fingerprint, ["Began"] = now };
        if (await TryAddAsync(row, cancellationToken).ConfigureAwait(false))
        {
            await ForgetAsync(now, cancellationToken).ConfigureAwait(false);
            return new ReplayClaim(ReplayState.New);
        }

        NullableResponse<TableEntity> known = await table.GetEntityIfExistsAsync<TableEntity>(Replays, row.RowKey, cancellationToken: cancellationToken).ConfigureAwait(false);
        if (!known.HasValue)
        {
            return new ReplayClaim(ReplayState.InProgress);
        }

        TableEntity kept = known.Value!;
        bool answered = kept.ContainsKey("Json0");
        if (now < kept.GetDateTimeOffset("Began") + (answered ? IReplayStore.KeepFor : IReplayStore.ClaimLapsesAfter))
        {
            return kept.GetString("Fingerprint") != fingerprint ? new ReplayClaim(ReplayState.Different)
                : answered ? new ReplayClaim(ReplayState.Answered, JsonSerializer.Deserialize<StoredAnswer>(JsonOf(kept)))
                : new ReplayClaim(ReplayState.InProgress);
        }

        try
        {
            await table.UpdateEntityAsync(row, kept.ETag, TableUpdateMode.Replace, cancellationToken).ConfigureAwait(false);
            return new ReplayClaim(ReplayState.New);
        }
        catch (RequestFailedException e) when (e.Status is 412 or 404)
        {
            // Another was quicker.
            return new ReplayClaim(ReplayState.InProgress);
        }
    }

    /// <inheritdoc/>
    public async Task CompleteAsync(string key, StoredAnswer answer, CancellationToken cancellationToken)
    {
        TableEntity kept = await table.GetEntityAsync<TableEntity>(Replays, Key(key), cancellationToken: cancellationToken).ConfigureAwait(false);
        if (!kept.ContainsKey("Json0"))
        {
            await table.UpdateEntityAsync(WithJson(kept, JsonSerializer.Serialize(answer)), kept.ETag, TableUpdateMode.Replace, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public async Task AbandonAsync(string key, CancellationToken cancellationToken)
    {
        NullableResponse<TableEntity> known = await table.GetEntityIfExistsAsync<TableEntity>(Replays, Key(key), cancellationToken: cancellationToken).ConfigureAwait(false);
        if (known.HasValue && !known.Value!.ContainsKey("Json0"))
        {
            await table.DeleteEntityAsync(known.Value, known.Value.ETag, cancellationToken).ConfigureAwait(false);
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

        DateTimeOffset before = now - IReplayStore.KeepFor;
        await foreach (TableEntity old in table.QueryAsync<TableEntity>(
            TableClient.CreateQueryFilter($"PartitionKey eq {Replays} and Began lt {before}"), select: ["PartitionKey", "RowKey"], cancellationToken: cancellationToken).ConfigureAwait(false))
        {
            await table.DeleteEntityAsync(old.PartitionKey, old.RowKey, ETag.All, cancellationToken).ConfigureAwait(false);
        }
    }
}
