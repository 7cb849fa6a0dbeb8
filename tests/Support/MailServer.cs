using System.Buffers;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MimeKit;
using Rescan.Tests.Integration.Configuration;
using SmtpServer;
using SmtpServer.Authentication;
using SmtpServer.Mail;
using SmtpServer.Protocol;
using SmtpServer.Storage;

namespace Rescan.Tests.Support;

/// <summary>A mail that a server took.</summary>
/// <param name="Message">The mail.</param>
/// <param name="Raw">As it came.</param>
/// <param name="To">For whom, as the envelope says.</param>
/// <param name="IsSecure">Whether the connection was encrypted.</param>
/// <param name="User">Who had signed in; null: nobody.</param>
internal sealed record ReceivedMail(MimeMessage Message, string Raw, IReadOnlyList<string> To, bool IsSecure, string? User);

/// <summary>A real SMTP server on loopback with three ports: STARTTLS, TLS from the first byte on, and neither.</summary>
public sealed class MailServer : IAsyncLifetime
{
    public const string User = "rescan@example.com";
    public const string Password = "smtp-hidden-1";

    private readonly CancellationTokenSource ended = new();
    private readonly X509Certificate2 certificate = Certificate();
    private Task serving = Task.CompletedTask;

    public int StartTls { get; private set; }

    public int Tls { get; private set; }

    public int Plain { get; private set; }

    public string Thumbprint => certificate.GetCertHashString(HashAlgorithmName.SHA256);

    internal ConcurrentQueue<ReceivedMail> All { get; } = new();

    /// <summary>What is answered to mail for a recipient, used up first.</summary>
    internal ConcurrentDictionary<string, ConcurrentQueue<SmtpResponse>> Answers { get; } = new();

    public async Task InitializeAsync()
    {
        // The server cannot tell which port it was given, so one that somebody else takes meanwhile means another try.
        for (int tries = 0; ; tries++)
        {
            (StartTls, Tls, Plain) = (FreePort(), FreePort(), FreePort());
            serving = new SmtpServer.SmtpServer(Options(), Services()).StartAsync(ended.Token);
            try
            {
                foreach (int port in (int[])[StartTls, Tls, Plain])
                {
                    using TcpClient client = new();
                    await client.ConnectAsync(IPAddress.Loopback, port);
                }

                return;
            }
            catch (SocketException) when (tries < 5)
            {
            }
        }
    }

    public async Task DisposeAsync()
    {
        await ended.CancelAsync();
        try
        {
            await serving;
        }
        catch (OperationCanceledException)
        {
        }

        ended.Dispose();
        certificate.Dispose();
    }

    internal IReadOnlyList<ReceivedMail> For(string to) => [.. All.Where(m => m.To.Contains(to))];

    private static int FreePort()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static X509Certificate2 Certificate()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new("CN=localhost", key, HashAlgorithmName.SHA256);
        SubjectAlternativeNameBuilder names = new();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        using X509Certificate2 made = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pfx), null);
    }

    private ISmtpServerOptions Options() => new SmtpServerOptionsBuilder()
        .ServerName("mail.example.com")
        .Endpoint(e => e.Endpoint(new IPEndPoint(IPAddress.Loopback, StartTls)).Certificate(certificate))
        .Endpoint(e => e.Endpoint(new IPEndPoint(IPAddress.Loopback, Tls)).Certificate(certificate).IsSecure(true))
        .Endpoint(e => e.Endpoint(new IPEndPoint(IPAddress.Loopback, Plain)))
        .Build();

    private SmtpServer.ComponentModel.ServiceProvider Services()
    {
        SmtpServer.ComponentModel.ServiceProvider services = new();
        services.Add((IMessageStore)new Store(this));
        services.Add((IMailboxFilter)new Filter());
        services.Add((IUserAuthenticator)new Accounts());
        return services;
    }

    private sealed class Accounts : IUserAuthenticator
    {
        public Task<bool> AuthenticateAsync(ISessionContext context, string user, string password, CancellationToken cancellationToken) =>
            Task.FromResult(user == User && password == Password);
    }

    private sealed class Filter : IMailboxFilter
    {
        public Task<bool> CanAcceptFromAsync(ISessionContext context, IMailbox from, int size, CancellationToken cancellationToken) =>
            Task.FromResult(true);

        public Task<bool> CanDeliverToAsync(ISessionContext context, IMailbox to, IMailbox from, CancellationToken cancellationToken) =>
            to.User switch
            {
                "nobody" => Task.FromResult(false),
                "grey" => throw new SmtpResponseException(new SmtpResponse((SmtpReplyCode)451, "come back later")),
                _ => Task.FromResult(true),
            };
    }

    private sealed class Store(MailServer server) : IMessageStore
    {
        public async Task<SmtpResponse> SaveAsync(
            ISessionContext context, IMessageTransaction transaction, ReadOnlySequence<byte> buffer, CancellationToken cancellationToken)
        {
            string[] to = [.. transaction.To.Select(t => $"{t.User}@{t.Host}")];
            if (server.Answers.TryGetValue(to[0], out ConcurrentQueue<SmtpResponse>? answers)
                && answers.TryDequeue(out SmtpResponse? answer))
            {
                return answer;
            }

            using MemoryStream stream = new(buffer.ToArray());
            server.All.Enqueue(new ReceivedMail(
                await MimeMessage.LoadAsync(stream, cancellationToken), System.Text.Encoding.Latin1.GetString(buffer.ToArray()), to,
                context.Pipe?.IsSecure == true, context.Authentication.IsAuthenticated ? context.Authentication.User : null));
            return SmtpResponse.Ok;
        }
    }
}
