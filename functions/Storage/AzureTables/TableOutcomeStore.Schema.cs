using System.Globalization;
using Azure;
using Azure.Data.Tables;

namespace Rescan.Functions.Storage.AzureTables;

/// <content>The layout of rows, and the way from every older version to this one.</content>
internal sealed partial class TableOutcomeStore
{
    /// <summary>The version that this build reads and writes.</summary>
    internal const int SchemaVersion = 2;

    private const string Meta = "meta";
    private const string Schema = "schema";
    private const string Version = "Version";

    private async Task PrepareAsync(CancellationToken cancellationToken)
    {
        await table.CreateIfNotExistsAsync(cancellationToken).ConfigureAwait(false);
        NullableResponse<TableEntity> known = await table.GetEntityIfExistsAsync<TableEntity>(Meta, Schema, cancellationToken: cancellationToken).ConfigureAwait(false);
        int version = known.HasValue ? known.Value!.GetInt32(Version) ?? 0 : 0;
        if (version > SchemaVersion)
        {
            throw new OutcomeStoreException(string.Create(
                CultureInfo.InvariantCulture, $"The outcome table {table.Name} was written by a newer version of Rescan (schema {version}, this one reads {SchemaVersion}). Use that version, or another table."));
        }

        if (version < SchemaVersion)
        {
            await FromVersion1Async(cancellationToken).ConfigureAwait(false);
            await table.UpsertEntityAsync(new TableEntity(Meta, Schema) { [Version] = SchemaVersion }, TableUpdateMode.Replace, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Version 1 said of itself nothing, and kept all intents in one partition, apart from the claims of each appliance. Safe to do twice, or by two at a time.</summary>
    private async Task FromVersion1Async(CancellationToken cancellationToken)
    {
        await foreach (TableEntity old in table.QueryAsync<TableEntity>(TableClient.CreateQueryFilter($"PartitionKey eq {"intent"}"), cancellationToken: cancellationToken).ConfigureAwait(false))
        {
            DateTimeOffset at = old.GetDateTimeOffset("Created")!.Value;
            string? session = old.GetString("Session");
            RescanIntent intent = new(old.RowKey, old.GetString("Appliance"), old.GetString("Repository"), at, session)
            {
                FirstPostAt = session is null ? at : null,
                LastPostAt = session is null ? at : null,
            };
            await TryInsertAsync(ToRow(intent), cancellationToken).ConfigureAwait(false);
            await table.DeleteEntityAsync(old.PartitionKey, old.RowKey, ETag.All, cancellationToken).ConfigureAwait(false);
        }

        await foreach (TableEntity old in table.QueryAsync<TableEntity>(
            TableClient.CreateQueryFilter($"PartitionKey ge {"claims-"} and PartitionKey lt {"claims."}"), cancellationToken: cancellationToken).ConfigureAwait(false))
        {
            string session = old.GetString("Session");
            await TryInsertAsync(
                new TableEntity(StartsOf(old.PartitionKey["claims-".Length..]), ClaimKey(session)) { ["Request"] = old.GetString("Request"), ["Session"] = session },
                cancellationToken).ConfigureAwait(false);
            await table.DeleteEntityAsync(old.PartitionKey, old.RowKey, ETag.All, cancellationToken).ConfigureAwait(false);
        }
    }
}
