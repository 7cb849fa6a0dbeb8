using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Azure;
using Azure.Data.Tables;
using Azure.Data.Tables.Models;
using Azure.Identity;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;

namespace Rescan.Local.Runtime.Storage;

/// <summary>
/// The task hub in Azure Storage: a table in which an instance is a partition, so that a turn is one transaction, and a
/// blob whose lease is the ownership. What a turn sends to other instances waits in its own partition until it is there.
/// </summary>
public sealed partial class AzureStore : StateStore
{
    /// <summary>The schema this build reads and writes.</summary>
    internal const int SchemaVersion = 1;

    private const int MaxTransaction = 100;
    private const int MaxKept = 40;
    private const string SettingsPartition = "~";

    // More would only wait on their way, run out of their time there, and keep the lease from being renewed.
    private const int MaxCommitsAtOnce = 64;

    private static readonly ParallelOptions SixteenAtOnce = new() { MaxDegreeOfParallelism = 16 };

    private readonly AzureAccount account;
    private readonly AzureLease? lease;
    private readonly TableClient table;
    private readonly BlobContainerClient blobs;
    private readonly AzureRows rows;
    private readonly string name;
    private readonly SemaphoreSlim commits = new(MaxCommitsAtOnce);
    private readonly ConcurrentDictionary<string, Known> known = new(StringComparer.Ordinal);

    private AzureStore(AzureAccount account, AzureLease? lease, TableClient table, BlobContainerClient blobs, string name)
    {
        this.account = account;
        this.lease = lease;
        this.table = table;
        this.blobs = blobs;
        this.name = name;
        rows = new AzureRows(blobs);
        account.RequireOwnership = lease is null ? () => throw new InvalidOperationException("The task hub was opened to be read only.") : lease.Require;
        lease?.Keep(reason => Fail(reason));
    }

    /// <summary>Requests sent to the account so far, retries and lease renewals included.</summary>
    public long Requests => account.Requests;

    /// <summary>Opens a task hub, made when absent, and takes ownership of it.</summary>
    /// <param name="storage"><c>UseDevelopmentStorage=true</c>, a connection string, or the account's address for use with a Microsoft Entra identity.</param>
    /// <param name="hub">The hub's name: 3 to 40 letters and digits, a letter first.</param>
    /// <param name="standBy">Whether to wait while another process owns it.</param>
    /// <param name="time">The clock that the lease goes by.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <param name="onStandBy">Told once when it has to wait.</param>
    /// <exception cref="StateStoreInUseException">Another process owns it.</exception>
    /// <exception cref="StateStoreException">It is from a newer version, its table is missing, or the account cannot be reached.</exception>
    public static async Task<AzureStore> OpenAsync(string storage, string hub, bool standBy, TimeProvider time, CancellationToken cancellationToken, Action? onStandBy = null)
    {
        RequireName(hub);
        AzureAccount account = new(storage);
        string name = $"'{hub}' in {account.Name}";
        AzureLease? lease = null;
        try
        {
            string container = ContainerOf(hub);
            lease = await AzureLease.AcquireAsync(account.LeaseBlobs.GetBlobContainerClient(container), name, standBy, onStandBy, time, cancellationToken).ConfigureAwait(false);
            TableClient table = account.Tables.GetTableClient(hub + "State");
            int schema = await lease.GetSchemaAsync(cancellationToken).ConfigureAwait(false);
            if (schema > SchemaVersion)
            {
                throw new StateStoreException(
                    $"The task hub {name} was written by a newer version of Rescan (schema {schema}, this one reads {SchemaVersion}). Use that version, or another hub.");
            }

            if (schema == 0)
            {
                await table.CreateIfNotExistsAsync(cancellationToken).ConfigureAwait(false);
            }

            await lease.SignAsync(SchemaVersion, cancellationToken).ConfigureAwait(false);

            return new AzureStore(account, lease, table, account.Blobs.GetBlobContainerClient(container), name);
        }
        catch (Exception e)
        {
            if (lease is not null)
            {
                await lease.DisposeAsync().ConfigureAwait(false);
            }

            if (Explain(e, name) is { } reason)
            {
                throw reason;
            }

            throw;
        }
    }

