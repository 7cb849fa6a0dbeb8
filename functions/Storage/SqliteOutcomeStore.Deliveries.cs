using System.Globalization;
using Microsoft.Data.Sqlite;

namespace Rescan.Functions.Storage;

/// <content>Who has been told of what.</content>
internal sealed partial class SqliteOutcomeStore
{
    /// <inheritdoc/>
    public async Task<bool> IsDeliveredAsync(string requestId, string channel, CancellationToken cancellationToken)
    {
        using SqliteConnection connection = Open();
        using SqliteCommand command = Command(connection, "SELECT 1 FROM deliveries WHERE request = $r AND channel = $c", ("$r", requestId), ("$c", channel));
        return await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false) is not null;
    }

    /// <inheritdoc/>
    public async Task<bool> TryRecordDeliveryAsync(string requestId, string channel, DateTimeOffset at, CancellationToken cancellationToken)
    {
        using Writer writer = await OpenToWriteAsync(cancellationToken).ConfigureAwait(false);
        SqliteConnection connection = writer.Connection;
        using SqliteCommand command = Command(
            connection,
            "INSERT INTO deliveries VALUES ($r, $c, $t) ON CONFLICT DO NOTHING",
            ("$r", requestId), ("$c", channel), ("$t", at.ToString("O", CultureInfo.InvariantCulture)));
        return await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false) == 1;
    }
}
