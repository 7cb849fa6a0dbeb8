using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Azure;
using Azure.Core;
using Azure.Data.Tables;
using Microsoft.Extensions.Configuration;
using Rescan.Functions.Configuration;

namespace Rescan.Functions.Storage.AzureTables;

/// <summary>
/// Outcomes in one Azure table. Every write is an insert that fails when the row exists, or an update bound to an ETag, so that a repeat
/// or another worker changes nothing. Rows are keyed so that the newest come first.
/// </summary>
internal sealed partial class TableOutcomeStore(TableClient table) : IOutcomeStore
{
    private const string All = "outcomes";
    private const string Latest = "latest";

    // A text property holds 32,768 characters at most.
    private const int Chunk = 30_000;
    private readonly SemaphoreSlim creating = new(1);
    private bool created;

    /// <summary>The store of the settings: an endpoint with an identity, or the connection of <c>AzureWebJobsStorage</c>.</summary>
    public static TableOutcomeStore Create(OutcomeStoreOptions options, IConfiguration configuration, TokenCredential credential)
    {
        string name = options.Table;
        string? account = configuration["AzureWebJobsStorage__accountName"] ?? configuration["AzureWebJobsStorage:accountName"];
        Uri? endpoint = options.TableServiceUri ?? (account is null ? null : new Uri($"https://{account}.table.core.windows.net"));
        return new TableOutcomeStore(endpoint is not null
            ? new TableClient(endpoint, name, credential)
            : new TableClient(configuration["AzureWebJobsStorage"] ?? throw new InvalidOperationException("AzureWebJobsStorage is not set, so there is no place for outcomes."), name));
    }

    /// <inheritdoc/>
    public async Task<bool> TryRecordAsync(string requestId, RescanOutcome outcome, CancellationToken cancellationToken)
    {
        string key = NewestFirst(outcome.FinishedAt) + requestId;
        bool recorded = await TryAddAsync(Fill(new TableEntity("recorded", requestId), outcome), cancellationToken).ConfigureAwait(false);

        // The copies follow the deciding row and carry the first call's outcome, so a crash in between is mended by the repeat.
        RescanOutcome kept = recorded ? outcome : Read(await table.GetEntityAsync<TableEntity>("recorded", requestId, cancellationToken: cancellationToken).ConfigureAwait(false));
        key = recorded ? key : NewestFirst(kept.FinishedAt) + requestId;
        await table.UpsertEntityAsync(Fill(new TableEntity(All, key), kept with { Log = [] }), TableUpdateMode.Replace, cancellationToken).ConfigureAwait(false);
        await table.UpsertEntityAsync(Fill(new TableEntity("of-" + kept.Id, key), kept), TableUpdateMode.Replace, cancellationToken).ConfigureAwait(false);
        await SetLatestAsync(kept, cancellationToken).ConfigureAwait(false);
        return recorded;
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<RescanOutcome>> GetRecentAsync(string instanceId, int limit, CancellationToken cancellationToken) =>
        QueryAsync("of-" + instanceId, limit, cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<RescanOutcome>> GetLatestAsync(CancellationToken cancellationToken) => QueryAsync(Latest, int.MaxValue, cancellationToken);

    private static string NewestFirst(DateTimeOffset time) => (DateTime.MaxValue.Ticks - time.UtcTicks).ToString("D19", CultureInfo.InvariantCulture) + "-";

    /// <summary>A session id comes from outside; a row key must not hold slashes and the like.</summary>
    private static string Key(string text) => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    private static TableEntity Fill(TableEntity row, RescanOutcome outcome)
    {
        row["Outcome"] = outcome.Outcome.ToString();
        Describe(row, outcome);
        return WithJson(row, JsonSerializer.Serialize(outcome));
    }

    private static TableEntity WithJson(TableEntity row, string json)
    {
        for (int at = 0, part = 0; at < json.Length; at += Chunk, part++)
        {
            row["Json" + part.ToString(CultureInfo.InvariantCulture)] = json.Substring(at, Math.Min(Chunk, json.Length - at));
        }

        return row;
    }

    private static RescanOutcome Read(TableEntity row) => JsonSerializer.Deserialize<RescanOutcome>(JsonOf(row))!;

    private static string JsonOf(TableEntity row)
    {
        StringBuilder json = new();
        for (int part = 0; row.GetString("Json" + part.ToString(CultureInfo.InvariantCulture)) is { } text; part++)
        {
            json.Append(text);
        }

        return json.ToString();
    }

    private async Task<IReadOnlyList<RescanOutcome>> QueryAsync(string partition, int limit, CancellationToken cancellationToken)
    {
        await EnsureAsync(cancellationToken).ConfigureAwait(false);
        List<RescanOutcome> found = [];
        await foreach (TableEntity row in table.QueryAsync<TableEntity>(TableClient.CreateQueryFilter($"PartitionKey eq {partition}"), Math.Min(limit, 1000), cancellationToken: cancellationToken).ConfigureAwait(false))
        {
            found.Add(Read(row));
            if (found.Count == limit)
            {
                break;
            }
        }

        return found;
    }

    private async Task<bool> TryAddAsync(TableEntity row, CancellationToken cancellationToken)
    {
        await EnsureAsync(cancellationToken).ConfigureAwait(false);
        return await TryInsertAsync(row, cancellationToken).ConfigureAwait(false);
    }

    private async Task<bool> TryInsertAsync(TableEntity row, CancellationToken cancellationToken)
    {
        try
        {
            await table.AddEntityAsync(row, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (RequestFailedException e) when (e.Status == 409)
        {
            return false;
        }
    }

    /// <summary>Sets the newest outcome of an instance id, unless a newer one has been set: a repeat may come late.</summary>
    private async Task SetLatestAsync(RescanOutcome outcome, CancellationToken cancellationToken)
    {
        TableEntity row = Fill(new TableEntity(Latest, outcome.Id), outcome with { Log = [] });
        while (!await TryAddAsync(row, cancellationToken).ConfigureAwait(false))
        {
            NullableResponse<TableEntity> held = await table.GetEntityIfExistsAsync<TableEntity>(Latest, outcome.Id, cancellationToken: cancellationToken).ConfigureAwait(false);
            if (!held.HasValue)
            {
                continue;
            }

            if (held.Value!.GetDateTimeOffset("FinishedAt") > outcome.FinishedAt)
            {
                return;
            }

            try
            {
                await table.UpdateEntityAsync(row, held.Value.ETag, TableUpdateMode.Replace, cancellationToken).ConfigureAwait(false);
                return;
            }
            catch (RequestFailedException e) when (e.Status is 404 or 412)
            {
                // Somebody else set it since we looked.
            }
        }
    }

    private async Task EnsureAsync(CancellationToken cancellationToken)
    {
        if (created)
        {
            return;
        }

        await creating.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (!created)
            {
                await PrepareAsync(cancellationToken).ConfigureAwait(false);
                created = true;
            }
        }
        finally
        {
            creating.Release();
        }
    }
}
