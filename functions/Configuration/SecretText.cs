using System.Diagnostics.CodeAnalysis;

namespace Rescan.Functions.Configuration;

/// <summary>
/// Every secret passes here as it enters the app, from the vault or from a setting, which may hold what the platform read from a vault:
/// one that was set from a file or typed ends in a line break that is no part of it.
/// </summary>
public static class SecretText
{
    /// <summary>What a secret must not be, for messages.</summary>
    public const string Unresolved =
        "its Key Vault reference is not resolved. Set the secret that it names, and give the app's identity the role Key Vault Secrets "
            + "User; "
        + "the platform looks again within a day, or when the app restarts";

    private const string Reference = "@Microsoft.KeyVault(";

    /// <summary>
    /// Whether the platform has left a Key Vault reference in the place of the secret. Such a text is never sent, shown or compared as if
    /// it were one: an account can be locked by it, and anybody could know it.
    /// </summary>
    public static bool IsUnresolved([NotNullWhen(true)] string? text) =>
        text is not null && text.AsSpan().TrimStart().StartsWith(Reference, StringComparison.OrdinalIgnoreCase);

    /// <summary>A secret without the line break at its end.</summary>
    [return: NotNullIfNotNull(nameof(text))]
    public static string? Of(string? text) => text?.TrimEnd('\r', '\n');

    /// <summary>Reads those that stand in settings.</summary>
    internal static void ReadAll(RescanOptions options)
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

    /// <summary>Reads those of callers.</summary>
    internal static void ReadAll(ServeOptions options)
    {
        options.Key = Of(options.Key);
        foreach (KeyOptions key in options.Keys)
        {
            key.Key = Of(key.Key);
        }
    }
}
