using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Rescan.Tests.Support;

/// <summary>A real HTTPS server on loopback with a certificate of its own; answers are given as delegates by method and path.</summary>
internal sealed class HttpsServer : IAsyncDisposable
{
    private readonly WebApplication app;

    private HttpsServer(WebApplication app, string thumbprint)
    {
        this.app = app;
        Thumbprint = thumbprint;
    }

    public string Thumbprint { get; }

    public Uri Url => new(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());

    public ConcurrentQueue<string> Requests { get; } = new();

    public ConcurrentDictionary<string, byte> Connections { get; } = new();

    public Dictionary<string, Func<HttpContext, Task>> Answers { get; } = [];

    public static async Task<HttpsServer> StartAsync()
    {
        using RSA key = RSA.Create(2048);
        CertificateRequest request = new("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using X509Certificate2 made = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        X509Certificate2 certificate = X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pfx), null);
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(k => k.Listen(IPAddress.Loopback, 0, l => l.UseHttps(certificate)));
        WebApplication app = builder.Build();
        HttpsServer server = new(app, certificate.GetCertHashString(HashAlgorithmName.SHA256));
        app.Run(server.AnswerAsync);
        await app.StartAsync();
        server.Json("POST /api/v1/token", """{"access_token":"a1","refresh_token":"r1","expires_in":900}""");
        return server;
    }

    public void Json(string request, string body, int status = 200) => Answers[request] = http =>
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = "application/json";
        return http.Response.WriteAsync(body);
    };

    public int Count(string request) => Requests.Count(r => r == request);

    public async ValueTask DisposeAsync() => await app.DisposeAsync();

    private Task AnswerAsync(HttpContext http)
    {
        string request = $"{http.Request.Method} {http.Request.Path}";
        Requests.Enqueue(request);
        Connections.TryAdd(http.Connection.Id, 0);
        if (Answers.TryGetValue(request, out Func<HttpContext, Task>? answer))
        {
            return answer(http);
        }

        http.Response.StatusCode = StatusCodes.Status404NotFound;
        return Task.CompletedTask;
    }
}
