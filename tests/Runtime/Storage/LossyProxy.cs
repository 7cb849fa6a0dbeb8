using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Rescan.Tests.Runtime.Storage;

/// <summary>Stands before a storage account and, when told to, loses the answer to every other write after it took effect.</summary>
internal sealed class LossyProxy : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly HttpClient http = new();
    private int writes;
    private int lost;

    private LossyProxy(WebApplication app) => this.app = app;

    public string ConnectionString { get; private set; } = "";

    public bool LoseAnswers { get; set; }

    public int Lost => lost;

    public static async Task<LossyProxy> StartAsync(string storage)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        WebApplication app = builder.Build();
        LossyProxy proxy = new(app);
        string blob = Regex.Match(storage, "BlobEndpoint=(http://[^/]+)").Groups[1].Value;
        string table = Regex.Match(storage, "TableEndpoint=(http://[^/]+)").Groups[1].Value;
        app.Run(context => proxy.ForwardAsync(context, context.Request.Path.Value!.Contains("-hub", StringComparison.Ordinal) ? blob : table));
        await app.StartAsync();
        string address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        proxy.ConnectionString = storage.Replace(blob, address, StringComparison.Ordinal).Replace(table, address, StringComparison.Ordinal);
        return proxy;
    }

    public async ValueTask DisposeAsync()
    {
        await app.DisposeAsync();
        http.Dispose();
    }

    private async Task ForwardAsync(HttpContext context, string origin)
    {
        string target = context.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpRequestFeature>()!.RawTarget;
        using HttpRequestMessage request = new(new HttpMethod(context.Request.Method), new Uri(origin + target));
        MemoryStream body = new();
        await context.Request.Body.CopyToAsync(body);
        request.Content = new ByteArrayContent(body.ToArray());
        foreach ((string name, Microsoft.Extensions.Primitives.StringValues values) in context.Request.Headers)
        {
            if (name is "Host" or "Transfer-Encoding" or "Connection")
            {
                continue;
            }

            if (!request.Headers.TryAddWithoutValidation(name, values.ToArray()))
            {
                request.Content.Headers.Remove(name);
                request.Content.Headers.TryAddWithoutValidation(name, values.ToArray());
            }
        }

        using HttpResponseMessage answer = await http.SendAsync(request);
        byte[] content = await answer.Content.ReadAsByteArrayAsync();
        bool write = context.Request.Method is "POST" or "PUT" or "DELETE" or "MERGE" && !target.Contains("comp=lease", StringComparison.Ordinal);
        if (LoseAnswers && write && Interlocked.Increment(ref writes) % 2 == 1)
        {
            Interlocked.Increment(ref lost);
            context.Abort();
            return;
        }

        context.Response.StatusCode = (int)answer.StatusCode;
        foreach ((string name, IEnumerable<string> values) in answer.Headers.Concat(answer.Content.Headers))
        {
            if (name is not ("Transfer-Encoding" or "Connection" or "Keep-Alive"))
            {
                context.Response.Headers[name] = values.ToArray();
            }
        }

        context.Response.ContentLength = content.Length;
        if (content.Length > 0)
        {
            await context.Response.Body.WriteAsync(content);
        }
    }
}
