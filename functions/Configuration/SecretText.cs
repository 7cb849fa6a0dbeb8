using System.Diagnostics.CodeAnalysis;

namespace Rescan.Functions.Configuration;

/// <summary>
/// Every secret passes here as it enters the app, from the vault or from a setting, which may hold what the platform read from a vault:
/// one that was set from a file or typed ends in a line break that is no part of it.
/// </summary>
internal static class SecretText
{
    [return: NotNullIfNotNull(nameof(text))]
    public static string? Of(string? text) => text?.TrimEnd('\r', '\n');

    /// <summary>Reads those that stand in settings.</summary>
    public static void ReadAll(RescanOptions options)
    {
        foreach (ApplianceOptions appliance in options.Appliances)
        {
            appliance.Password = Of(appliance.Password);
        }

        foreach (ChannelOptions channel in options.Notifications.Channels)
        {
            (channel.Url, channel.Secret) = (Of(channel.Url), Of(channel.Secret));
        }
    }
}
