using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Rescan.Functions;
using Rescan.Functions.Appliances;
using Rescan.Functions.Configuration;
using Rescan.Functions.Rescans;
using Rescan.Functions.Storage;
using Rescan.Local.Runtime.Hosting;
using Rescan.Local.Runtime.SqliteTables;
using Rescan.Local.Simulator;

namespace Rescan.Tests.Parity;

/// <summary>The app's own orchestrations and activities, on Microsoft's engine and on ours, against an appliance over real HTTPS.</summary>
public sealed class RescanParityTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("rescan-parity-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [MemberData(nameof(ParityEngine.All), MemberType = typeof(ParityEngine))]
    public async Task A_rescan_is_watched_to_its_end_over_several_executions(string engine)
    {
        FakeTimeProvider clock = new(DateTimeOffset.UtcNow);
        await using SimulatedAppliance appliance = await SimulatedAppliance.StartAsync(
            new SimulatorOptions { Outcome = "warning", SessionDuration = TimeSpan.FromMinutes(1), Faults = ["unavailable"], Time = clock }, default);
        await using App app = await App.StartAsync(engine, appliance, folder);

        await app.StartAsync();
        while (appliance.Ledger.Count(e => e.Kind == "session") < 14)
        {
            await Task.Delay(20);
        }

        clock.Advance(TimeSpan.FromMinutes(2));
        OrchestrationMetadata end = await app.Engine.EndOfAsync(App.Id);

        Assert.Equal(OrchestrationRuntimeStatus.Completed, end.RuntimeStatus);
        Assert.Equal(Outcome.Warning, end.ReadOutputAs<RescanOutcome>()!.Outcome);
        RescanOutcome recorded = Assert.Single(await app.Outcomes.GetRecentAsync(App.Id, 10, default));
        Assert.Equal(Outcome.Warning, recorded.Outcome);
        Assert.True(recorded.Polls > 10, $"{recorded.Polls} polls fit into one execution");
        Assert.Equal(1, appliance.Ledger.Count(e => e.Kind == "rescan"));
        Assert.Equal(1, appliance.Ledger.Count(e => e.Kind == "token"));
    }

    [Theory]
    [MemberData(nameof(ParityEngine.All), MemberType = typeof(ParityEngine))]
    public async Task A_cancel_at_any_moment_stops_the_session(string engine)
    {
        await using SimulatedAppliance appliance = await SimulatedAppliance.StartAsync(new SimulatorOptions { SessionDuration = TimeSpan.FromMinutes(10) }, default);
        await using App app = await App.StartAsync(engine, appliance, folder);

        await app.StartAsync();
        while (!appliance.Ledger.Any(e => e.Kind == "session"))
        {
            await Task.Delay(20);
        }

        await app.Engine.Client.RaiseEventAsync(App.Id, RescanEvents.Cancel, new RescanCancel("enough"));
        RescanOutcome outcome = (await app.Engine.EndOfAsync(App.Id)).ReadOutputAs<RescanOutcome>()!;

        Assert.Equal((Outcome.Canceled, "enough"), (outcome.Outcome, outcome.Reason));
        Assert.Equal(1, appliance.Ledger.Count(e => e.Kind == "stop"));
    }

    private sealed class App(ServiceProvider services, SqliteTableFile table, ParityEngine engine) : IAsyncDisposable
    {
        public const string Repository = "6f1c1f0a-4d1e-4b55-9d0a-0c8f4a5d1e03";

        public static string Id => RescanRequest.InstanceIdOf("one", Repository);

        public ParityEngine Engine => engine;

        public OutcomeStore Outcomes => services.GetRequiredService<OutcomeStore>();

        public static async Task<App> StartAsync(string engine, SimulatedAppliance appliance, string folder)
        {
            IConfiguration configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
            {
                ["Rescan:Appliances:0:Name"] = "one",
                ["Rescan:Appliances:0:BaseUrl"] = appliance.BaseAddress.AbsoluteUri,
                ["Rescan:Appliances:0:Username"] = "rescan",
                ["Rescan:Appliances:0:Password"] = "demo-password",
                ["Rescan:Appliances:0:Thumbprints:0"] = appliance.Thumbprint,
            }).Build();
            ServiceCollection services = new();
            SqliteTableFile table = await SqliteTableFile.OpenAsync(Path.Combine(folder, "outcomes.db"), default);
            services.AddSingleton(table.Table);
            services.AddLogging();
            services.AddSingleton(configuration);
            ParityEngine? started = null;
            services.AddSingleton(_ => started!.Client);
            services.AddRescan(configuration);
            ServiceProvider provider = services.BuildServiceProvider();
            FunctionCatalog catalog = new(typeof(RescanOptions).Assembly) { Services = provider };
            started = await ParityEngine.StartAsync(
                engine, catalog, new Dictionary<string, Type> { [nameof(RescanOrchestration)] = typeof(RescanRequest) }, catalog.Activities);
            return new App(provider, table, started);
        }

        public Task StartAsync() => engine.Client.ScheduleNewOrchestrationInstanceAsync(
            nameof(RescanOrchestration),
            new RescanRequest(
                "one", new RepositoryRef(Repository, "archive"), TimeSpan.FromMinutes(2),
                new PollingOptions { Kappa = 0.1, MinInterval = TimeSpan.FromMilliseconds(200), MaxInterval = TimeSpan.FromMilliseconds(250) }),
            new StartOrchestrationOptions(Id));

        public async ValueTask DisposeAsync()
        {
            await engine.DisposeAsync();
            await services.DisposeAsync();
            await table.DisposeAsync();
        }
    }
}
