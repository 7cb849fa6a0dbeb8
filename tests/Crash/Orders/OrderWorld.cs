using System.Globalization;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Rescan.Functions;
using Rescan.Functions.Configuration;
using Rescan.Functions.Durable;
using Rescan.Functions.Rescans;
using Rescan.Functions.Storage;
using Rescan.Functions.Storage.AzureTables;
using Rescan.Local.Runtime.Durable;
using Rescan.Local.Cli;
using Rescan.Local.Runtime.Hosting;
using Rescan.Local.Simulator;

namespace Rescan.Crash.Orders;

/// <summary>
/// The app whole on its own state, simulated appliances of both kinds over real HTTPS, and one time for all, which stands until it is
/// moved.
/// The app's clock can be set; those of the appliances are right.
/// </summary>
internal sealed class OrderWorld : IAsyncDisposable
{
    public const string Appliance = "one";

    /// <summary>By whom others rescan.</summary>
    public const string Stranger = @"LAB\administrator";

    public static readonly TimeSpan SessionDuration = TimeSpan.FromSeconds(40);
    public static readonly TimeSpan Deadline = TimeSpan.FromMinutes(10);
    public static readonly TimeSpan LongestPoll = TimeSpan.FromSeconds(20);

    private static readonly TimeSpan LongStride = TimeSpan.FromMinutes(10);

    /// <summary>Milliseconds, and more on a machine that has other work too: how long what is under way is waited for.</summary>
    private const int Patience = 25;

    /// <summary>The same before a long stride, in which whatever is under way would run out of time.</summary>
    private const int LongPatience = 5000;

    private readonly string folder = Directory.CreateTempSubdirectory("rescan-orders-").FullName;
    private readonly FakeTimeProvider time = new(new DateTimeOffset(2026, 1, 5, 1, 30, 0, TimeSpan.Zero));
    private readonly string? storage;
    private readonly bool timers;
    private IConfiguration configuration = null!;
    private int next;
    private TaskHub? tables;
    private ITable table = null!;

    private OrderWorld(string? storage, bool timers)
    {
        this.storage = storage;
        this.timers = timers;
        Clock = new ShiftedClock(time);
    }

    /// <summary>The clock of the app.</summary>
    public ShiftedClock Clock { get; }

    /// <summary>
    /// Veeam Backup for AWS; Veeam Backup &amp; Replication by its newest revision, and by the one that is used unless another is set.
    /// </summary>
    public IReadOnlyList<OrderAppliance> Appliances { get; private set; } = [];

    /// <summary>The first appliance.</summary>
    public SimulatedAppliance Simulator => Appliances[0].Simulator;

    public LocalFunctionHost Host { get; private set; } = null!;

    public HttpClient Http { get; private set; } = null!;

    public EffectGate Gate { get; private set; } = null!;

    /// <summary>The store as it is, without a process before it.</summary>
    public OutcomeStore Outcomes => new(table);

    /// <summary>The time by the clock of the app.</summary>
    public DateTimeOffset Now => Clock.GetUtcNow();

    /// <summary>The time as it is.</summary>
    public DateTimeOffset Time => time.GetUtcNow();

    public int Restarts { get; private set; }

    /// <param name="repositories">Orders take theirs of them.</param>
    /// <param name="storage">A storage account's connection for outcomes and intents; null: SQLite.</param>
    /// <param name="timers">Whether the nightly run is due at half past one.</param>
    public static async Task<OrderWorld> StartAsync(int repositories, string? storage, bool timers = false)
    {
        OrderWorld world = new(storage, timers);
        world.Appliances =
        [
            await world.ApplianceAsync(Appliance, SimulatedKind.VeeamBackupForAws, "", repositories),
            await world.ApplianceAsync("two", SimulatedKind.VeeamBackupAndReplication, "auto", repositories),
            await world.ApplianceAsync("three", SimulatedKind.VeeamBackupAndReplication, "", repositories),
        ];
        Dictionary<string, string?> settings = new()
        {
            ["Rescan:Deadline"] = Deadline.ToString("c", CultureInfo.InvariantCulture),
            ["Rescan:Polling:MinInterval"] = "00:00:02",
            ["Rescan:Polling:MaxInterval"] = LongestPoll.ToString("c", CultureInfo.InvariantCulture),
            ["Rescan:Outcomes:Table"] = "Orders" + Guid.NewGuid().ToString("N"),
            ["AzureWebJobsStorage"] = storage,
        };
        foreach ((int i, OrderAppliance appliance) in world.Appliances.Index())
        {
            string key = string.Create(CultureInfo.InvariantCulture, $"Rescan:Appliances:{i}:");
            settings[key + "Name"] = appliance.Name;
            settings[key + "Kind"] = appliance.Kind.ToString();
            settings[key + "BaseUrl"] = appliance.Simulator.BaseAddress.AbsoluteUri;
            settings[key + "Username"] = appliance.Simulator.State.Options.Username;
            settings[key + "Password"] = appliance.Simulator.Password;
            settings[key + "Thumbprints:0"] = appliance.Simulator.Thumbprint;
            settings[key + "ApiVersion"] = appliance.Revision;
        }

        world.configuration = new ConfigurationBuilder().AddInMemoryCollection(settings).Build();
        world.tables = storage is null
            ? await TaskHub.OpenAsync(new TaskHubOptions { StateFile = Path.Combine(world.folder, "table.db") }, CancellationToken.None)
            : null;
        world.table = world.tables?.Table ?? AzureTable.Of(world.configuration);
        await world.BootAsync();
        return world;
    }

