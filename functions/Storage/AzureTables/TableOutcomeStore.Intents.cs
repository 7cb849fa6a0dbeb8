using Azure;
using Azure.Data.Tables;

namespace Rescan.Functions.Storage.AzureTables;

/// <content>Intents and claims of an appliance share a partition, so that a claim and the intent's session are written together.</content>
internal sealed partial class TableOutcomeStore : IIntentStore
{
    private const string IntentPrefix = "i-";
    private const string ClaimPrefix = "c-";

    /// <inheritdoc/>
    public async Task<(RescanIntent Intent, bool Created)> GetOrAddIntentAsync(RescanIntent intent, CancellationToken cancellationToken) =>
        await TryAddAsync(ToRow(intent), cancellationToken).ConfigureAwait(false)
            ? (intent, true)
            : (ToIntent(await ReadIntentAsync(intent, cancellationToken).ConfigureAwait(false)), false);

    /// <inheritdoc/>
    public async Task<RescanIntent?> GetIntentAsync(string appliance, string requestId, CancellationToken cancellationToken)
    {
        await EnsureAsync(cancellationToken).ConfigureAwait(false);
        NullableResponse<TableEntity> row = await table.GetEntityIfExistsAsync<TableEntity>(StartsOf(appliance), IntentPrefix + requestId, cancellationToken: cancellationToken).ConfigureAwait(false);
        return row.HasValue ? ToIntent(row.Value!) : null;
    }

    /// <inheritdoc/>
    public Task<bool> TrySetPostsAsync(RescanIntent intent, DateTimeOffset? lastPostAt, CancellationToken cancellationToken) => ChangeIntentAsync(
        intent,
        kept => kept.SessionId is null && kept.LastPostAt == lastPostAt ? kept with { FirstPostAt = intent.FirstPostAt, LastPostAt = intent.LastPostAt, Remark = intent.Remark } : null,
        cancellationToken);