    /// <summary>The address of an account's tables, from that of any of its services.</summary>
    /// <param name="account">Such as https://name.blob.core.windows.net.</param>
    public static Uri TablesOf(Uri account) => AzureAccount.Of(account, "table");

    /// <summary>Opens a task hub to be read only, whoever owns it; null when there is none.</summary>
    /// <exception cref="StateStoreException">The account cannot be reached.</exception>
    internal static async Task<AzureStore?> OpenToReadAsync(string storage, string hub, CancellationToken cancellationToken)
    {
        RequireName(hub);
        AzureAccount account = new(storage);
        string name = $"'{hub}' in {account.Name}";
        try
        {
            TableClient table = account.Tables.GetTableClient(hub + "State");
            await foreach (TableItem found in account.Tables.QueryAsync(t => t.Name == table.Name, cancellationToken: cancellationToken).ConfigureAwait(false))
            {
                return new AzureStore(account, null, table, account.Blobs.GetBlobContainerClient(ContainerOf(hub)), name);
            }

            return null;
        }
        catch (Exception e) when (Explain(e, name) is { } reason)
        {
            throw reason;
        }
    }

    /// <inheritdoc/>
    public override ValueTask DisposeAsync() => lease?.DisposeAsync() ?? ValueTask.CompletedTask;

    internal override Task<List<InstanceState>> LoadAsync(CancellationToken cancellationToken) => Explained(async () =>
    {
        (Dictionary<string, TableEntity> instances, List<TableEntity> messages, List<TableEntity> outboxes) = await LoadRowsAsync(cancellationToken).ConfigureAwait(false);
        if (outboxes.Count > 0)
        {
            foreach (TableEntity row in outboxes)
            {
                await SendAsync(JsonSerializer.Deserialize(await rows.ReadAsync(row, "Outbox", cancellationToken).ConfigureAwait(false), StateJson.Default.Outbox)!).ConfigureAwait(false);
                await table.DeleteEntityAsync(row.PartitionKey, row.RowKey, ETag.All, cancellationToken).ConfigureAwait(false);
            }

            (instances, messages, _) = await LoadRowsAsync(cancellationToken).ConfigureAwait(false);
        }

        ILookup<string, TableEntity> byPartition = messages.ToLookup(m => m.PartitionKey, StringComparer.Ordinal);
        foreach (IGrouping<string, TableEntity> lost in byPartition.Where(g => !instances.ContainsKey(g.Key)))
        {
            await DeleteAsync(lost.Key, lost.Select(m => m.RowKey)).ConfigureAwait(false);
        }

        List<InstanceState> states = [];
        foreach (TableEntity row in instances.Values)
        {
            states.Add(await ToStateAsync(row, byPartition[row.PartitionKey], cancellationToken).ConfigureAwait(false));
        }

        return states;
    });

    internal override async Task CommitAsync(Change change)
    {
        await commits.WaitAsync().ConfigureAwait(false);
        try
        {
            await Explained(() => WriteAsync(change)).ConfigureAwait(false);
        }
        finally
        {
            commits.Release();
        }
    }

    internal override Task<InstanceRecord?> GetAsync(string id, CancellationToken cancellationToken) => Explained(async () =>
    {
        NullableResponse<TableEntity> row = await table.GetEntityIfExistsAsync<TableEntity>(
            AzureRows.Encode(id), AzureRows.Instance, cancellationToken: cancellationToken).ConfigureAwait(false);
        return row.HasValue ? await ToInstanceAsync(row.Value!, cancellationToken).ConfigureAwait(false) : null;
    });

    internal override Task<InstanceState?> ReadAsync(string id, CancellationToken cancellationToken) => Explained(async () =>
    {
        string partition = AzureRows.Encode(id);
        List<TableEntity> all = await QueryAsync(TableClient.CreateQueryFilter($"PartitionKey eq {partition}"), cancellationToken).ConfigureAwait(false);
        if (all.Find(r => r.RowKey == AzureRows.Instance) is not { } main)
        {
            return null;
        }

        InstanceState state = await ToStateAsync(
            main, all.Where(r => r.RowKey.StartsWith(AzureRows.MessagePrefix, StringComparison.Ordinal)), cancellationToken).ConfigureAwait(false);
        List<HistoryEvent> history = [];
        string prefix = AzureRows.HistoryOf(state.Instance.Execution);
        foreach (TableEntity row in all.Where(r => r.RowKey.StartsWith(prefix, StringComparison.Ordinal)).OrderBy(r => r.RowKey, StringComparer.Ordinal))
        {
            string text = await rows.ReadAsync(row, "Events", cancellationToken).ConfigureAwait(false);
            history.AddRange(JsonSerializer.Deserialize(text, StateJson.Default.ListHistoryEvent)!);
        }

        return state with { History = history };
    });

