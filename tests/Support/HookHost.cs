using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Rescan.Functions;
using Rescan.Functions.Rescans;
using Rescan.Functions.S3Events;
using Rescan.Functions.S3Events.Sns;
using Rescan.Functions.StandardWebhooks;
using Rescan.Functions.Webhooks;
using Rescan.Local.Runtime.Hosting;
using Rescan.Tests.Integration.Durability;
using Rescan.Tests.Integration.Runtime.Hosting;
using Rescan.Tests.Integration.S3Events;

namespace Rescan.Tests.Support;

/// <summary>
/// The app's hooks on the local function host over real HTTP, with one appliance over real HTTPS; what signed
/// messages ask for is only recorded.
/// </summary>
internal sealed class HookHost : IRescanStarter, IAsyncDisposable
{
    public const string Secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    public const string Key = "0123456789abcdef-s3";
    public const string RepositoryId = "6f9e1c1e-37ab-4b6e-9f56-0c4d3f1c2a10";
    private const string RescanPath = $"POST /api/v1/repositories/{RepositoryId}/rescan";
    private static readonly RSA SnsKey = RSA.Create(2048);

    private readonly string folder = Directory.CreateTempSubdirectory("rescan-hooks-").FullName;
    private LocalFunctionHost host = null!;

    private HookHost(HttpsServer server) => Server = server;

    /// <summary>The appliance, and SNS.</summary>
    public HttpsServer Server { get; }

    public SnsSigner Sns { get; } = new(SnsKey, DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));

    public HttpClient Http { get; } = new();

    public DurableTaskClient Client => host.Client;

    public ConcurrentQueue<StartRescanRequest> Requests { get; } = new();

    /// <summary>Rescans that the appliance was asked for.</summary>
    public int Rescans => Server.Count(RescanPath);

    public Func<StartRescanRequest, Task>? OnStart { get; set; }

    public static async Task<HookHost> StartAsync(Dictionary<string, string?>? settings = null)
    {
        HookHost hooks = new(await HttpsServer.StartAsync());
        hooks.Server.Json("GET /api/v1/repositories", $$"""
            {"totalCount":1,"results":[{"id":"{{RepositoryId}}","name":"nightly","amazonStorageFolder":"nightly","amazonBucketId":"9d2c7c2e-0b1f-4c6e-9a2e-7f4a1c3d0002","_embedded":{"bucket":"backups"} }]}
            """);
        hooks.Server.Json("GET " + new Uri(SnsSigner.CertificateUrl).AbsolutePath, hooks.Sns.Certificate.ExportCertificatePem());
        hooks.Server.Json(RescanPath, """{"sessionId":"s1"}""", 202);
        hooks.Server.Json("GET /api/v1/sessions/s1", """{"id":"s1","status":"Succeeded"}""");
        hooks.Server.Json("GET /api/v1/sessions/s1/log", """{"sessionId":"s1"}""");
        hooks.Server.Json("GET /", "<ConfirmSubscriptionResponse/>");
        IConfiguration configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Rescan:Appliances:0:Name"] = "appliance-1",
            ["Rescan:Appliances:0:BaseUrl"] = hooks.Server.Url.ToString(),
            ["Rescan:Appliances:0:Username"] = "u",
            ["Rescan:Appliances:0:Password"] = "p",
            ["Rescan:Appliances:0:Thumbprints:0"] = hooks.Server.Thumbprint,
            ["Rescan:Polling:MinInterval"] = "00:00:00.1",
            ["Rescan:Polling:MaxInterval"] = "00:00:00.1",
            ["Rescan:Webhooks:Secrets:0"] = Secret,
            ["Rescan:Webhooks:S3:ApiKeys:0"] = Key,
            ["Rescan:Webhooks:S3:TopicArns:0"] = SnsSigner.Topic,
            ["Rescan:Webhooks:S3:QuietPeriod"] = "00:00:01",
        }).AddInMemoryCollection(settings).Build();
        hooks.host = await LocalFunctionHost.StartAsync(
            new LocalHostOptions
            {
                StateFile = Path.Combine(hooks.folder, "state.db"),
                FunctionsAssembly = typeof(RescanHook).Assembly,
                Configuration = configuration,
                ConfigureServices = services =>
                {
                    services.AddSingleton<IRescanStarter>(hooks);
                    services.AddKeyedSingleton(SnsHttp.Name, (_, _) => SnsHttp.Create(SnsOverHttpsTests.ToServer(hooks.Server)));
                    services.AddSingleton<KeyedLock>();
                    services.AddRescan(configuration);
                },
                Url = new Uri("http://127.0.0.1:0"),
                Timers = false,
                RequestBurst = 100_000,
            },
            CancellationToken.None);
        hooks.Http.BaseAddress = hooks.host.BaseAddress;
        return hooks;
    }

    public async Task<IReadOnlyList<AcceptedRescan>> StartAsync(
        DurableTaskClient client, StartRescanRequest request, string? seed, CancellationToken cancellationToken)
    {
        Requests.Enqueue(request);
        await (OnStart?.Invoke(request) ?? Task.CompletedTask);
        return [new AcceptedRescan($"rescan-{request.Appliance}-{RepositoryId}", false)];
    }

    /// <summary>Waits for the repository's burst to be read, answered and over.</summary>
    public async Task QuietAsync()
    {
        using CancellationTokenSource patience = new(TimeSpan.FromSeconds(60));
        string id = S3DebounceOrchestration.InstanceIdOf("appliance-1", RepositoryId);
        while ((await Client.GetInstanceAsync(id, true, patience.Token))?.ReadCustomStatusAs<S3DebounceStatus>()?.Phase != "idle")
        {
            await Task.Delay(20, patience.Token);
        }
    }

    public async Task RescansAsync(int count)
    {
        using CancellationTokenSource patience = new(TimeSpan.FromSeconds(60));
        while (Rescans < count)
        {
            await Task.Delay(20, patience.Token);
        }

        Assert.Equal(count, Rescans);
    }

    public async Task<(int Status, string Body, HttpResponseMessage Answer)> PostSignedAsync(
        string body, string id = "msg_1", string secret = Secret, DateTimeOffset? at = null)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(body);
        using HttpRequestMessage request = new(HttpMethod.Post, "/api/hooks/rescan") { Content = new ByteArrayContent(bytes) };
        new StandardWebhookSigner([secret]).Sign(request, id, at ?? DateTimeOffset.UtcNow, bytes);
        return await SendAsync(request);
    }

    public Task<(int Status, string Body, HttpResponseMessage Answer)> PostS3Async(
        string body, params (string Name, string Value)[] headers)
    {
        HttpRequestMessage request = new(HttpMethod.Post, "/api/hooks/s3") { Content = new StringContent(body, Encoding.UTF8) };
        foreach ((string name, string value) in headers)
        {
            request.Headers.Add(name, value);
        }

        return SendAsync(request);
    }

    public async Task<(int Status, string Body, HttpResponseMessage Answer)> SendAsync(HttpRequestMessage request)
    {
        HttpResponseMessage answer = await Http.SendAsync(request);
        string body = await answer.Content.ReadAsStringAsync();
        if (!answer.IsSuccessStatusCode)
        {
            Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
            Assert.DoesNotContain(Secret[6..], body, StringComparison.Ordinal);
            Assert.DoesNotContain(Key, body, StringComparison.Ordinal);
        }

        return ((int)answer.StatusCode, body, answer);
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await host.DisposeAsync();
        await Server.DisposeAsync();
        Sns.Dispose();
        Directory.Delete(folder, recursive: true);
    }
}
