using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;
using Rescan.Functions;
using Rescan.Functions.Configuration;
using Rescan.Functions.Storage;
using Rescan.Local.Runtime.Hosting;
using Rescan.Local.Simulator;
using Rescan.Tests.Integration.Durability;
using Rescan.Tests.Integration.Runtime.Hosting;

namespace Rescan.Tests.Support;

/// <summary>The app on the local host with a simulated appliance whose sessions end at once, and a receiver of its notifications.</summary>
internal sealed class NotifyingApp : IAsyncDisposable
{
    public const string Secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    private readonly string folder = Directory.CreateTempSubdirectory("rescan-notify-").FullName;
    private SimulatedAppliance appliance = null!;
    private LocalFunctionHost host = null!;
    private HttpClient http = null!;

    public Receiver Receiver { get; private set; } = null!;

    public FakeLogCollector Logs { get; } = new();

    public DurableTaskClient Client => host.Client;

    public IServiceProvider Services => host.Services;

    public static async Task<NotifyingApp> StartAsync(string outcome, Func<Uri, Dictionary<string, string?>> settings)
    {
        NotifyingApp notifying = new()
        {
            appliance = await SimulatedAppliance.StartAsync(
                new SimulatorOptions { Outcome = outcome, SessionDuration = TimeSpan.FromMilliseconds(200) }, default),
            Receiver = await Receiver.StartAsync(),
        };
        IConfiguration configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Rescan:Appliances:0:Name"] = "appliance-1",
            ["Rescan:Appliances:0:BaseUrl"] = notifying.appliance.BaseAddress.AbsoluteUri,
            ["Rescan:Appliances:0:Username"] = "rescan",
            ["Rescan:Appliances:0:Password"] = "demo-password",
            ["Rescan:Appliances:0:Thumbprints:0"] = notifying.appliance.Thumbprint,
            ["Rescan:Polling:MinInterval"] = "00:00:00.1",
            ["Rescan:Polling:MaxInterval"] = "00:00:00.2",
        }).AddInMemoryCollection(settings(notifying.Receiver.Url)).Build();
        notifying.host = await LocalFunctionHost.StartAsync(
            new LocalHostOptions
            {
                StateFile = Path.Combine(notifying.folder, "state.db"),
                FunctionsAssembly = typeof(RescanOptions).Assembly,
                Configuration = configuration,
                ConfigureServices = services => services.AddRescan(configuration),
                Url = new Uri("http://127.0.0.1:0"),
                Timers = false,
                ConfigureLogging = l => l.AddProvider(new FakeLoggerProvider(notifying.Logs)),
            },
            default);
        notifying.http = new HttpClient { BaseAddress = notifying.host.BaseAddress };
        return notifying;
    }

    /// <summary>Starts by HTTP and waits for the end.</summary>
    public async Task<OrchestrationMetadata> RescanAsync(string? repository)
    {
        using HttpResponseMessage answer = await http.PostAsJsonAsync(
            "/api/rescans", repository is null ? (object)new { appliance = "appliance-1" } : new { appliance = "appliance-1", repository });
        answer.EnsureSuccessStatusCode();
        string id = (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString()!;
        using CancellationTokenSource patience = new(TimeSpan.FromSeconds(60));
        return await Client.WaitForInstanceCompletionAsync(id, true, patience.Token);
    }

    /// <summary>Waits until no notification is on its way any more.</summary>
    public async Task<IReadOnlyList<OrchestrationMetadata>> ToldAsync()
    {
        using CancellationTokenSource patience = new(TimeSpan.FromSeconds(60));
        List<OrchestrationMetadata> told = [];
        await foreach (OrchestrationMetadata instance in Client.GetAllInstancesAsync(new OrchestrationQuery(InstanceIdPrefix: "notify-")))
        {
            told.Add(await Client.WaitForInstanceCompletionAsync(instance.InstanceId, true, patience.Token));
        }

        return told;
    }

    public async ValueTask DisposeAsync()
    {
        http.Dispose();
        await host.DisposeAsync();
        await Receiver.DisposeAsync();
        await appliance.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }
}