    internal override Task<(List<InstanceRecord> Page, string? Next)> ListAsync(
        InstanceFilter filter, int size, string? token, CancellationToken cancellationToken) => Explained(async () =>
    {
        string query = $"RowKey eq '{AzureRows.Instance}'";
        if (filter.CreatedFrom is { } from)
        {
            query += " and " + TableClient.CreateQueryFilter($"CreatedAt ge {new DateTimeOffset(from)}");
        }

        if (filter.CreatedTo is { } to)
        {
            query += " and " + TableClient.CreateQueryFilter($"CreatedAt le {new DateTimeOffset(to)}");
        }

        if (filter.IdPrefix is { Length: > 0 } prefix)
        {
            query += " and " + TableClient.CreateQueryFilter($"PartitionKey ge {AzureRows.Encode(prefix)}");
        }

        List<InstanceRecord> page = [];
        await foreach (Page<TableEntity> got in table.QueryAsync<TableEntity>(query, Math.Clamp(size, 1, 1000), cancellationToken: cancellationToken)
            .AsPages(token).ConfigureAwait(false))
        {
            foreach (TableEntity row in got.Values)
            {
                InstanceRecord instance = await ToInstanceAsync(row, cancellationToken).ConfigureAwait(false);
                if (filter.Matches(instance))
                {
                    page.Add(instance);
                }
            }

            return (page, string.IsNullOrEmpty(got.ContinuationToken) ? null : got.ContinuationToken);
        }

        return (page, null);
    });

    internal override Task PurgeAsync(string id) => Explained(async () =>
    {
        string partition = AzureRows.Encode(id);
        List<string> keys = [];
        await foreach (TableEntity row in table.QueryAsync<TableEntity>(
            TableClient.CreateQueryFilter($"PartitionKey eq {partition}"), select: ["RowKey"]).ConfigureAwait(false))
        {
            keys.Add(row.RowKey);
        }

        // The instance's own row goes last, so that a purge cut off halfway can be asked for again.
        await DeleteAsync(partition, keys.OrderBy(k => k == AzureRows.Instance)).ConfigureAwait(false);
        await DeleteBlobsAsync(AzureRows.BlobFolder(partition)).ConfigureAwait(false);
        known.TryRemove(id, out _);
    });

    internal override Task PutAsync(InstanceState state) => Explained(async () =>
    {
        InstanceRecord instance = state.Instance;
        string partition = AzureRows.Encode(instance.Id);
        Known after = new() { Execution = instance.Execution, Turns = instance.Turns, Messages = new(state.Messages.Select(m => m.Key)) };
        int turn = 0;
        foreach (List<HistoryEvent> events in TurnsOf(state.History))
        {
            TableEntity row = new(partition, AzureRows.History(instance.Execution, turn++));
            after.HasBlobs |= await rows.WriteAsync(
                row, "Events", JsonSerializer.Serialize(events, StateJson.Default.ListHistoryEvent), instance.Execution, new()).ConfigureAwait(false);
            await table.UpsertEntityAsync(row, TableUpdateMode.Replace).ConfigureAwait(false);
        }

        foreach (Message message in state.Messages)
        {
            await table.UpsertEntityAsync(await ToRowAsync(partition, message, instance.Execution, new()).ConfigureAwait(false), TableUpdateMode.Replace).ConfigureAwait(false);
        }

        await table.UpsertEntityAsync(await ToRowAsync(instance, after, new()).ConfigureAwait(false), TableUpdateMode.Replace).ConfigureAwait(false);
    });

    internal override Task<string?> GetValueAsync(string key, CancellationToken cancellationToken) => Explained(async () =>
    {
        NullableResponse<TableEntity> row = await table.GetEntityIfExistsAsync<TableEntity>(
            SettingsPartition, "s|" + key, cancellationToken: cancellationToken).ConfigureAwait(false);
        return row.HasValue ? row.Value!.GetString("Value") : null;
    });

