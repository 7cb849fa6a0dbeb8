using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Rescan.Crash;

/// <summary>Takes notifications and remembers their ids, by which a receiver tells a repeat.</summary>
internal sealed class NoticeReceiver : IAsyncDisposable
{
    private readonly WebApplication app;

    private NoticeReceiver(WebApplication app) => this.app = app;

    public ConcurrentQueue<string> Ids { get; } = new();

    /// <summary>The rescans that were told of; an id is the request's with the channel's name.</summary>
    public IEnumerable<string> Requests => Ids.Select(i => i.Split('_')[0]).Distinct();

    public string Address =>
        app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First() + "/notices";

    public static async Task<NoticeReceiver> StartAsync()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        WebApplication app = builder.Build();
        NoticeReceiver receiver = new(app);
        app.Run(http =>
        {
            receiver.Ids.Enqueue(http.Request.Headers["webhook-id"].ToString());
            return Task.CompletedTask;
        });
        await app.StartAsync();
        return receiver;
    }

    public ValueTask DisposeAsync() => app.DisposeAsync();
}
