using System.Globalization;
using System.Net.Sockets;
using System.Security.Cryptography;
using MailKit;
using MailKit.Net.Smtp;
using MailKit.Security;
using MimeKit;
using Rescan.Functions.Display;

namespace Rescan.Functions.Notifications;

/// <summary>Hands a notification to a mail server once, over a connection of its own.</summary>
/// <param name="secrets">Passwords.</param>
/// <param name="time">The clock.</param>
internal sealed class MailSender(ChannelSecrets secrets, TimeProvider time)
{
    private const int MaxSaid = 200;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <summary>Sends.</summary>
    /// <param name="channel">To whom.</param>
    /// <param name="delivery">Identifies the delivery, the same however often it is tried.</param>
    /// <param name="text">What.</param>
    /// <param name="cancellationToken">Ends the try.</param>
    /// <returns>What became of it; not delivered when the server refused for good.</returns>
    /// <exception cref="DeliveryFailedException">It was not taken, but may be the next time.</exception>
    public async Task<DeliveryResult> SendAsync(
        Channel channel, string delivery, NotificationText text, CancellationToken cancellationToken)
    {
        MailSettings settings = MailSettings.Of(channel.Options.Mail);
        string? password = await secrets.SecretAsync(channel, cancellationToken);
        using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        string? seen = null;
        using MailClient client = new();
        client.CheckCertificateRevocation = false;
        client.Timeout = (int)Patience.TotalMilliseconds;
        client.ServerCertificateValidationCallback = (_, certificate, _, errors) =>
        {
            seen = certificate?.GetCertHashString(HashAlgorithmName.SHA256);
            return settings.Pins.Count == 0
                ? errors == System.Net.Security.SslPolicyErrors.None
                : seen is not null && settings.Pins.Contains(seen);
        };
        try
        {
            await client.ConnectAsync(settings.Host, settings.Port, settings.SocketOptions, patience.Token);
            if (password is not null)
            {
                await client.AuthenticateAsync(channel.Options.Mail.Username ?? "", password, patience.Token);
            }

            using MimeMessage message = MailMessage.Write(settings, delivery, text, time.GetUtcNow());
            await client.SendAsync(message, patience.Token);
            await QuitAsync(client, patience.Token);
            return new DeliveryResult(channel.Name, true, client.Refused.Count == 0
                ? "the mail server took it"
                : $"the mail server took it for {settings.To.Count - client.Refused.Count} of {settings.To.Count} recipients; refused: "
                    + $"{string.Join("; ", client.Refused.Select(Said))}");
        }
        catch (SmtpCommandException e) when ((int)e.StatusCode >= 500)
        {
            return new DeliveryResult(channel.Name, false, $"the mail server refused it: {Said((int)e.StatusCode, e.Message)}");
        }
        catch (SmtpCommandException e)
        {
            throw new DeliveryFailedException(channel.Name, $"the mail server cannot take it now: {Said((int)e.StatusCode, e.Message)}");
        }
        catch (AuthenticationException e)
        {
            // A password that is wrong stays wrong, and trying it again can lock the account.
            string detail = $"the mail server refused the user name or the password: {SafeText.Line(e.Message, MaxSaid)}";
            return e.Message.StartsWith('4')
                ? throw new DeliveryFailedException(channel.Name, detail)
                : new DeliveryResult(channel.Name, false, detail);
        }
        catch (SslHandshakeException)
        {
            throw new DeliveryFailedException(channel.Name, seen is null
                ? "TLS failed; the port may want another Mail__Security"
                : $"its certificate is not trusted; if it is the server's own, its SHA-256 thumbprint {seen} goes into Mail__Thumbprints");
        }
        catch (NotSupportedException)
        {
            throw new DeliveryFailedException(
                channel.Name,
                client.IsConnected ? "the mail server offers no way to sign in that can be used" : "the mail server offers no STARTTLS");
        }
        catch (Exception e) when (e is SocketException or IOException or ProtocolException or ServiceNotConnectedException)
        {
            throw new DeliveryFailedException(channel.Name, e switch
            {
                SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain } =>
                    "its host's name cannot be resolved",
                SocketException => "no connection to its host",
                _ => "the connection broke",
            });
        }
        catch (Exception e) when (e is OperationCanceledException or TimeoutException && !cancellationToken.IsCancellationRequested)
        {
            throw new DeliveryFailedException(channel.Name, $"no answer within {Patience.TotalSeconds:0} s");
        }
    }

    /// <summary>Takes leave; the mail is taken already, so what goes wrong here does not count.</summary>
    private static async Task QuitAsync(MailClient client, CancellationToken cancellationToken)
    {
        try
        {
            await client.DisconnectAsync(true, cancellationToken);
        }
        catch (Exception e) when (e is SocketException or IOException or ProtocolException or OperationCanceledException or CommandException
            or TimeoutException)
        {
        }
    }

    private static string Said((MailboxAddress To, SmtpResponse Response) refused) =>
        $"{refused.To.Address} ({Said((int)refused.Response.StatusCode, refused.Response.Response)})";

    private static string Said(int status, string text) =>
        string.Create(CultureInfo.InvariantCulture, $"{status} {SafeText.Line(text, MaxSaid)}");

    /// <summary>A client that goes on with the recipients whom the server takes.</summary>
    private sealed class MailClient : SmtpClient
    {
        public List<(MailboxAddress To, SmtpResponse Response)> Refused { get; } = [];

        protected override void OnRecipientNotAccepted(MimeMessage message, MailboxAddress mailbox, SmtpResponse response) =>
            Refused.Add((mailbox, response));

        protected override void OnNoRecipientsAccepted(MimeMessage message)
        {
            // One that is refused for now only may be taken the next time.
            (MailboxAddress to, SmtpResponse response) = Refused.OrderBy(r => (int)r.Response.StatusCode).First();
            throw new SmtpCommandException(SmtpErrorCode.RecipientNotAccepted, response.StatusCode, to, response.Response);
        }
    }
}