    internal override Task SetValueAsync(string key, string value) => Explained(
        () => table.UpsertEntityAsync(new TableEntity(SettingsPartition, "s|" + key) { ["Value"] = value }, TableUpdateMode.Replace));

    private static void RequireName(string hub)
    {
        if (!HubName().IsMatch(hub))
        {
            throw new StateStoreException($"The task hub's name '{hub}' must be 3 to 40 letters and digits, a letter first.");
        }
    }

#pragma warning disable CA1308 // Containers are named in lower case.
    private static string ContainerOf(string hub) => hub.ToLowerInvariant() + "-hub";
#pragma warning restore CA1308

    [GeneratedRegex("^[A-Za-z][A-Za-z0-9]{2,39}$")]
    private static partial Regex HubName();

    private static TableTransactionAction Delete(string partition, string row) =>
        new(TableTransactionActionType.Delete, new TableEntity(partition, row), ETag.All);

    /// <summary>Rows that a change leaves without a purpose.</summary>
    private static List<string> Obsolete(Change change, Known? before)
    {
        List<string> obsolete = [];
        if (before is not null && change.ClearHistory)
        {
            obsolete.AddRange(Enumerable.Range(0, before.Turns).Select(t => AzureRows.History(before.Execution, t)));
        }

        if (before is not null && change.Instance.IsTerminal)
        {
            obsolete.AddRange(before.Messages.All().Except(change.Consumed).Select(AzureRows.Message));
        }

        return obsolete;
    }

    private static StateStoreException? Explain(Exception e, string name) => e switch
    {
        StateStoreException known => known,
        RequestFailedException { ErrorCode: "TableNotFound" or "ContainerNotFound" } => new StateStoreException(
            $"The task hub {name} has lost its table or container, but was in use before. Put them back, or use another hub.", e),
        RequestFailedException { Status: 401 or 403 } => new StateStoreException(
            $"The task hub {name} may not be used by this identity ({((RequestFailedException)e).ErrorCode}). It needs Storage Blob Data Contributor and Storage Table Data Contributor, or the account's key.", e),
        RequestFailedException failed => new StateStoreException($"The task hub {name} cannot be used: {failed.Status} {failed.ErrorCode}.", e),
        AuthenticationFailedException => new StateStoreException($"The task hub {name} cannot be used: no identity could sign in.", e),
        AggregateException { InnerExceptions: [.., RequestFailedException or TaskCanceledException] } or TaskCanceledException { CancellationToken.IsCancellationRequested: false } =>
            new StateStoreException($"The task hub {name} cannot be reached: {(e as AggregateException)?.InnerExceptions[^1].Message ?? e.Message}", e),
        JsonException or FormatException => new StateStoreException($"The task hub {name} is damaged: {e.Message}", e),
        _ => null,
    };

