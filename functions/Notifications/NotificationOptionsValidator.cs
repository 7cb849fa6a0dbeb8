using System.Text.RegularExpressions;
using Microsoft.Extensions.Options;
using Rescan.Functions.Configuration;
using Rescan.Functions.StandardWebhooks;

namespace Rescan.Functions.Notifications;

/// <summary>Names every fault of the notifications' settings at once; neither an address nor a secret is ever repeated.</summary>
internal sealed partial class NotificationOptionsValidator : IValidateOptions<RescanOptions>
{
    public ValidateOptionsResult Validate(string? name, RescanOptions options)
    {
        List<string> faults = [];
        void Expect(bool holds, string key, string expected)
        {
            if (!holds)
            {
                faults.Add($"Rescan__{key}: {expected}");
            }
        }

        Expect(options.PublicUrl is null or { IsAbsoluteUri: true, Scheme: "https" or "http", UserInfo: "", Query: "", Fragment: "" }, "PublicUrl", "the address under which people reach the app, such as https://rescan.example, without user name, query and fragment");
        HashSet<string> names = new(StringComparer.OrdinalIgnoreCase);
        for (int i = 0; i < options.Notifications.Channels.Count; i++)
        {
            ChannelOptions channel = options.Notifications.Channels[i];
            if (channel.IsBlank)
            {
                continue;
            }

            string key = $"Notifications__Channels__{i}__";
            bool isWebhook = Is<ChannelKind>(channel.Kind, out ChannelKind kind) && kind == ChannelKind.Webhook;
            Expect(Is<ChannelKind>(channel.Kind, out _), key + "Kind", "webhook, slack or teams");
            Expect(ChannelName().IsMatch(channel.NameOrKind), key + "Name", "a name of at most 40 letters, digits and hyphens");
            Expect(names.Add(channel.NameOrKind), key + "Name", $"a name of its own; '{channel.NameOrKind}' is taken by another channel");
            Expect(HasOne(channel.Url, channel.UrlSecret), key + "UrlSecret", "either UrlSecret (a Key Vault secret's name) or Url, not both");
            Expect(string.IsNullOrWhiteSpace(channel.Url) || SecretText.IsUnresolved(channel.Url) || ChannelAddress.TryParse(channel.Url, out _), key + "Url", "an https:// address (http:// on loopback only) without user name and fragment");
            Expect(!HasBoth(channel.Secret, channel.SecretName), key + "SecretName", "either SecretName (a Key Vault secret's name) or Secret, not both");
            Expect(isWebhook == HasOne(channel.Secret, channel.SecretName) || HasBoth(channel.Secret, channel.SecretName) || !Is<ChannelKind>(channel.Kind, out _), key + "Secret", isWebhook
                ? "the secret to sign with, or its Key Vault name in SecretName"
                : "no signing secret; only a webhook is signed");
            Expect(string.IsNullOrWhiteSpace(channel.Secret) || SecretText.IsUnresolved(channel.Secret) || WebhookSecret.TryParse(channel.Secret, out _), key + "Secret", "whsec_ followed by 24 to 64 bytes in base64, such as openssl rand -base64 32 prints");
            Expect(
                (string.IsNullOrWhiteSpace(channel.UrlSecret) && string.IsNullOrWhiteSpace(channel.SecretName)) || options.KeyVaultUri is not null,
                "KeyVaultUri", $"the vault that holds the secrets of channel '{channel.NameOrKind}', such as https://NAME.vault.azure.net/");
            Expect(Is<NotifyOn>(channel.When, out _), key + "When", "never, failure, every, change or always");
            Expect(Is<NotifyOn>(channel.Runs, out _), key + "Runs", "never, failure, every, change or always");
        }

        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }

    private static bool HasOne(string? value, string? secret) => string.IsNullOrWhiteSpace(value) != string.IsNullOrWhiteSpace(secret);

    private static bool HasBoth(string? value, string? secret) => !string.IsNullOrWhiteSpace(value) && !string.IsNullOrWhiteSpace(secret);

    /// <summary>Whether a text is one of an enumeration's names; numbers are not.</summary>
    private static bool Is<T>(string text, out T value)
        where T : struct, Enum => Enum.TryParse(text, ignoreCase: true, out value) && text.All(char.IsAsciiLetter);

    [GeneratedRegex(@"\A[A-Za-z0-9-]{1,40}\z")]
    private static partial Regex ChannelName();
}
