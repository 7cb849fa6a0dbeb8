using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;
using Rescan.Functions;
using Rescan.Functions.Notifications;
using Rescan.Functions.Storage;
using Rescan.Tests.Integration.Durability;
using Rescan.Tests.Integration.Runtime.Hosting;

namespace Rescan.Tests.Support;

/// <summary>
/// The notifier over a real state file and real receivers, without the engine: what each channel is told of one end after another.
/// </summary>
internal sealed class NotifierHarness : IAsyncDisposable
{
    public static readonly DateTimeOffset FirstNight = new(2026, 3, 1, 1, 40, 0, TimeSpan.Zero);

    private readonly SqliteTestTable table = new();
    private readonly Dictionary<string, string?> settings;
    private ServiceProvider services = null!;
    private int told;

    private NotifierHarness(Dictionary<string, string?> settings) => this.settings = settings;

    public FakeLogCollector Logs { get; } = new();

    public IChannelTest Test => services.GetRequiredService<IChannelTest>();

    public INotifier Notifier => services.GetRequiredService<INotifier>();

    public static async Task<NotifierHarness> StartAsync(Dictionary<string, string?> settings)
    {
        NotifierHarness harness = new(settings);
        await harness.OpenAsync();
        return harness;
    }

    /// <summary>Closes the state file and opens it again, as a restart does.</summary>
    public async Task RestartAsync()
    {
        await services.DisposeAsync();
        await table.CloseAsync();
        await OpenAsync();
    }

    /// <summary>Records how a repository's rescan ended and tells the channels of it.</summary>
    /// <returns>What became of each channel that was chosen.</returns>
    public async Task<IReadOnlyList<DeliveryResult>> RescanAsync(string repository, Outcome outcome, int night, string reason = "why")
    {
        RescanOutcome ended = Outcome(repository, outcome, night, reason);
        string request = $"request-{++told}";
        await services.GetRequiredService<OutcomeStore>().TryRecordAsync(request, ended, default);
        return await TellAsync(new Notification(request) { Rescan = ended });
    }

    /// <summary>Records a run over repositories of one appliance and tells the channels of it.</summary>
    public async Task<IReadOnlyList<DeliveryResult>> RunAsync(int night, IReadOnlyDictionary<string, Outcome> ends, params string[] errors)
    {
        RunStore runs = services.GetRequiredService<RunStore>();
        string id = $"run-scheduled-{night}";
        RunItem[] items = [.. ends.Select((e, i) => new RunItem
        {
            Appliance = "appliance-1", Repository = new RepositoryRef(e.Key + "-id", e.Key), Turn = i, RequestId = $"{id}-{i}",
            State = RunItemState.Ended,
            Outcome = e.Value, DurationSeconds = 60, Reason = e.Value == Functions.Storage.Outcome.Succeeded ? null : "why",
        })];
        RunRecord run = new()
        {
            Id = id, Status = RunStatus.Completed, StartedAt = FirstNight.AddDays(night - 1),
            FinishedAt = FirstNight.AddDays(night - 1).AddMinutes(20),
            Counts = ends.Values.GroupBy(o => o.ToString()).ToDictionary(g => g.Key, g => g.Count()), Errors = errors,
        };
        await runs.AddRunAsync(run with { Status = RunStatus.Running, FinishedAt = null }, default);
        await runs.AddItemsAsync(id, items, default);
        await runs.FinishRunAsync(run, default);
        return await TellAsync(new Notification(id) { Run = RunSummary.Of(run, items) });
    }

    public async Task<IReadOnlyList<DeliveryResult>> TellAsync(Notification notification)
    {
        (Notification complete, IReadOnlyList<string> channels) = await Notifier.ChooseAsync(notification, default);
        List<DeliveryResult> results = [];
        foreach (string channel in channels)
        {
            results.Add(await Notifier.DeliverAsync(channel, complete, default));
        }

        return results;
    }

    public static RescanOutcome Outcome(string repository, Outcome outcome, int night, string reason = "why") => new()
    {
        Id = $"rescan-appliance-1-{repository}-id", Appliance = "appliance-1",
        Repository = new RepositoryRef(repository + "-id", repository), SessionId = "s1",
        Outcome = outcome, Reason = outcome == Functions.Storage.Outcome.Succeeded ? null : reason,
        StartedAt = FirstNight.AddDays(night - 1), FinishedAt = FirstNight.AddDays(night - 1).AddMinutes(3), DurationSeconds = 160,
    };

    public async ValueTask DisposeAsync()
    {
        await services.DisposeAsync();
        await table.DisposeAsync();
    }

    private async Task OpenAsync()
    {
        await table.OpenAsync();
        IConfiguration configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Rescan:Appliances:0:Name"] = "appliance-1",
            ["Rescan:Appliances:0:BaseUrl"] = "https://appliance.example:11005",
            ["Rescan:Appliances:0:Username"] = "rescan",
            ["Rescan:Appliances:0:Password"] = "p",
        }).AddInMemoryCollection(settings).Build();
        ServiceCollection collection = new();
        collection.AddLogging(l => l.AddProvider(new FakeLoggerProvider(Logs)));
        collection.AddSingleton(table.Table);
        services = collection.AddRescan(configuration).BuildServiceProvider();
    }
}