    private async Task WriteAsync(Change change)
    {
        InstanceRecord instance = change.Instance;
        string partition = AzureRows.Encode(instance.Id);
        Known? before = change.Create ? null : known.GetValueOrDefault(instance.Id) ?? await KnowAsync(instance.Id).ConfigureAwait(false);
        Known after = new() { Execution = instance.Execution, Turns = instance.Turns, Messages = before?.Messages ?? new([]), HasBlobs = before?.HasBlobs ?? false };
        AzureRows.Room room = new();

        List<TableTransactionAction> actions = [];
        foreach (long key in change.Consumed)
        {
            actions.Add(Delete(partition, AzureRows.Message(key)));
        }

        if (change.History.Count > 0)
        {
            TableEntity row = new(partition, AzureRows.History(instance.Execution, instance.Turns - 1));
            after.HasBlobs |= await rows.WriteAsync(
                row, "Events", JsonSerializer.Serialize(change.History, StateJson.Default.ListHistoryEvent), instance.Execution, room).ConfigureAwait(false);
            actions.Add(new TableTransactionAction(TableTransactionActionType.UpsertReplace, row));
        }

        foreach (Message kept in change.Kept.Take(MaxKept))
        {
            actions.Add(new TableTransactionAction(
                TableTransactionActionType.UpsertReplace, await ToRowAsync(partition, kept, instance.Execution, room).ConfigureAwait(false)));
        }

        // More than fit into the transaction go the way of letters.
        Outbox outbox = new([.. change.Letters, .. change.Kept.Skip(MaxKept).Select(m => new Letter(instance.Id, m))], change.Children);
        string? sending = null;
        if (outbox.Letters.Count + outbox.Children.Count > 0)
        {
            TableEntity row = new(partition, sending = AzureRows.Outbox(instance.Execution, instance.Turns));
            after.HasBlobs |= await rows.WriteAsync(row, "Outbox", JsonSerializer.Serialize(outbox, StateJson.Default.Outbox), instance.Execution, room).ConfigureAwait(false);
            actions.Add(new TableTransactionAction(TableTransactionActionType.UpsertReplace, row));
        }

        List<string> obsolete = Obsolete(change, before);
        int now = Math.Min(obsolete.Count, MaxTransaction - 1 - actions.Count);
        actions.AddRange(obsolete.Take(now).Select(r => Delete(partition, r)));

        TableEntity main = await ToRowAsync(instance, after, room).ConfigureAwait(false);
        await SubmitAsync(main, actions, before, after).ConfigureAwait(false);
        after.Messages.Remove(change.Consumed);
        change.Kept.Take(MaxKept).ToList().ForEach(m => after.Messages.Add(m.Key));
        if (sending is not null)
        {
            await SendAsync(outbox).ConfigureAwait(false);
            await table.DeleteEntityAsync(partition, sending, ETag.All).ConfigureAwait(false);
        }

        await DeleteAsync(partition, obsolete.Skip(now)).ConfigureAwait(false);
        if (change.ClearHistory && before is { HasBlobs: true })
        {
            await DeleteBlobsAsync(AzureRows.BlobFolder(partition, before.Execution)).ConfigureAwait(false);
        }

        if (instance.IsTerminal)
        {
            known.TryRemove(instance.Id, out _);
        }
    }

    private async Task<T> Explained<T>(Func<Task<T>> action)
    {
        try
        {
            return await action().ConfigureAwait(false);
        }
        catch (Exception e) when (Explain(e, name) is { } reason)
        {
            throw Fail(reason);
        }
    }

    private Task Explained(Func<Task> action) => Explained(async () =>
    {
        await action().ConfigureAwait(false);
        return true;
    });

    private async Task<List<TableEntity>> QueryAsync(string filter, CancellationToken cancellationToken)
    {
        List<TableEntity> all = [];
        await foreach (TableEntity row in table.QueryAsync<TableEntity>(filter, cancellationToken: cancellationToken).ConfigureAwait(false))
        {
            all.Add(row);
        }

        return all;
    }

    private async Task<(Dictionary<string, TableEntity> Instances, List<TableEntity> Messages, List<TableEntity> Outboxes)> LoadRowsAsync(CancellationToken cancellationToken)
    {
        Dictionary<string, TableEntity> instances = new(StringComparer.Ordinal);
        List<TableEntity> messages = [];
        List<TableEntity> outboxes = [];
        string filter = $"(RowKey eq '{AzureRows.Instance}' and Live eq true) or (RowKey ge '{AzureRows.MessagePrefix}' and RowKey lt '{AzureRows.AfterOutbox}')";
        foreach (TableEntity row in await QueryAsync(filter, cancellationToken).ConfigureAwait(false))
        {
            if (row.RowKey == AzureRows.Instance)
            {
                instances[row.PartitionKey] = row;
            }
            else
            {
                (row.RowKey.StartsWith(AzureRows.OutboxPrefix, StringComparison.Ordinal) ? outboxes : messages).Add(row);
            }
        }

        return (instances, messages, outboxes);
    }