    /// <summary>A repository that no order has had.</summary>
    public SimulatedRepository TakeRepository() => Simulator.State.Options.Repositories[next++];

    /// <summary>The one that others rescan.</summary>
    public SimulatedRepository ForeignRepository => Simulator.State.Options.Repositories[^1];

    /// <summary>Lets a long time pass in which nothing is under way.</summary>
    public async Task PassLongAsync(TimeSpan span)
    {
        for (TimeSpan left = span; left > TimeSpan.Zero; left -= LongStride)
        {
            await SettleAsync(LongPatience);
            time.Advance(LongStride);
        }

        await SettleAsync(LongPatience);
    }

    /// <summary>
    /// Moves the clock in strides, each once everything waits, or has been waited for long enough: time passes whatever is under way.
    /// </summary>
    public async Task PassAsync(TimeSpan span)
    {
        for (TimeSpan left = span; left > TimeSpan.Zero;)
        {
            TimeSpan stride = left < TimeSpan.FromSeconds(2) ? left : TimeSpan.FromSeconds(2);
            await SettleAsync();
            time.Advance(stride);
            left -= stride;
        }

        await SettleAsync();
    }

    /// <summary>Waits until nothing is under way, except what waits for the clock.</summary>
    public async Task SettleAsync(int patience = Patience)
    {
        for (int waited = 0; !Host.IsIdle && waited < patience; waited++)
        {
            await Task.Delay(1);
        }
    }

    /// <summary>Kills the process: no effect of it comes from here on. Then starts it again.</summary>
    /// <param name="down">Virtual time in between.</param>
    public async Task KillAsync(TimeSpan down)
    {
        Gate.Kill();
        Http.Dispose();
        await Host.DisposeAsync();
        for (TimeSpan left = down; left > TimeSpan.Zero; left -= TimeSpan.FromSeconds(2))
        {
            // What the appliance has in hand goes on.
            time.Advance(TimeSpan.FromSeconds(2));
            await Task.Delay(left > down - TimeSpan.FromSeconds(10) ? 5 : 0);
        }

        Restarts++;
        await BootAsync();
    }

    /// <summary>A second process on the same stores, as one that was given the same work and does not know that it lost it.</summary>
    public ServiceProvider Twin(EffectGate gate)
    {
        ServiceCollection services = new();
        services.AddLogging();
        services.AddSingleton<TimeProvider>(Clock);
        Register(services, gate);
        return services.BuildServiceProvider();
    }

    public async ValueTask DisposeAsync()
    {
        Gate.Kill();
        Http.Dispose();
        await Host.DisposeAsync();
        foreach (OrderAppliance appliance in Appliances)
        {
            await appliance.DisposeAsync();
        }

        await (tables?.DisposeAsync() ?? ValueTask.CompletedTask);
        Directory.Delete(folder, recursive: true);
    }

    private void Register(IServiceCollection services, EffectGate gate)
    {
        services.AddSingleton(gate.Guard<ITable>(table));
        services.AddRescan(configuration);
        for (int i = 0; i < Appliances.Count; i++)
        {
            services.AddHttpClient(string.Create(CultureInfo.InvariantCulture, $"appliance-{i}")).AddHttpMessageHandler(gate.Handler);
        }
    }

    private Task<OrderAppliance> ApplianceAsync(string name, SimulatedKind kind, string revision, int repositories) =>
        OrderAppliance.StartAsync(
        name, revision,
        SimulatorOptions.Of(kind) with
        {
            SessionDuration = SessionDuration,
            Time = time,
            TokenLifetime = TimeSpan.FromDays(30),
            Repositories = SimulatedRepository.Many(repositories + 1),
        });

    private async Task BootAsync()
    {
        EffectGate gate = Gate = new EffectGate();
        Host = await LocalFunctionHost.StartAsync(
            new LocalHostOptions
            {
                StateFile = Path.Combine(folder, "state.db"),
                FunctionsAssembly = typeof(RescanOptions).Assembly,
                Configuration = configuration,
                ConfigureServices = services => Register(services, gate),
                Url = new Uri("http://127.0.0.1:0"),
                Timers = timers,
                Time = Clock,
                RequestsPerSecond = 1_000_000,
                RequestBurst = 1_000_000,
                ConfigureLogging = Environment.GetEnvironmentVariable("ORDERS_LOG") is null
                    ? null
                    : l => l.SetMinimumLevel(LogLevel.Information).AddSimpleConsole(o => o.SingleLine = true),
            },
            CancellationToken.None);
        Http = new HttpClient { BaseAddress = Host.BaseAddress, Timeout = TimeSpan.FromSeconds(20) };
    }
}
