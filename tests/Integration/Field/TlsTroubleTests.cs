using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Rescan.Functions.Appliances;
using Rescan.Tests.Integration.Durability;
using Rescan.Tests.Integration.Runtime.Hosting;

namespace Rescan.Tests.Integration.Field;

/// <summary>The outermost exception's text shown to people: what is at the port is said instead, found on real sockets.</summary>
public sealed class TlsTroubleTests
{
    [Fact]
    public async Task A_port_that_speaks_plain_http_is_said_to()
    {
        await using WebApplication server = await ServeAsync(_ => { });

        ApplianceException e = await SignInAsync(PortOf(server));

        Assert.Equal((ApplianceFailure.Rejected, false), (e.Failure, e.MayHaveActed));
        AssertSays(e, "answers plain HTTP, not HTTPS");
    }

    /// <summary>Some servers answer bytes that they do not understand with a page and no status line.</summary>
    [Fact]
    public async Task So_is_one_whose_first_answer_is_a_page_without_a_status()
    {
        using RawServer server = new(
            "<!DOCTYPE HTML><p>Bad request"u8.ToArray(), afterHello: true, toGet: "HTTP/1.0 200 OK\r\n\r\n"u8.ToArray());

        ApplianceException e = await SignInAsync(server.Port);

        Assert.Equal(ApplianceFailure.Rejected, e.Failure);
        AssertSays(e, "answers plain HTTP, not HTTPS");
    }

    [Theory]
    [InlineData("SSH-2.0-OpenSSH_9.6\r\n", "an SSH server answers", ApplianceFailure.Rejected)]
    [InlineData("220 mail\u001b[2J ready\r\n", "does not speak TLS; it begins with '220 mail [2J ready'", ApplianceFailure.Rejected)]
    [InlineData("", "closed the connection during the TLS handshake: is", ApplianceFailure.Transient)]
    public async Task So_is_one_that_speaks_something_else(string banner, string said, ApplianceFailure failure)
    {
        using RawServer server = new(Encoding.ASCII.GetBytes(banner));

        ApplianceException e = await SignInAsync(server.Port);

        Assert.Equal(failure, e.Failure);
        AssertSays(e, said);
    }

    /// <summary>A ServerHello, or an alert about the version, as a server sends them that has nothing newer.</summary>
    [Theory]
    [InlineData("16030200310200002d0302", "TLS 1.1")]
    [InlineData("16030100310200002d0301", "TLS 1.0")]
    [InlineData("15030200020246", "TLS 1.1")]
    public async Task So_is_one_that_offers_only_old_tls(string answer, string version)
    {
        using RawServer server = new(Convert.FromHexString(answer), afterHello: true);

        AssertSays(await SignInAsync(server.Port), $"offers only {version}");
    }

    [Theory]
    [InlineData(SslProtocols.Tls12)]
    [InlineData(SslProtocols.Tls13)]
    public async Task A_server_that_demands_a_client_certificate_is_told_once_and_sees_no_password(SslProtocols protocol)
    {
        int asked = 0;
        using X509Certificate2 certificate = Certificate();
        await using WebApplication server = await ServeAsync(
            l => l.UseHttps(
                new HttpsConnectionAdapterOptions
                {
                    ServerCertificate = certificate, SslProtocols = protocol,
                    ClientCertificateMode = ClientCertificateMode.RequireCertificate,
                }),
            () => Interlocked.Increment(ref asked));
        await using ClientOf app = new(
            new Uri($"https://127.0.0.1:{PortOf(server)}"), [certificate.GetCertHashString(HashAlgorithmName.SHA256)]);

        for (int i = 0; i < 5; i++)
        {
            ApplianceException e = await Assert.ThrowsAsync<ApplianceException>(() => app.Client.SignInAsync(default));

            Assert.Equal(ApplianceFailure.Rejected, e.Failure);
            AssertSays(e, "demands a client certificate, which is not supported");
        }

        Assert.Equal(0, asked);
    }

    [Fact]
    public async Task A_server_that_asks_for_a_client_certificate_and_does_without_is_served()
    {
        using X509Certificate2 certificate = Certificate();
        await using WebApplication server = await ServeAsync(
            l => l.UseHttps(
                new HttpsConnectionAdapterOptions
                {
                    ServerCertificate = certificate,
                    ClientCertificateMode = ClientCertificateMode.AllowCertificate
                }), () => { });
        await using ClientOf app = new(
            new Uri($"https://127.0.0.1:{PortOf(server)}"), [certificate.GetCertHashString(HashAlgorithmName.SHA256)]);

        Assert.Equal("1.0-rev0", (await app.Client.SignInAsync(default)).ApiVersion);
    }

    private static async Task<ApplianceException> SignInAsync(int port)
    {
        await using ClientOf app = new(new Uri($"https://127.0.0.1:{port}"), [new string('0', 64)]);
        return await Assert.ThrowsAsync<ApplianceException>(() => app.Client.SignInAsync(default));
    }

    private static void AssertSays(ApplianceException e, string said)
    {
        Assert.Contains(said, e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("inner exception", e.Message, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("SSL connection", e.Message, StringComparison.Ordinal);
    }

    private static int PortOf(WebApplication server) =>
        new Uri(server.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()).Port;

    private static X509Certificate2 Certificate()
    {
        using RSA key = RSA.Create(2048);
        CertificateRequest request = new("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using X509Certificate2 made = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pfx), null);
    }

    private static async Task<WebApplication> ServeAsync(Action<ListenOptions> listen, Action? asked = null)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(k => k.Listen(IPAddress.Loopback, 0, listen));
        WebApplication app = builder.Build();
        app.Run(http =>
        {
            asked?.Invoke();
            return http.Response.WriteAsync("""{"access_token":"a","expires_in":900,"version":"3"}""");
        });
        await app.StartAsync();
        return app;
    }

    /// <summary>Says something to whoever connects, at once or after the first bytes, and closes.</summary>
    private sealed class RawServer : IDisposable
    {
        private readonly TcpListener listener = new(IPAddress.Loopback, 0);

        public RawServer(byte[] says, bool afterHello = false, byte[]? toGet = null)
        {
            listener.Start();
            _ = ServeAsync(says, afterHello, toGet);
        }

        public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

        public void Dispose() => listener.Dispose();

        private async Task ServeAsync(byte[] says, bool afterHello, byte[]? toGet)
        {
            try
            {
                while (true)
                {
                    using Socket caller = await listener.AcceptSocketAsync();
                    byte[] hello = new byte[4096];
                    if (afterHello)
                    {
                        await caller.ReceiveAsync(hello);
                    }

                    await caller.SendAsync(toGet is not null && hello.AsSpan().StartsWith("GET "u8) ? toGet : says);
                    caller.Shutdown(SocketShutdown.Send);
                    while (await caller.ReceiveAsync(hello) > 0)
                    {
                    }
                }
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // The test is over.
            }
        }
    }
}