    /// <summary>Commits the row of an instance with all that goes with it, if the instance is as known before.</summary>
    private async Task SubmitAsync(TableEntity main, List<TableTransactionAction> with, Known? before, Known after)
    {
        TableTransactionAction first = before is null
            ? new(TableTransactionActionType.Add, main)
            : new(TableTransactionActionType.UpdateReplace, main, before.ETag);
        try
        {
            Response<IReadOnlyList<Response>> answer = await table.SubmitTransactionAsync([first, .. with]).ConfigureAwait(false);
            after.ETag = answer.Value[0].Headers.ETag!.Value;
        }
        catch (RequestFailedException e) when (e.Status is 404 or 409 or 412 && e.ErrorCode != "TableNotFound")
        {
            // Either our own try before this one took effect though its answer was lost, or the row is not what we knew.
            NullableResponse<TableEntity> found = await table.GetEntityIfExistsAsync<TableEntity>(main.PartitionKey, main.RowKey).ConfigureAwait(false);
            if (found.HasValue && found.Value!.GetString("Commit") == main.GetString("Commit"))
            {
                after.ETag = found.Value.ETag;
            }
            else if (before is null && found.HasValue && found.Value!.GetBoolean("Live") == false)
            {
                // An ended instance had the id. Its rows belong to another execution, so they may go later.
                await SubmitAsync(main, with, new Known { ETag = found.Value.ETag, Messages = new([]) }, after).ConfigureAwait(false);
                await ForgetAsync(main, after, with).ConfigureAwait(false);
            }
            else if (found.HasValue)
            {
                throw new StateConflictException($"the stored row of instance '{main.PartitionKey}' was changed by another process");
            }
            else
            {
                throw new StateStoreException($"The row of instance '{main.PartitionKey}' in the task hub {name} is gone.", e);
            }
        }

        known[main.GetString("Id")] = after;
    }

    /// <summary>Removes what an ended instance of the same id left.</summary>
    private async Task ForgetAsync(TableEntity main, Known after, List<TableTransactionAction> with)
    {
        HashSet<string> ours = [main.RowKey, .. with.Select(a => a.Entity.RowKey)];
        List<TableEntity> all = await QueryAsync(TableClient.CreateQueryFilter($"PartitionKey eq {main.PartitionKey}"), CancellationToken.None).ConfigureAwait(false);
        await DeleteAsync(main.PartitionKey, all.Select(r => r.RowKey).Where(r => !ours.Contains(r))).ConfigureAwait(false);
        foreach (TableEntity row in all.Where(r => r.Keys.Any(k => k.EndsWith("Blob", StringComparison.Ordinal)) && !ours.Contains(r.RowKey)))
        {
            foreach (string blob in row.Where(p => p.Key.EndsWith("Blob", StringComparison.Ordinal)).Select(p => (string)p.Value))
            {
                await blobs.DeleteBlobIfExistsAsync(blob).ConfigureAwait(false);
            }
        }
    }

    private async Task<Known> KnowAsync(string id)
    {
        await ReadAsync(id, CancellationToken.None).ConfigureAwait(false);
        return known.GetValueOrDefault(id) ?? throw new StateConflictException($"instance '{id}' has ended in the store");
    }

    /// <summary>Brings letters and sub-orchestrations to their partitions; may be done again.</summary>
    private async Task SendAsync(Outbox outbox)
    {
        await Parallel.ForEachAsync(outbox.Children, SixteenAtOnce, async (child, _) =>
        {
            Known after = new() { Execution = child.Execution, Turns = 0, Messages = new([]) };
            TableEntity row = await ToRowAsync(child, after, new()).ConfigureAwait(false);
            row["Commit"] = child.Execution.ToString("x16", CultureInfo.InvariantCulture);
            try
            {
                await SubmitAsync(row, [], null, after).ConfigureAwait(false);
            }
            catch (StateConflictException)
            {
                // It is there, and has gone on since.
            }
        }).ConfigureAwait(false);
        await Parallel.ForEachAsync(outbox.Letters, SixteenAtOnce, async (letter, cancellation) =>
        {
            TableEntity row = await ToRowAsync(AzureRows.Encode(letter.To), letter.Message, letter.Message.Execution ?? 0, new()).ConfigureAwait(false);
            await table.UpsertEntityAsync(row, TableUpdateMode.Replace, cancellation).ConfigureAwait(false);
            if (known.TryGetValue(letter.To, out Known? target))
            {
                target.Messages.Add(letter.Message.Key);
            }
        }).ConfigureAwait(false);
    }

