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

        Expect(
            options.PublicUrl is null or { IsAbsoluteUri: true, Scheme: "https" or "http", UserInfo: "", Query: "", Fragment: "" },
            "PublicUrl",
            "the address under which people reach the app, such as https://rescan.example, without user name, query and fragment");
        HashSet<string> names = new(StringComparer.OrdinalIgnoreCase);
        for (int i = 0; i < options.Notifications.Channels.Count; i++)
        {
            ChannelOptions channel = options.Notifications.Channels[i];
            if (channel.IsBlank)
            {
                continue;
            }

            string key = $"Notifications__Channels__{i}__";
            bool isKnown = Is(channel.Kind, out ChannelKind kind);
            Expect(isKnown, key + "Kind", "webhook, slack, teams, ntfy, pagerduty, mail or ping");
            Expect(ChannelName().IsMatch(channel.NameOrKind), key + "Name", "a name of at most 40 letters, digits and hyphens");
            Expect(names.Add(channel.NameOrKind), key + "Name", $"a name of its own; '{channel.NameOrKind}' is taken by another channel");
            Expect(Is<NotifyOn>(channel.When, out NotifyOn when), key + "When", "never, failure, every, change or always");
            Expect(Is<NotifyOn>(channel.Runs, out NotifyOn runs), key + "Runs", "never, failure, every, change or always");
            Expect(
                !HasBoth(channel.Url, channel.UrlSecret), key + "UrlSecret",
                "either UrlSecret (a Key Vault secret's name) or Url, not both");
            Expect(
                !HasBoth(channel.Secret, channel.SecretName), key + "SecretName",
                "either SecretName (a Key Vault secret's name) or Secret, not both");
            Expect(
                IsReadLater(channel.Url) || ChannelAddress.TryParse(channel.Url!, out _),
                key + "Url", "an https:// address (http:// on loopback only) without user name and fragment");
            Expect(
                (string.IsNullOrWhiteSpace(channel.UrlSecret) && string.IsNullOrWhiteSpace(channel.SecretName))
                    || options.KeyVaultUri is not null,
                "KeyVaultUri",
                $"the vault that holds the secrets of channel '{channel.NameOrKind}', such as https://NAME.vault.azure.net/");
            if (isKnown)
            {
                ExpectOf(kind, channel, when, runs, (holds, name, expected) => Expect(holds, key + name, expected));
            }
        }

        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }

    /// <summary>What a kind asks for besides.</summary>
    private static void ExpectOf(
        ChannelKind kind, ChannelOptions channel, NotifyOn when, NotifyOn runs, Action<bool, string, string> expect)
    {
        bool hasSecret = !string.IsNullOrWhiteSpace(channel.Secret) || !string.IsNullOrWhiteSpace(channel.SecretName);
        expect(
            kind is ChannelKind.PagerDuty or ChannelKind.Mail || !string.IsNullOrWhiteSpace(channel.Url)
                || !string.IsNullOrWhiteSpace(channel.UrlSecret),
            "UrlSecret", "the channel's address, or its Key Vault name in UrlSecret");
        bool isSet = !IsReadLater(channel.Secret);
        switch (kind)
        {
            case ChannelKind.Webhook:
                expect(hasSecret, "Secret", "the secret to sign with, or its Key Vault name in SecretName");
                expect(
                    !isSet || WebhookSecret.TryParse(channel.Secret!, out _),
                    "Secret", "whsec_ followed by 24 to 64 bytes in base64, such as openssl rand -base64 32 prints");
                break;
            case ChannelKind.Ntfy:
                expect(
                    IsReadLater(channel.Url) || !ChannelAddress.TryParse(channel.Url!, out Uri? address)
                        || NtfyMessage.Split(address) is not null,
                    "Url", "the address of a topic, such as https://ntfy.sh/TOPIC, without a query");
                expect(
                    !isSet || ChannelSecretFormat.IsToken(channel.Secret!), "Secret",
                    "an access token of ntfy, such as tk_ and 29 letters and digits; none for a topic that anybody may write to");
                break;
            case ChannelKind.PagerDuty:
                expect(
                    hasSecret, "Secret",
                    "the integration key (routing key) of an integration of the kind Events API v2, or its Key Vault name in SecretName");
                expect(
                    !isSet || ChannelSecretFormat.IsRoutingKey(channel.Secret!), "Secret",
                    "the 32 letters and digits of an integration of the kind Events API v2");
                expect(when is NotifyOn.Never or NotifyOn.Failure, "When", "never or failure: an alert is opened once and resolved once");
                expect(runs is NotifyOn.Never or NotifyOn.Failure, "Runs", "never or failure: an alert is opened once and resolved once");
                break;
            case ChannelKind.Mail:
                foreach ((string name, string expected) in MailSettings.FaultsOf(channel.Mail, hasSecret))
                {
                    expect(false, "Mail__" + name, expected);
                }

                break;
            default:
                expect(!hasSecret, "Secret", "no secret; that of Slack and Teams is the address");
                break;
        }
    }

    /// <summary>Whether a value is not there to be checked: unset, in the vault, or not yet read from it.</summary>
    private static bool IsReadLater(string? value) => string.IsNullOrWhiteSpace(value) || SecretText.IsUnresolved(value);

    private static bool HasBoth(string? value, string? secret) => !string.IsNullOrWhiteSpace(value) && !string.IsNullOrWhiteSpace(secret);

    /// <summary>Whether a text is one of an enumeration's names; numbers are not.</summary>
    private static bool Is<T>(string text, out T value)
        where T : struct, Enum => Enum.TryParse(text, ignoreCase: true, out value) && text.All(char.IsAsciiLetter);

    [GeneratedRegex(@"\A[A-Za-z0-9-]{1,40}\z")]
    private static partial Regex ChannelName();
}
