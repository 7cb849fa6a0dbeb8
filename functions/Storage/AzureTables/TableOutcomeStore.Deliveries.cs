using Azure.Data.Tables;

namespace Rescan.Functions.Storage.AzureTables;

/// <content>Who has been told of what.</content>
internal sealed partial class TableOutcomeStore
{
    private const string Deliveries = "delivery";

    /// <inheritdoc/>
    public async Task<bool> IsDeliveredAsync(string requestId, string channel, CancellationToken cancellationToken)
    {
        await EnsureAsync(cancellationToken).ConfigureAwait(false);
        return (await table.GetEntityIfExistsAsync<TableEntity>(Deliveries, DeliveryKey(requestId, channel), cancellationToken: cancellationToken).ConfigureAwait(false)).HasValue;
    }

    /// <inheritdoc/>
    public Task<bool> TryRecordDeliveryAsync(string requestId, string channel, DateTimeOffset at, CancellationToken cancellationToken) =>
        TryAddAsync(new TableEntity(Deliveries, DeliveryKey(requestId, channel)) { ["At"] = at }, cancellationToken);

    private static string DeliveryKey(string requestId, string channel) => $"{requestId}_{channel.ToLowerInvariant()}";
}