    /// <inheritdoc/>
    public async Task SetCanceledAsync(RescanIntent intent, CancellationToken cancellationToken)
    {
        if (!await TryAddAsync(ToRow(intent), cancellationToken).ConfigureAwait(false))
        {
            await ChangeIntentAsync(intent, kept => kept.CancelReason is null ? kept with { CancelReason = intent.CancelReason } : null, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public Task SetRemarkAsync(RescanIntent intent, string remark, CancellationToken cancellationToken) =>
        ChangeIntentAsync(intent, kept => kept with { Remark = remark }, cancellationToken);

    /// <inheritdoc/>
    public async Task<bool> TryClaimSessionAsync(RescanIntent intent, string sessionId, CancellationToken cancellationToken)
    {
        string partition = StartsOf(intent.Appliance);
        while (true)
        {
            TableEntity row = await ReadIntentAsync(intent, cancellationToken).ConfigureAwait(false);
            RescanIntent kept = ToIntent(row);
            if (kept.SessionId is { } known)
            {
                return known == sessionId;
            }

            try
            {
                await table.SubmitTransactionAsync(
                    [
                        new TableTransactionAction(TableTransactionActionType.UpdateReplace, ToRow(kept with { SessionId = sessionId }), row.ETag),
                        new TableTransactionAction(
                            TableTransactionActionType.Add, new TableEntity(partition, ClaimKey(sessionId)) { ["Request"] = intent.RequestId, ["Session"] = sessionId }),
                    ],
                    cancellationToken).ConfigureAwait(false);
                return true;
            }
            catch (RequestFailedException e) when (e.Status == 409)
            {
                // Held; by us where our own write went through and its answer was lost, or where version 1 died between its two writes.
                TableEntity claim = await table.GetEntityAsync<TableEntity>(partition, ClaimKey(sessionId), cancellationToken: cancellationToken).ConfigureAwait(false);
                if (claim.GetString("Request") != intent.RequestId)
                {
                    return false;
                }

                await ChangeIntentAsync(intent, i => i.SessionId is null ? i with { SessionId = sessionId } : null, cancellationToken).ConfigureAwait(false);
            }
            catch (RequestFailedException e) when (e.Status == 412)
            {
                // Changed since it was read.
            }
        }
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyDictionary<string, string>> GetClaimsAsync(string appliance, IReadOnlyCollection<string> sessionIds, CancellationToken cancellationToken)
    {
        await EnsureAsync(cancellationToken).ConfigureAwait(false);
        Dictionary<string, string> claims = new(StringComparer.Ordinal);
        foreach (string id in sessionIds)
        {
            NullableResponse<TableEntity> row = await table.GetEntityIfExistsAsync<TableEntity>(StartsOf(appliance), ClaimKey(id), cancellationToken: cancellationToken).ConfigureAwait(false);
            if (row.HasValue)
            {
                claims[id] = row.Value!.GetString("Request") ?? "";
            }
        }

        return claims;
    }

    /// <inheritdoc/>
    public async Task SetAsideAsync(string appliance, IReadOnlyCollection<string> sessionIds, CancellationToken cancellationToken)
    {
        foreach (string id in sessionIds)
        {
            await TryAddAsync(new TableEntity(StartsOf(appliance), ClaimKey(id)) { ["Request"] = "", ["Session"] = id }, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<RescanIntent>> GetOpenIntentsAsync(string appliance, DateTimeOffset since, CancellationToken cancellationToken)
    {
        await EnsureAsync(cancellationToken).ConfigureAwait(false);
        List<RescanIntent> intents = [];
        string filter = TableClient.CreateQueryFilter($"PartitionKey eq {StartsOf(appliance)} and Open eq true and LastPost ge {since}");
        await foreach (TableEntity row in table.QueryAsync<TableEntity>(filter, cancellationToken: cancellationToken).ConfigureAwait(false))
        {
            intents.Add(ToIntent(row));
        }

        return intents;
    }

    private static string StartsOf(string appliance) => "starts-" + appliance.ToLowerInvariant();

    private static string ClaimKey(string sessionId) => ClaimPrefix + Key(sessionId);

    private static TableEntity ToRow(RescanIntent intent)
    {
        TableEntity row = new(StartsOf(intent.Appliance), IntentPrefix + intent.RequestId)
        {
            ["Appliance"] = intent.Appliance, ["Repository"] = intent.RepositoryId, ["Created"] = intent.CreatedAt,
            ["Open"] = intent is { SessionId: null, LastPostAt: not null },
        };
        (row["Session"], row["FirstPost"], row["LastPost"]) = (intent.SessionId, intent.FirstPostAt, intent.LastPostAt);
        (row["Cancel"], row["Remark"]) = (intent.CancelReason, intent.Remark);
        return row;
    }

    private static RescanIntent ToIntent(TableEntity row) => new(
        row.RowKey[IntentPrefix.Length..], row.GetString("Appliance"), row.GetString("Repository"), row.GetDateTimeOffset("Created")!.Value, row.GetString("Session"))
    {
        FirstPostAt = row.GetDateTimeOffset("FirstPost"),
        LastPostAt = row.GetDateTimeOffset("LastPost"),
        CancelReason = row.GetString("Cancel"),
        Remark = row.GetString("Remark"),
    };

    private async Task<TableEntity> ReadIntentAsync(RescanIntent intent, CancellationToken cancellationToken) =>
        await table.GetEntityAsync<TableEntity>(StartsOf(intent.Appliance), IntentPrefix + intent.RequestId, cancellationToken: cancellationToken).ConfigureAwait(false);

    /// <summary>Changes the stored intent as it stands now; <paramref name="change"/> returns null to leave it.</summary>
    /// <returns>Whether it was changed.</returns>
    private async Task<bool> ChangeIntentAsync(RescanIntent intent, Func<RescanIntent, RescanIntent?> change, CancellationToken cancellationToken)
    {
        await EnsureAsync(cancellationToken).ConfigureAwait(false);
        while (true)
        {
            TableEntity row = await ReadIntentAsync(intent, cancellationToken).ConfigureAwait(false);
            if (change(ToIntent(row)) is not { } changed)
            {
                return false;
            }

            try
            {
                await table.UpdateEntityAsync(ToRow(changed), row.ETag, TableUpdateMode.Replace, cancellationToken).ConfigureAwait(false);
                return true;
            }
            catch (RequestFailedException e) when (e.Status == 412)
            {
                // Changed since it was read.
            }
        }
    }
}
