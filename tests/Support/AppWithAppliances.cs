using System.Globalization;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Configuration;
using Rescan.Functions;
using Rescan.Functions.Appliances;
using Rescan.Functions.Configuration;
using Rescan.Functions.Rescans;
using Rescan.Functions.Storage;
using Rescan.Local.Runtime.Hosting;
using Rescan.Local.Simulator;
using Rescan.Tests.Integration.Durability;
using Rescan.Tests.Integration.Runtime.Hosting;

namespace Rescan.Tests.Support;

/// <summary>The app in this process with appliances by name, each as it is told to be.</summary>
internal sealed class AppWithAppliances : IAsyncDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);
    public static readonly SimulatedRepository Repository = SimulatedRepository.Defaults[2];
    private readonly string folder = Directory.CreateTempSubdirectory("rescan-appliances-").FullName;
    private readonly Dictionary<string, SimulatedAppliance> appliances = [];

    private AppWithAppliances()
    {
    }

    public LocalFunctionHost Host { get; private set; } = null!;

    public HttpClient Http { get; private set; } = null!;

    public SimulatedAppliance this[string name] => appliances[name];

    public static async Task<AppWithAppliances> StartAsync(IReadOnlyDictionary<string, SimulatorOptions> wanted)
    {
        AppWithAppliances app = new();
        Dictionary<string, string?> settings = new()
        {
            ["Rescan:LostAnswerWait"] = "00:00:05",
        };
        foreach ((string name, SimulatorOptions options) in wanted)
        {
            SimulatedAppliance appliance = await SimulatedAppliance.StartAsync(options, default);
            string key = string.Create(CultureInfo.InvariantCulture, $"Rescan:Appliances:{app.appliances.Count}:");
            settings[key + "Name"] = name;
            settings[key + "Kind"] = options.Kind.ToString();
            settings[key + "BaseUrl"] = appliance.BaseAddress.AbsoluteUri;
            settings[key + "Username"] = options.Username;
            settings[key + "Password"] = options.Password;
            settings[key + "Thumbprints:0"] = appliance.Thumbprint;
            app.appliances[name] = appliance;
        }

        IConfiguration configuration = new ConfigurationBuilder().AddInMemoryCollection(settings).Build();
        app.Host = await LocalFunctionHost.StartAsync(
            new LocalHostOptions
            {
                StateFile = Path.Combine(app.folder, "state.db"),
                FunctionsAssembly = typeof(RescanOptions).Assembly,
                Configuration = configuration,
                ConfigureServices = services => services.AddRescan(configuration),
                Url = new Uri("http://127.0.0.1:0"),
                Timers = false,
            },
            CancellationToken.None);
        app.Http = new HttpClient { BaseAddress = app.Host.BaseAddress, Timeout = Patience };
        return app;
    }

    /// <summary>Starts a rescan of <see cref="Repository"/>.</summary>
    /// <returns>The instance id.</returns>
    public Task<string> StartRescanAsync(string appliance, TimeSpan deadline) => Host.Client.ScheduleNewOrchestrationInstanceAsync(
        nameof(RescanOrchestration),
        new RescanRequest(
            appliance, new RepositoryRef(Repository.Id, Repository.Name), deadline,
            new PollingOptions { Kappa = 0.1, MinInterval = TimeSpan.FromMilliseconds(300), MaxInterval = TimeSpan.FromSeconds(1) }),
        new StartOrchestrationOptions(RescanRequest.InstanceIdOf(appliance, Repository.Id)));

    /// <summary>Waits for a rescan's outcome.</summary>
    public async Task<RescanOutcome> EndOfAsync(string id)
    {
        using CancellationTokenSource patience = new(Patience);
        OrchestrationMetadata ended = await Host.Client.WaitForInstanceCompletionAsync(id, true, patience.Token);
        Assert.True(ended.RuntimeStatus == OrchestrationRuntimeStatus.Completed, $"{id}: {ended.FailureDetails?.ErrorMessage}");
        return ended.ReadOutputAs<RescanOutcome>()!;
    }

    public async Task<RescanOutcome> RescanAsync(string appliance, TimeSpan deadline) =>
        await EndOfAsync(await StartRescanAsync(appliance, deadline));

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await Host.DisposeAsync();
        foreach (SimulatedAppliance appliance in appliances.Values)
        {
            await appliance.DisposeAsync();
        }

        Directory.Delete(folder, recursive: true);
    }
}
