using Rescan.Functions.Configuration;

namespace Rescan.Functions.Notifications;

/// <summary>Reads a channel's address and secret, each time anew, so that a changed one is taken up.</summary>
/// <param name="vault">Where they are kept.</param>
internal sealed class ChannelSecrets(VaultSecrets vault)
{
    /// <summary>The channel's address.</summary>
    /// <param name="channel">The channel.</param>
    /// <param name="usual">What holds when none is set; null: one must be.</param>
    /// <param name="cancellationToken">Ends the read.</param>
    /// <exception cref="DeliveryFailedException">It is not an address that may be used.</exception>
    public async Task<Uri> AddressAsync(Channel channel, Uri? usual, CancellationToken cancellationToken)
    {
        string? address = await ReadAsync(channel.Options.Url, channel.Options.UrlSecret, cancellationToken);
        return address is null && usual is not null ? usual
            : ChannelAddress.TryParse(address ?? "", out Uri? url) ? url
            : throw new DeliveryFailedException(channel.Name, $"the secret '{channel.Options.UrlSecret}' is not an https address");
    }

    /// <summary>The channel's secret; null when it has none.</summary>
    public Task<string?> SecretAsync(Channel channel, CancellationToken cancellationToken) =>
        ReadAsync(channel.Options.Secret, channel.Options.SecretName, cancellationToken);

    private async Task<string?> ReadAsync(string? value, string? secret, CancellationToken cancellationToken) =>
        !string.IsNullOrWhiteSpace(secret) ? await vault.ReadAsync(secret, cancellationToken)
        : SecretText.IsUnresolved(value) ? throw new SecretUnavailableException(SecretText.Unresolved, isTransient: false)
        : string.IsNullOrWhiteSpace(value) ? null
        : value;
}
