using System.Net;
using System.Runtime.CompilerServices;
using Azure;
using Azure.Core;
using Azure.Data.Tables;
using Azure.Data.Tables.Models;
using Microsoft.Extensions.Configuration;
using Rescan.Functions.Configuration;

namespace Rescan.Functions.Storage.AzureTables;

/// <summary>A table of Azure Table Storage.</summary>
public sealed class AzureTable : ITable, IDisposable
{
    private const int LargestPage = 1000;
    private readonly TableClient client;
    private readonly SemaphoreSlim opening = new(1);
    private volatile bool open;

    internal AzureTable(TableClient client) => this.client = client;

    /// <summary>The table that the settings name, for tools that need no appliance in them.</summary>
    /// <param name="configuration">What is under <c>Rescan:Outcomes</c> and <c>AzureWebJobsStorage</c> counts.</param>
    public static AzureTable Of(IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        OutcomeStoreOptions options = new();
        configuration.GetSection(RescanOptions.Section).GetSection(nameof(RescanOptions.Outcomes)).Bind(options);
        return Of(options, configuration, new AzureIdentity(configuration));
    }

    /// <inheritdoc/>
    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        if (open)
        {
            return;
        }

        await opening.WaitAsync(cancellationToken);
        try
        {
            if (!open)
            {
                await client.CreateIfNotExistsAsync(cancellationToken);
                await TryWriteOneAsync(TableSchema.Partition, TableChange.Insert(TableSchema.Key, TableSchema.Value), cancellationToken);
                TableRow version = (await ReadAsync(TableSchema.Partition, TableSchema.Key, cancellationToken))!;
                TableSchema.Require(version.Value, $"The table {client.Name}");
                open = true;
            }
        }
        finally
        {
            opening.Release();
        }
    }

    /// <inheritdoc/>
    public async Task<TableRow?> GetAsync(string partition, string key, CancellationToken cancellationToken)
    {
        await OpenAsync(cancellationToken);
        return await ReadAsync(partition, key, cancellationToken);
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<TableRow> QueryAsync(
        string partition, KeyRange range, int limit, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await OpenAsync(cancellationToken);
        string filter = TableClient.CreateQueryFilter($"PartitionKey eq {partition} and RowKey gt {range.After}");
        if (range.Before is { } before)
        {
            filter += " and " + TableClient.CreateQueryFilter($"RowKey lt {before}");
        }

        int left = limit;
        await foreach (TableEntity entity in client.QueryAsync<TableEntity>(
            filter, Math.Min(limit, LargestPage), cancellationToken: cancellationToken))
        {
            if (left-- == 0)
            {
                break;
            }

            yield return EntityValue.Read(entity);
        }
    }

    /// <inheritdoc/>
    public async Task<bool> TryWriteAsync(string partition, IReadOnlyList<TableChange> changes, CancellationToken cancellationToken)
    {
        TableLimits.Check(partition, changes);
        await OpenAsync(cancellationToken);
        return await (changes is [var one]
            ? TryWriteOneAsync(partition, one, cancellationToken)
            : TryAsync(() => client.SubmitTransactionAsync(changes.Select(c => ActionOf(partition, c)), cancellationToken)));
    }

    /// <inheritdoc/>
    public void Dispose() => opening.Dispose();

    /// <summary>The table of the settings: an endpoint with an identity, or the connection of <c>AzureWebJobsStorage</c>.</summary>
    internal static AzureTable Of(OutcomeStoreOptions options, IConfiguration configuration, TokenCredential credential)
    {
        string? account = configuration["AzureWebJobsStorage__accountName"] ?? configuration["AzureWebJobsStorage:accountName"];
        Uri? endpoint = options.TableServiceUri ?? (account is null ? null : new Uri($"https://{account}.table.core.windows.net"));
        return new AzureTable(endpoint is not null
            ? new TableClient(endpoint, options.Table, credential)
            : new TableClient(
                configuration["AzureWebJobsStorage"]
                ?? throw new InvalidOperationException("AzureWebJobsStorage is not set, so there is no place for outcomes."),
                options.Table));
    }

    private static TableTransactionAction ActionOf(string partition, TableChange change)
    {
        TableEntity entity = EntityValue.Of(partition, change);
        ETag condition = change.ETag is { } tag ? new ETag(tag) : ETag.All;
        return change.Kind switch
        {
            TableChangeKind.Insert => new TableTransactionAction(TableTransactionActionType.Add, entity),
            TableChangeKind.Put => new TableTransactionAction(TableTransactionActionType.UpsertReplace, entity),
            TableChangeKind.Replace => new TableTransactionAction(TableTransactionActionType.UpdateReplace, entity, condition),
            _ => new TableTransactionAction(TableTransactionActionType.Delete, entity, condition),
        };
    }

    /// <summary>Makes a condition that does not hold a result.</summary>
    private static async Task<bool> TryAsync(Func<Task> write)
    {
        try
        {
            await write();
            return true;
        }
        catch (RequestFailedException e) when (IsCondition(e))
        {
            return false;
        }
    }

    /// <summary>Whether a row is there or not, or has changed; a table that is not there is trouble.</summary>
    private static bool IsCondition(RequestFailedException e) =>
        (HttpStatusCode)e.Status is HttpStatusCode.Conflict or HttpStatusCode.NotFound or HttpStatusCode.PreconditionFailed
        && e.ErrorCode != TableErrorCode.TableNotFound.ToString() && e.ErrorCode != TableErrorCode.TableBeingDeleted.ToString();

    private Task<bool> TryWriteOneAsync(string partition, TableChange change, CancellationToken cancellationToken)
    {
        TableEntity entity = EntityValue.Of(partition, change);
        ETag condition = change.ETag is { } tag ? new ETag(tag) : ETag.All;
        return change.Kind switch
        {
            TableChangeKind.Insert => TryAsync(() => client.AddEntityAsync(entity, cancellationToken)),
            TableChangeKind.Put => TryAsync(() => client.UpsertEntityAsync(entity, TableUpdateMode.Replace, cancellationToken)),
            TableChangeKind.Replace =>
                TryAsync(() => client.UpdateEntityAsync(entity, condition, TableUpdateMode.Replace, cancellationToken)),
            _ => TryDeleteAsync(change.Key),
        };

        // This call takes a missing row for success, where a transaction does not.
        async Task<bool> TryDeleteAsync(string key)
        {
            bool existed = true;
            return await TryAsync(
                async () => existed =
                    (await client.DeleteEntityAsync(partition, key, condition, cancellationToken)).Status != (int)HttpStatusCode.NotFound)
                && existed;
        }
    }

    private async Task<TableRow?> ReadAsync(string partition, string key, CancellationToken cancellationToken)
    {
        NullableResponse<TableEntity> found = await client.GetEntityIfExistsAsync<TableEntity>(
            partition, key, cancellationToken: cancellationToken);
        return found.HasValue ? EntityValue.Read(found.Value!) : null;
    }
}
