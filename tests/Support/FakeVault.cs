using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Security.KeyVault.Secrets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Rescan.Functions.Configuration;
using Rescan.Tests.Integration.Runtime.Hosting;

namespace Rescan.Tests.Support;

/// <summary>
/// A Key Vault on loopback: real HTTPS under a vault's real name, the bearer challenge, and only tokens that its identities got. It can
/// be down, which means that nobody listens, and come back.
/// </summary>
internal sealed class FakeVault : IAsyncDisposable
{
    private const string Tenant = "11111111-1111-1111-1111-111111111111";

    private readonly X509Certificate2 certificate;
    private readonly int closedPort = ClosedPort();
    private readonly SocketsHttpHandler handler;
    private WebApplication? app;
    private int port;

    public FakeVault()
    {
        certificate = MakeCertificate(Host);
        port = closedPort;
        handler = new SocketsHttpHandler
        {
            // Only where the name leads is changed: the name itself is checked against the certificate and the challenge.
            ConnectCallback = async (_, cancellationToken) =>
            {
                Socket socket = new(SocketType.Stream, ProtocolType.Tcp);
                try
                {
                    await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port), cancellationToken);
                    return new NetworkStream(socket, ownsSocket: true);
                }
                catch
                {
                    socket.Dispose();
                    throw;
                }
            },
            SslOptions =
            {
                CertificateChainPolicy =
                    new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, CustomTrustStore = { certificate },
                        RevocationMode = X509RevocationMode.NoCheck },
            },
        };
        Identity = new TestIdentity(this);
    }

    /// <summary>A name of its own, since the client remembers the challenge of each name.</summary>
    public string Host { get; } = $"kv-{Guid.NewGuid().ToString("N")[..12]}.vault.azure.net";

    public Uri Address => new($"https://{Host}/");

    public TestIdentity Identity { get; }

    public ConcurrentDictionary<string, string> Secrets { get; } = new();

    /// <summary>Answers instead of the secret, such as 403 of a missing role; null: the secret.</summary>
    public Func<HttpContext, Task>? Refusal { get; set; }

    /// <summary>The status of each answer so far.</summary>
    public ConcurrentQueue<int> Answers { get; } = new();

    private ConcurrentDictionary<string, byte> Tokens { get; } = new();

    /// <summary>The app's own way of speaking to a vault, led to this one.</summary>
    public SecretClientOptions ClientOptions()
    {
        SecretClientOptions options = VaultSecrets.ClientOptions();
        options.Transport = new HttpClientTransport(new HttpClient(handler, disposeHandler: false));
        return options;
    }

    public async Task UpAsync()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(k => k.Listen(IPAddress.Loopback, 0, l => l.UseHttps(certificate)));
        app = builder.Build();
        app.Run(AnswerAsync);
        await app.StartAsync();
        port = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()).Port;
    }

    public async Task DownAsync()
    {
        port = closedPort;
        await app!.DisposeAsync();
        app = null;
    }

    public async ValueTask DisposeAsync()
    {
        if (app is not null)
        {
            await app.DisposeAsync();
        }

        handler.Dispose();
        certificate.Dispose();
    }

    private static int ClosedPort()
    {
        using TcpListener taken = new(IPAddress.Loopback, 0);
        taken.Start();
        return ((IPEndPoint)taken.LocalEndpoint).Port;
    }

    private static X509Certificate2 MakeCertificate(string host)
    {
        using RSA key = RSA.Create(2048);
        CertificateRequest request = new("CN=" + host, key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        SubjectAlternativeNameBuilder names = new();
        names.AddDnsName(host);
        request.CertificateExtensions.Add(names.Build());
        using X509Certificate2 made = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pfx), null);
    }

    private async Task AnswerAsync(HttpContext http)
    {
        http.Response.OnCompleted(() =>
        {
            Answers.Enqueue(http.Response.StatusCode);
            return Task.CompletedTask;
        });
        if (!Tokens.ContainsKey(http.Request.Headers.Authorization.ToString().Replace("Bearer ", "", StringComparison.Ordinal)))
        {
            http.Response.StatusCode = StatusCodes.Status401Unauthorized;
            http.Response.Headers.WWWAuthenticate =
                $"Bearer authorization=\"https://login.microsoftonline.com/{Tenant}\", resource=\"https://vault.azure.net\"";
            await http.Response.WriteAsJsonAsync(
                new { error = new { code = "Unauthorized", message = "AKV10000: Request is missing a Bearer or PoP token." } });
        }
        else if (Refusal is { } refusal)
        {
            await refusal(http);
        }
        else if (http.Request.Path.Value!.Split('/', StringSplitOptions.RemoveEmptyEntries) is ["secrets", var name]
            && Secrets.TryGetValue(name, out string? value))
        {
            await http.Response.WriteAsJsonAsync(
                new
                {
                    value, id = $"https://{Host}/secrets/{name}/{Guid.NewGuid():N}",
                    attributes = new { enabled = true, created = 1, updated = 1 }
                });
        }
        else
        {
            http.Response.StatusCode = StatusCodes.Status404NotFound;
            await http.Response.WriteAsJsonAsync(
                new { error = new { code = "SecretNotFound", message = "A secret with (name/id) was not found in this key vault." } });
        }
    }

    /// <summary>An identity that the vault knows.</summary>
    internal sealed class TestIdentity(FakeVault vault) : TokenCredential
    {
        public ConcurrentQueue<TokenRequestContext> Asked { get; } = new();

        public override AccessToken GetToken(TokenRequestContext requestContext, CancellationToken cancellationToken)
        {
            Asked.Enqueue(requestContext);
            string token = Guid.NewGuid().ToString("N");
            vault.Tokens.TryAdd(token, 0);
            return new AccessToken(token, DateTimeOffset.UtcNow.AddHours(1));
        }

        public override ValueTask<AccessToken> GetTokenAsync(TokenRequestContext requestContext, CancellationToken cancellationToken) =>
            ValueTask.FromResult(GetToken(requestContext, cancellationToken));
    }
}
