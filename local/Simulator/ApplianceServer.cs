using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Rescan.Local.Simulator;

/// <summary>HTTPS on loopback: one listening socket from its start to its end.</summary>
internal sealed class ApplianceServer : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly ConcurrentDictionary<ConnectionContext, byte> connections = new();

    private ApplianceServer(int port, Func<X509Certificate2> certificate, RequestDelegate handle)
    {
        // No settings file is watched for changes: a system allows its user only so many watchers, and none is needed here.
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder(["--hostBuilder:reloadConfigOnChange=false"]);
        builder.Logging.ClearProviders();
        builder.Services.Configure<HostOptions>(o => o.ShutdownTimeout = TimeSpan.Zero);
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(k => k.Listen(IPAddress.Loopback, port, l =>
        {
            l.Use(next => async connection =>
            {
                connections.TryAdd(connection, 0);
                try
                {
                    await next(connection);
                }
                finally
                {
                    connections.TryRemove(connection, out _);
                }
            });
            l.UseHttps((_, _, _, _) => ValueTask.FromResult(new SslServerAuthenticationOptions { ServerCertificate = certificate() }),
                null!);
        }));
        app = builder.Build();
        app.Run(handle);
    }

    public int Port => new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()).Port;

    public static async Task<ApplianceServer> StartAsync(
        int port, Func<X509Certificate2> certificate, RequestDelegate handle, CancellationToken cancellationToken)
    {
        ApplianceServer server = new(port, certificate, handle);
        try
        {
            await server.app.StartAsync(cancellationToken);
            return server;
        }
        catch
        {
            await server.app.DisposeAsync();
            throw;
        }
    }

    public void DropConnections()
    {
        foreach (ConnectionContext connection in connections.Keys)
        {
            connection.Abort();
        }
    }

    public async ValueTask DisposeAsync()
    {
        DropConnections();
        await app.DisposeAsync();
    }
}
