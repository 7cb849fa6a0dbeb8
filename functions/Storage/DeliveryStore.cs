namespace Rescan.Functions.Storage;

/// <summary>Keeps which channels have been notified of what.</summary>
/// <param name="table">Where it is kept.</param>
public sealed class DeliveryStore(ITable table)
{
    private const string Partition = "deliveries";

    /// <summary>Whether a channel is known to have been notified of a request.</summary>
    public async Task<bool> IsDeliveredAsync(string requestId, string channel, CancellationToken cancellationToken) =>
        await table.GetAsync(Partition, KeyOf(requestId, channel), cancellationToken) is not null;

    /// <summary>Records that a channel has been notified of a request, once per request and channel; a repeat changes nothing.</summary>
    /// <returns>Whether this call recorded it.</returns>
    public Task<bool> TryRecordDeliveryAsync(string requestId, string channel, DateTimeOffset at, CancellationToken cancellationToken) =>
        table.TryWriteAsync(Partition, [TableChange.Insert(KeyOf(requestId, channel), StoredJson.Write(new Delivery(at)))], cancellationToken);

    /// <summary>Removes deliveries made before a time.</summary>
    internal Task PruneAsync(DateTimeOffset before, CancellationToken cancellationToken) =>
        table.DeleteAsync(Partition, KeyRange.All, row => StoredJson.Read<Delivery>(row).At < before, cancellationToken);

    private static string KeyOf(string requestId, string channel) => TableKey.Of(requestId, channel.ToLowerInvariant());

    private sealed record Delivery(DateTimeOffset At);
}
