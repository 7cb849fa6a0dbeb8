using System.ComponentModel.DataAnnotations;

namespace Rescan.Functions.Configuration;

/// <summary>Whom to tell how rescans and runs end; under <c>Rescan:Notifications</c> in the settings.</summary>
public sealed class NotificationOptions
{
    /// <summary>The channels; one whose kind and address are blank is passed over.</summary>
    public IList<ChannelOptions> Channels { get; init; } = [];
}

/// <summary>One place to which notifications go.</summary>
public sealed class ChannelOptions
{
    /// <summary>A short name of its own, letters, digits and hyphens; its kind unless given. Deliveries are remembered by it.</summary>
    public string? Name { get; set; }

    /// <summary>
    /// <c>webhook</c> (JSON signed by Standard Webhooks), <c>slack</c> (an incoming webhook), <c>teams</c> (a webhook of Workflows),
    /// <c>ntfy</c> (a topic), <c>pagerduty</c> (Events API v2), <c>mail</c> (by SMTP) or <c>ping</c> (a check of Healthchecks or alike, for
    /// scheduled runs only, whatever <see cref="When"/> and <see cref="Runs"/> say).
    /// </summary>
    [AllowedValues("webhook", "slack", "teams", "ntfy", "pagerduty", "mail", "ping", "")]
    public string Kind { get; set; } = "";

    /// <summary>
    /// The https address; http is allowed on loopback only. For Slack, Teams, ntfy and pings it is a secret, so that outside local runs
    /// <see cref="UrlSecret"/> is the place for it. PagerDuty needs none; its accounts in the EU have
    /// https://events.eu.pagerduty.com/v2/enqueue.
    /// </summary>
    public string? Url { get; set; }

    /// <summary>Name of the Key Vault secret that holds the address.</summary>
    public string? UrlSecret { get; set; }

    /// <summary>
    /// The signing secret of a webhook, <c>whsec_</c> and 24 to 64 bytes in base64; the access token of ntfy, where the topic wants one;
    /// the routing key of PagerDuty; the password of a mail account. For local runs only.
    /// </summary>
    public string? Secret { get; set; }

    /// <summary>Name of the Key Vault secret that holds <see cref="Secret"/>.</summary>
    public string? SecretName { get; set; }

    /// <summary>
    /// Which rescans are told: <c>never</c>, <c>failure</c> (a problem once, and once that it is over), <c>every</c> (each failure),
    /// <c>change</c> or <c>always</c>. Those that a run started are told by the run's own notification.
    /// </summary>
    [AllowedValues("never", "failure", "every", "change", "always")]
    public string When { get; set; } = "failure";

    /// <summary>
    /// Which runs over many repositories are told: <c>never</c>, <c>failure</c>, <c>every</c>, <c>change</c> or <c>always</c>, likewise.
    /// </summary>
    [AllowedValues("never", "failure", "every", "change", "always")]
    public string Runs { get; set; } = "failure";

    /// <summary>Where and to whom a channel of the kind mail sends.</summary>
    public MailOptions Mail { get; init; } = new();

    /// <summary>Whether it is set at all.</summary>
    internal bool IsBlank => string.IsNullOrWhiteSpace(Kind) && string.IsNullOrWhiteSpace(Url) && string.IsNullOrWhiteSpace(UrlSecret);

    /// <summary>The name that it goes by.</summary>
    internal string NameOrKind => string.IsNullOrWhiteSpace(Name) ? Kind.ToLowerInvariant() : Name;
}

/// <summary>A server that takes mail, and whom the mail is for.</summary>
public sealed class MailOptions
{
    /// <summary>The SMTP server's name or address.</summary>
    public string? Host { get; set; }

    /// <summary>Its port; unset: 587 with <c>starttls</c>, 465 with <c>tls</c>, 25 with <c>none</c>.</summary>
    public int? Port { get; set; }

    /// <summary>
    /// How the connection is encrypted: <c>starttls</c>, <c>tls</c> (from the first byte on) or <c>none</c>. A server that offers less gets
    /// no mail.
    /// </summary>
    public string? Security { get; set; }

    /// <summary>
    /// SHA-256 thumbprints of accepted certificates (64 hex digits; colons allowed); blank entries are passed over. None: the system's
    /// roots decide.
    /// </summary>
    public IList<string> Thumbprints { get; init; } = [];

    /// <summary>The account to sign in with; unset: none. Its password is the channel's <see cref="ChannelOptions.Secret"/>.</summary>
    public string? Username { get; set; }

    /// <summary>The sender, such as rescan@example.com or Rescan &lt;rescan@example.com&gt;.</summary>
    public string? From { get; set; }

    /// <summary>The recipients, likewise, at least one; blank entries are passed over.</summary>
    public IList<string> To { get; init; } = [];
}