    private async Task DeleteAsync(string partition, IEnumerable<string> keys)
    {
        foreach (string[] chunk in keys.Chunk(MaxTransaction))
        {
            try
            {
                await table.SubmitTransactionAsync(chunk.Select(k => Delete(partition, k))).ConfigureAwait(false);
            }
            catch (RequestFailedException e) when (e.Status == 404 && e.ErrorCode != "TableNotFound")
            {
                // One of them is gone already, which spoils the transaction: one by one, then.
                foreach (string key in chunk)
                {
                    await table.DeleteEntityAsync(partition, key, ETag.All).ConfigureAwait(false);
                }
            }
        }
    }

    private async Task DeleteBlobsAsync(string folder)
    {
        await foreach (BlobItem blob in blobs.GetBlobsAsync(BlobTraits.None, BlobStates.None, folder, CancellationToken.None).ConfigureAwait(false))
        {
            await blobs.DeleteBlobIfExistsAsync(blob.Name).ConfigureAwait(false);
        }
    }

    private async Task<TableEntity> ToRowAsync(InstanceRecord instance, Known after, AzureRows.Room room)
    {
        TableEntity row = new(AzureRows.Encode(instance.Id), AzureRows.Instance)
        {
            ["Id"] = instance.Id,
            ["Name"] = instance.Name,
            ["Status"] = instance.Status.ToString(),
            ["Live"] = !instance.IsTerminal,
            ["Execution"] = instance.Execution,
            ["CreatedAt"] = new DateTimeOffset(instance.CreatedAt, TimeSpan.Zero),
            ["UpdatedAt"] = new DateTimeOffset(instance.UpdatedAt, TimeSpan.Zero),
            ["Commit"] = Guid.NewGuid().ToString("N"),
        };
        after.HasBlobs |= await rows.WriteAsync(row, "Record", JsonSerializer.Serialize(instance, StateJson.Default.InstanceRecord), instance.Execution, room).ConfigureAwait(false);
        row["HasBlobs"] = after.HasBlobs;
        return row;
    }

    private async Task<TableEntity> ToRowAsync(string partition, Message message, long execution, AzureRows.Room room)
    {
        TableEntity row = new(partition, AzureRows.Message(message.Key));
        await rows.WriteAsync(row, "Message", JsonSerializer.Serialize(message, StateJson.Default.Message), execution, room).ConfigureAwait(false);
        return row;
    }

    private async Task<InstanceRecord> ToInstanceAsync(TableEntity row, CancellationToken cancellationToken) =>
        JsonSerializer.Deserialize(await rows.ReadAsync(row, "Record", cancellationToken).ConfigureAwait(false), StateJson.Default.InstanceRecord)!;

    private async Task<InstanceState> ToStateAsync(TableEntity main, IEnumerable<TableEntity> messageRows, CancellationToken cancellationToken)
    {
        InstanceRecord instance = await ToInstanceAsync(main, cancellationToken).ConfigureAwait(false);
        List<Message> messages = [];
        foreach (TableEntity row in messageRows.OrderBy(m => m.RowKey, StringComparer.Ordinal))
        {
            messages.Add(JsonSerializer.Deserialize(await rows.ReadAsync(row, "Message", cancellationToken).ConfigureAwait(false), StateJson.Default.Message)!);
        }

        if (!instance.IsTerminal)
        {
            known[instance.Id] = new Known
            {
                ETag = main.ETag,
                Execution = instance.Execution,
                Turns = instance.Turns,
                Messages = new(messages.Select(m => m.Key)),
                HasBlobs = main.GetBoolean("HasBlobs") ?? false,
            };
        }

        return new InstanceState(instance, messages);
    }

    /// <summary>What is known of a partition whose instance has not ended.</summary>
    private sealed class Known
    {
        public ETag ETag { get; set; }

        public long Execution { get; init; }

        public int Turns { get; init; }

        public required MessageKeys Messages { get; init; }

        public bool HasBlobs { get; set; }
    }

    /// <summary>The keys of the messages in a partition; others add to them while its instance is at work.</summary>
    private sealed class MessageKeys(IEnumerable<long> keys)
    {
        private readonly HashSet<long> keys = [.. keys];

        public void Add(long key)
        {
            lock (keys)
            {
                keys.Add(key);
            }
        }

        public void Remove(IEnumerable<long> gone)
        {
            lock (keys)
            {
                keys.ExceptWith(gone);
            }
        }

        public List<long> All()
        {
            lock (keys)
            {
                return [.. keys];
            }
        }
    }
}
