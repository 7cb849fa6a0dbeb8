using System.Net;
using System.Text.RegularExpressions;
using MailKit.Security;
using MimeKit;
using Rescan.Functions.Configuration;

namespace Rescan.Functions.Notifications;

/// <summary>How the connection to a mail server is encrypted.</summary>
internal enum MailSecurity
{
    /// <summary>By STARTTLS; a server that does not offer it gets no mail.</summary>
    StartTls,

    /// <summary>From the first byte on.</summary>
    Tls,

    /// <summary>Not at all.</summary>
    None,
}

/// <summary>Settings of a channel of the kind mail, read.</summary>
/// <param name="Host">The server.</param>
/// <param name="Port">Its port.</param>
/// <param name="Security">How the connection is encrypted.</param>
/// <param name="Pins">SHA-256 thumbprints in upper case; none: the system's roots decide.</param>
/// <param name="From">The sender.</param>
/// <param name="To">The recipients.</param>
internal sealed partial record MailSettings(
    string Host, int Port, MailSecurity Security, IReadOnlySet<string> Pins, MailboxAddress From, IReadOnlyList<MailboxAddress> To)
{
    /// <summary>How MailKit is told of <see cref="Security"/>.</summary>
    public SecureSocketOptions SocketOptions => Security switch
    {
        MailSecurity.StartTls => SecureSocketOptions.StartTls,
        MailSecurity.Tls => SecureSocketOptions.SslOnConnect,
        _ => SecureSocketOptions.None,
    };

    /// <summary>Reads validated settings.</summary>
    public static MailSettings Of(MailOptions options)
    {
        MailSecurity security = Enum.Parse<MailSecurity>(options.Security!, ignoreCase: true);
        return new MailSettings(
            options.Host!.Trim(), options.Port ?? security switch { MailSecurity.StartTls => 587, MailSecurity.Tls => 465, _ => 25 },
            security,
            Filled(options.Thumbprints).Select(Pin).ToHashSet(StringComparer.Ordinal),
            AddressOf(options.From)!, [.. Filled(options.To).Select(t => AddressOf(t)!)]);
    }

    /// <summary>What is wrong with settings: the key below <c>Mail</c>, and what was expected.</summary>
    /// <param name="options">The settings.</param>
    /// <param name="hasPassword">Whether the channel has a secret.</param>
    public static IEnumerable<(string Name, string Expected)> FaultsOf(MailOptions options, bool hasPassword)
    {
        bool isKnown = Enum.TryParse(options.Security, ignoreCase: true, out MailSecurity security)
            && options.Security!.All(char.IsAsciiLetter);
        bool isSecure = isKnown && security != MailSecurity.None;
        (bool Holds, string Name, string Expected)[] rules =
        [
            (Uri.CheckHostName(options.Host?.Trim() ?? "") != UriHostNameType.Unknown, nameof(options.Host),
                "the SMTP server's name or address, such as smtp.example.com"),
            (options.Port is null or (> 0 and < 65536), nameof(options.Port), "a port from 1 to 65535; unset for the usual one"),
            (isKnown, nameof(options.Security), "starttls, tls or none"),
            (Filled(options.Thumbprints).All(t => Thumbprint().IsMatch(Pin(t))), nameof(options.Thumbprints),
                "SHA-256 thumbprints, 64 hex digits each"),
            (hasPassword == !string.IsNullOrWhiteSpace(options.Username), nameof(options.Username),
                "the account of the channel's Secret or SecretName: both or neither"),
            (!hasPassword || !isKnown || isSecure || IsLoopback(options.Host), nameof(options.Security),
                "starttls or tls; a password does not leave this machine in the clear"),
            (AddressOf(options.From) is not null, nameof(options.From),
                "the sender's address, such as rescan@example.com or Rescan <rescan@example.com>"),
            (Filled(options.To).Any() && Filled(options.To).All(t => AddressOf(t) is not null), nameof(options.To),
                "at least one recipient's address, such as ops@example.com"),
        ];
        return rules.Where(r => !r.Holds).Select(r => (r.Name, r.Expected));
    }

    private static IEnumerable<string> Filled(IEnumerable<string> values) => values.Where(v => !string.IsNullOrWhiteSpace(v));

    private static string Pin(string thumbprint) => thumbprint.Trim().Replace(":", "", StringComparison.Ordinal).ToUpperInvariant();

    private static bool IsLoopback(string? host) =>
        string.Equals(host, "localhost", StringComparison.OrdinalIgnoreCase)
            || (IPAddress.TryParse(host, out IPAddress? address) && IPAddress.IsLoopback(address));

    /// <summary>One address; null for anything else, and for one that could break out of a header or a command.</summary>
    private static MailboxAddress? AddressOf(string? text) =>
        text is not null && !text.Any(char.IsControl) && MailboxAddress.TryParse(text, out MailboxAddress? address)
        && address.Address.All(char.IsAscii) && Mailbox().IsMatch(address.Address) ? address : null;

    [GeneratedRegex(@"\A[0-9A-F]{64}\z")]
    private static partial Regex Thumbprint();

    [GeneratedRegex(@"\A[^\s@<>]+@[^\s@<>]+\z")]
    private static partial Regex Mailbox();
}
