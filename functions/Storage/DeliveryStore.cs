namespace Rescan.Functions.Storage;

/// <summary>A problem that a channel has been told of, and not yet that it is over.</summary>
/// <param name="Id">The appliance's name, with a slash and the repository's id where it is about one.</param>
/// <param name="Appliance">The appliance's configured name; empty when it is about none.</param>
/// <param name="Repository">The repository; null when it is about a whole appliance.</param>
/// <param name="Since">When it was first met, UTC.</param>
/// <param name="ToldAt">When the channel was told, UTC.</param>
public sealed record ToldProblem(string Id, string Appliance, RepositoryRef? Repository, DateTimeOffset Since, DateTimeOffset ToldAt);

/// <summary>Keeps which channels have been notified of what, and which problems they know of.</summary>
/// <param name="table">Where it is kept.</param>
public sealed class DeliveryStore(ITable table)
{
    private const string Partition = "deliveries";
    private const string Made = "delivery";
    private const string Problem = "problem";

    /// <summary>Whether a channel is known to have been notified of a request.</summary>
    public async Task<bool> IsDeliveredAsync(string requestId, string channel, CancellationToken cancellationToken) =>
        await table.GetAsync(Partition, KeyOf(requestId, channel), cancellationToken) is not null;

    /// <summary>The problems that a channel has been told of and not yet that they are over.</summary>
    public async Task<IReadOnlyList<ToldProblem>> GetProblemsAsync(string channel, CancellationToken cancellationToken)
    {
        List<ToldProblem> told = [];
        await foreach (TableRow row in table.QueryAsync(
            Partition, KeyRange.Of(Problem, channel.ToLowerInvariant()), int.MaxValue, cancellationToken))
        {
            told.Add(StoredJson.Read<ToldProblem>(row));
        }

        return told;
    }

    /// <summary>Records that a channel has been notified of a request, once per request and channel; a repeat changes nothing.</summary>
    /// <returns>Whether this call recorded it.</returns>
    public Task<bool> TryRecordDeliveryAsync(string requestId, string channel, DateTimeOffset at, CancellationToken cancellationToken) =>
        TryRecordDeliveryAsync(requestId, channel, at, [], [], cancellationToken);

    /// <summary>
    /// Records a delivery with the problems that it told, by one transaction. Where they are too many for one, the delivery is in the last,
    /// so that
    /// a repeat after a crash tells only what is left.
    /// </summary>
    /// <param name="requestId">What was told.</param>
    /// <param name="channel">Whom.</param>
    /// <param name="at">When, UTC.</param>
    /// <param name="begun">Problems that the channel knows of now.</param>
    /// <param name="over">Problems that it knows to be over.</param>
    /// <param name="cancellationToken">Ends the write.</param>
    /// <returns>Whether this call recorded the delivery.</returns>
    public async Task<bool> TryRecordDeliveryAsync(
        string requestId, string channel, DateTimeOffset at, IReadOnlyList<ToldProblem> begun, IReadOnlyList<ToldProblem> over,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(begun);
        ArgumentNullException.ThrowIfNull(over);
        while (true)
        {
            TableChange[][] parts = [.. (await ChangesOfAsync(channel, begun, over, cancellationToken)).Chunk(TableLimits.Changes - 1)];
            bool written = true;
            foreach (TableChange[] part in parts.SkipLast(1))
            {
                written = written && await table.TryWriteAsync(Partition, part, cancellationToken);
            }

            TableChange delivery = TableChange.Insert(KeyOf(requestId, channel), StoredJson.Write(new Delivery(at)));
            if (written && await table.TryWriteAsync(Partition, [.. parts.LastOrDefault() ?? [], delivery], cancellationToken))
            {
                return true;
            }

            if (await IsDeliveredAsync(requestId, channel, cancellationToken))
            {
                return false;
            }
        }
    }

    /// <summary>Records one problem as told, or as over, before the delivery that it belongs to is complete.</summary>
    public async Task RecordProblemAsync(string channel, ToldProblem problem, bool isOver, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(problem);
        await table.TryWriteAsync(
            Partition, [isOver ? TableChange.Delete(KeyOf(channel, problem)) : TableChange.Put(
                KeyOf(channel, problem), StoredJson.Write(problem))], cancellationToken);
    }

    /// <summary>Removes deliveries and problems that were told before a time. One that still lasts is told anew.</summary>
    internal async Task PruneAsync(DateTimeOffset before, CancellationToken cancellationToken)
    {
        await table.DeleteAsync(Partition, KeyRange.Of(Made), row => StoredJson.Read<Delivery>(row).At < before, cancellationToken);
        await table.DeleteAsync(
            Partition, KeyRange.Of(Problem), row => StoredJson.Read<ToldProblem>(row).ToldAt < before, cancellationToken);
    }

    private static string KeyOf(string requestId, string channel) => TableKey.Of(Made, requestId, channel.ToLowerInvariant());

    private static string KeyOf(string channel, ToldProblem problem) => TableKey.Of(Problem, channel.ToLowerInvariant(), problem.Id);

    private async Task<IReadOnlyList<TableChange>> ChangesOfAsync(
        string channel, IReadOnlyList<ToldProblem> begun, IReadOnlyList<ToldProblem> over, CancellationToken cancellationToken)
    {
        List<TableChange> changes = [.. begun.Select(p => TableChange.Put(KeyOf(channel, p), StoredJson.Write(p)))];
        foreach (ToldProblem problem in over)
        {
            if (await table.GetAsync(Partition, KeyOf(channel, problem), cancellationToken) is { } row)
            {
                changes.Add(TableChange.Delete(row));
            }
        }

        return changes;
    }

    private sealed record Delivery(DateTimeOffset At);
}
