using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Rescan.Functions.StandardWebhooks;
using Rescan.Tests.Integration.Runtime.Hosting;

namespace Rescan.Tests.Support;

/// <summary>What a receiver of notifications got.</summary>
internal sealed record Received(string Path, string ContentType, IReadOnlyDictionary<string, string> Headers, byte[] Body)
{
    public JsonElement Json => JsonSerializer.Deserialize<JsonElement>(Body);

    public string Query { get; init; } = "";

    public string Id => Headers["webhook-id"];

    public WebhookVerdict Verify(string secret) => new StandardWebhookVerifier([secret], TimeProvider.System)
        .Verify(
            Headers.GetValueOrDefault("webhook-id"), Headers.GetValueOrDefault("webhook-timestamp"),
            Headers.GetValueOrDefault("webhook-signature"), Body);
}

/// <summary>A real receiver on loopback. It answers 200 unless a path was given other answers, which it uses up first.</summary>
internal sealed class Receiver : IAsyncDisposable
{
    private readonly WebApplication app;

    private Receiver(WebApplication app) => this.app = app;

    public Uri Url => new(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());

    public ConcurrentQueue<Received> All { get; } = new();

    public ConcurrentDictionary<string, ConcurrentQueue<(int Status, string Body)>> Answers { get; } = new();

    /// <summary>Decides by what came, where a public contract says how.</summary>
    public ConcurrentDictionary<string, Func<Received, (int Status, string Body)>> Contracts { get; } = new();

    public static async Task<Receiver> StartAsync()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        WebApplication app = builder.Build();
        Receiver receiver = new(app);
        app.Run(receiver.TakeAsync);
        await app.StartAsync();
        return receiver;
    }

    public void Answer(string path, params (int Status, string Body)[] answers) => Answers[path] = new(answers);

    public IReadOnlyList<Received> At(string path) => [.. All.Where(r => r.Path == path)];

    /// <summary>Waits until so many have come to a path.</summary>
    public async Task<IReadOnlyList<Received>> WaitAsync(string path, int count)
    {
        using CancellationTokenSource patience = new(TimeSpan.FromSeconds(60));
        while (At(path).Count < count)
        {
            await Task.Delay(20, patience.Token);
        }

        return At(path);
    }

    public async ValueTask DisposeAsync() => await app.DisposeAsync();

    private async Task TakeAsync(HttpContext http)
    {
        using MemoryStream body = new();
        await http.Request.Body.CopyToAsync(body);
        Received received = new(
            http.Request.Path, http.Request.ContentType ?? "",
            http.Request.Headers.ToDictionary(h => h.Key.ToLowerInvariant(), h => h.Value.ToString()), body.ToArray())
        {
            Query = http.Request.QueryString.Value ?? "",
        };
        All.Enqueue(received);
        if (Answers.TryGetValue(http.Request.Path, out ConcurrentQueue<(int Status, string Body)>? answers)
            && answers.TryDequeue(out (int Status, string Body) answer))
        {
            http.Response.StatusCode = answer.Status;
            await http.Response.WriteAsync(answer.Body);
        }
        else if (Contracts.TryGetValue(http.Request.Path, out Func<Received, (int Status, string Body)>? judge))
        {
            (http.Response.StatusCode, string said) = judge(received);
            await http.Response.WriteAsync(said);
        }
    }
}
