using System.Text.Json;
using Azure.Core;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;
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

/// <summary>The app whole, with a simulated appliance whose password is in a vault.</summary>
internal sealed class VaultApp : IAsyncDisposable
{
    public const string Secret = "appliance-1-password";
    private readonly string folder = Directory.CreateTempSubdirectory("rescan-vault-").FullName;
    private LocalFunctionHost host = null!;

    public FakeVault Vault { get; } = new();

    public SimulatedAppliance Appliance { get; private set; } = null!;

    public FakeLogCollector Logs { get; } = new();

    public IServiceProvider Services => host.Services;

    public DurableTaskClient Client => host.Client;

    public static async Task<VaultApp> StartAsync(string password, bool vaultUp = true, Action<IServiceCollection>? more = null)
    {
        VaultApp app = new()
        {
            Appliance = await SimulatedAppliance.StartAsync(
                new SimulatorOptions { Password = password, SessionDuration = TimeSpan.FromMilliseconds(200) }, default),
        };
        app.Vault.Secrets[Secret] = password;
        if (vaultUp)
        {
            await app.Vault.UpAsync();
        }

        IConfiguration configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Rescan:KeyVaultUri"] = app.Vault.Address.AbsoluteUri,
            ["Rescan:Appliances:0:Name"] = "appliance-1",
            ["Rescan:Appliances:0:BaseUrl"] = app.Appliance.BaseAddress.AbsoluteUri,
            ["Rescan:Appliances:0:Username"] = "rescan",
            ["Rescan:Appliances:0:PasswordSecret"] = Secret,
            ["Rescan:Appliances:0:Thumbprints:0"] = app.Appliance.Thumbprint,
            ["Rescan:Polling:MinInterval"] = "00:00:00.1",
            ["Rescan:Polling:MaxInterval"] = "00:00:00.2",
        }).Build();
        app.host = await LocalFunctionHost.StartAsync(
            new LocalHostOptions
            {
                StateFile = Path.Combine(app.folder, "state.db"),
                FunctionsAssembly = typeof(RescanOptions).Assembly,
                Configuration = configuration,
                ConfigureServices = services =>
                {
                    services.AddSingleton<TokenCredential>(app.Vault.Identity);
                    services.AddSingleton(app.Vault.ClientOptions());
                    more?.Invoke(services);
                    services.AddRescan(configuration);
                },
                Url = new Uri("http://127.0.0.1:0"),
                Timers = false,
                ConfigureLogging = l => l.SetMinimumLevel(LogLevel.Trace).AddProvider(new FakeLoggerProvider(app.Logs)),
            },
            default);
        return app;
    }

    /// <summary>Starts a rescan.</summary>
    public async Task<string> StartRescanAsync()
    {
        SimulatedRepository repository = SimulatedRepository.Defaults[0];
        RescanStarter starter = host.Services.GetRequiredService<RescanStarter>();
        return (await starter.StartAsync(host.Client, "appliance-1", new Repository(repository.Id, repository.Name), null, default)).Id;
    }

    /// <summary>Waits for the outcome of a rescan.</summary>
    public async Task<RescanOutcome> EndAsync(string id)
    {
        using CancellationTokenSource patience = new(TimeSpan.FromSeconds(60));
        OrchestrationMetadata ended = await host.Client.WaitForInstanceCompletionAsync(id, true, patience.Token);
        Assert.Equal(OrchestrationRuntimeStatus.Completed, ended.RuntimeStatus);
        return ended.ReadOutputAs<RescanOutcome>()!;
    }

    /// <summary>Waits until a running rescan tells of trouble, and gives what it tells.</summary>
    public async Task<string> TroubleAsync(string id)
    {
        using CancellationTokenSource patience = new(TimeSpan.FromSeconds(60));
        while (true)
        {
            OrchestrationMetadata instance = (await host.Client.GetInstanceAsync(id, true, patience.Token))!;
            Assert.False(instance.IsCompleted, instance.SerializedOutput);
            if (instance.SerializedCustomStatus is { } status
                && JsonSerializer.Deserialize<RescanStatus>(status, JsonSerializerOptions.Web)?.Trouble is { } trouble)
            {
                return trouble;
            }

            await Task.Delay(50, patience.Token);
        }
    }

    /// <summary>Lets the appliance forget all tokens, so that the password is asked for again.</summary>
    public async Task ForgetTokensAsync()
    {
        using HttpClientHandler trusting =
            new()
            {
                ServerCertificateCustomValidationCallback = (_, shown, _, _) => shown!.GetCertHashString(
                System.Security.Cryptography.HashAlgorithmName.SHA256) == Appliance.Thumbprint
            };
        using HttpClient http = new(trusting) { BaseAddress = Appliance.BaseAddress };
        using HttpResponseMessage answer = await http.PostAsync(
            "/_admin/faults",
            new StringContent("""{"name":"expired-token","request":"other","after":0,"times":1}""", null, "application/json"));
        answer.EnsureSuccessStatusCode();
    }

    public async ValueTask DisposeAsync()
    {
        await host.DisposeAsync();
        await Appliance.DisposeAsync();
        await Vault.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }
}
