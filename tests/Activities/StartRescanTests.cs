using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Rescan.Functions;
using Rescan.Functions.Appliances;
using Rescan.Functions.Rescans;
using Rescan.Functions.Storage;
using Rescan.Local.Simulator;
using Rescan.Local.Simulator.Faults;

namespace Rescan.Tests.Activities;

/// <summary>Exactly one session a rescan, when answers are lost and others start sessions too: over real HTTPS, on a real store.</summary>
public sealed class StartRescanTests : IAsyncLifetime
{
    private static readonly SimulatedRepository Archive = SimulatedRepository.Defaults[2];
    private static readonly SimulatedRepository Staging = SimulatedRepository.Defaults[3];
    private static readonly Fault NeverActed = new("drop-before", "rescan", 0, 1);
    private static readonly Fault AnswerLost = new("drop-after", "rescan", 0, 1);
    private readonly string folder = Directory.CreateTempSubdirectory("rescan-start-").FullName;
    private readonly List<ServiceProvider> apps = [];
    private SimulatedAppliance appliance = null!;

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        foreach (ServiceProvider app in apps)
        {
            await app.DisposeAsync();
        }

        await appliance.DisposeAsync();
        SqliteConnection.ClearAllPools();
        Directory.Delete(folder, recursive: true);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3600)]
    [InlineData(-3600)]
    public async Task The_session_of_a_lost_answer_is_found_whatever_the_appliances_clock_says(int skew)
    {
        ServiceProvider app = await StartAsync(new SimulatorOptions { ClockSkew = TimeSpan.FromSeconds(skew), Scenario = [AnswerLost] });
        Assert.Equal(ApplianceFailure.Transient, (await PostAsync(app, "one", Archive)).Error!.Failure);

        StartedRescan started = (await PostAsync(app, "one", Archive)).Value!;

        Assert.Equal(1, Posts);
        await AssertIsOfAsync(app, started, Archive);
        Assert.Contains("answer to the request was lost", started.Remark, StringComparison.Ordinal);
        Assert.Equal(started.SessionId, (await PostAsync(app, "one", Archive)).Value!.SessionId);
    }

    [Theory]
    [InlineData(3600)]
    [InlineData(-3600)]
    public async Task A_process_that_starts_anew_finds_it_too(int skew)
    {
        ServiceProvider app = await StartAsync(new SimulatorOptions { ClockSkew = TimeSpan.FromSeconds(skew), Scenario = [AnswerLost] });
        await PostAsync(app, "one", Archive);

        StartedRescan started = (await PostAsync(Open("outcomes.db"), "one", Archive)).Value!;

        Assert.Equal(1, Posts);
        await AssertIsOfAsync(app, started, Archive);
    }

    [Fact]
    public async Task The_rescan_that_somebody_else_starts_meanwhile_is_not_taken()
    {
        ServiceProvider app = await StartAsync(new SimulatorOptions { Scenario = [NeverActed] });
        await PostAsync(app, "one", Archive);
        StartedRescan theirs = (await PostAsync(Open("others.db"), "other", Staging)).Value!;

        StartedRescan started = (await PostAsync(app, "one", Archive)).Value!;

        Assert.NotEqual(theirs.SessionId, started.SessionId);
        await AssertIsOfAsync(app, started, Archive);
    }

    [Fact]
    public async Task Of_two_whose_answers_were_lost_each_gets_a_session_of_its_own()
    {
        ServiceProvider app = await StartAsync(new SimulatorOptions { Scenario = [NeverActed, AnswerLost] });
        await PostAsync(app, "one", Archive);
        await PostAsync(app, "two", Staging);

        StartedRescan one = (await PostAsync(app, "one", Archive)).Value!;
        StartedRescan two = (await PostAsync(app, "two", Staging)).Value!;

        await AssertIsOfAsync(app, one, Archive);
        await AssertIsOfAsync(app, two, Staging);
        Assert.Equal(3, Posts);
    }

    [Fact]
    public async Task Where_logs_tell_nothing_a_session_that_may_be_anothers_is_left_alone_and_the_rescan_posted_again()
    {
        Fault silent = new("no-log", "log", 0, int.MaxValue);
        ServiceProvider app = await StartAsync(new SimulatorOptions { Scenario = [NeverActed, AnswerLost, silent] });
        await PostAsync(app, "one", Archive);
        await PostAsync(app, "two", Staging);

        StartedRescan one = (await PostAsync(app, "one", Archive)).Value!;
        StartedRescan two = (await PostAsync(app, "two", Staging)).Value!;

        Assert.NotEqual(one.SessionId, two.SessionId);
        Assert.Contains("posted again", one.Remark, StringComparison.Ordinal);
        Assert.Equal(4, Posts);
    }

    [Fact]
    public async Task Work_of_another_kind_is_not_taken_for_a_rescan()
    {
        Fault silent = new("no-log", "log", 0, int.MaxValue);
        ServiceProvider app = await StartAsync(new SimulatorOptions { OtherSessionsEvery = TimeSpan.FromMilliseconds(200), Scenario = [NeverActed with { After = 1 }, silent] });
        string known = (await PostAsync(app, "before", Staging)).Value!.SessionId!;
        await app.GetRequiredService<IOutcomeStore>().TryRecordAsync("before", Ended(known), default);
        await PostAsync(app, "one", Archive);
        using CancellationTokenSource patience = new(TimeSpan.FromSeconds(60));
        while (appliance.State.Sessions.At(DateTimeOffset.UtcNow).Count < 4)
        {
            await Task.Delay(50, patience.Token);
        }

        StartedRescan started = (await PostAsync(app, "one", Archive)).Value!;

        Assert.Equal(SimulatedSession.RescanType, (await Client(app).GetSessionAsync(started.SessionId!, default)).Type);
        Assert.NotEqual(known, started.SessionId);
        Assert.Null(started.Remark);
    }

    [Fact]
    public async Task A_post_that_was_refused_leaves_nothing_to_look_for()
    {
        ServiceProvider app = await StartAsync(new SimulatorOptions { Scenario = [new Fault("throttled", "rescan", 0, 1)] });
        Assert.NotNull((await PostAsync(app, "one", Archive)).Error);

        Assert.Empty(await app.GetRequiredService<IIntentStore>().GetOpenIntentsAsync("a1", DateTimeOffset.UnixEpoch, default));
        Assert.NotNull((await PostAsync(app, "one", Archive)).Value!.SessionId);
        Assert.DoesNotContain(appliance.Ledger, e => e.Path.EndsWith("/sessions", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Once_canceled_nothing_is_posted_but_what_was_started_is_found()
    {
        ServiceProvider app = await StartAsync(new SimulatorOptions { Scenario = [AnswerLost] });
        Assert.Null((await PostAsync(app, "never", Staging, adoptOnly: true)).Value!.SessionId);
        Assert.Equal(0, Posts);
        await PostAsync(app, "one", Archive);

        StartedRescan started = (await PostAsync(app, "one", Archive, adoptOnly: true)).Value!;

        await AssertIsOfAsync(app, started, Archive);
        Assert.Equal(1, Posts);
    }

    private int Posts => appliance.Ledger.Count(e => e.Kind == "rescan");

    private static IApplianceClient Client(ServiceProvider app) => app.GetRequiredService<IApplianceClients>().Get("a1");

    private static Task<ActivityResult<StartedRescan>> PostAsync(ServiceProvider app, string request, SimulatedRepository repository, bool adoptOnly = false) =>
        ActivatorUtilities.CreateInstance<StartRescan>(app).RunAsync(new StartRescanInput(request, "a1", repository.Id, adoptOnly), default);

    private static async Task AssertIsOfAsync(ServiceProvider app, StartedRescan started, SimulatedRepository repository) =>
        Assert.Contains(await Client(app).GetSessionLogAsync(started.SessionId!, default), i => i.Message.Contains(repository.Name, StringComparison.Ordinal));

    private static RescanOutcome Ended(string session) => new()
    {
        Id = "rescan-a1-r",
        Appliance = "a1",
        Repository = new RepositoryRef("r", "r"),
        SessionId = session,
        Outcome = Outcome.Succeeded,
        StartedAt = DateTimeOffset.UtcNow,
        FinishedAt = DateTimeOffset.UtcNow,
        DurationSeconds = 1,
    };

    private async Task<ServiceProvider> StartAsync(SimulatorOptions options)
    {
        appliance = await SimulatedAppliance.StartAsync(options with { SessionDuration = TimeSpan.FromMinutes(5) }, default);
        return Open("outcomes.db");
    }

    private ServiceProvider Open(string outcomes)
    {
        IConfiguration configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Rescan:Outcomes:SqliteFile"] = Path.Combine(folder, outcomes),
            ["Rescan:Appliances:0:Name"] = "a1",
            ["Rescan:Appliances:0:BaseUrl"] = appliance.BaseAddress.AbsoluteUri,
            ["Rescan:Appliances:0:Username"] = "rescan",
            ["Rescan:Appliances:0:Password"] = "demo-password",
            ["Rescan:Appliances:0:Thumbprints:0"] = appliance.Thumbprint,
        }).Build();
        ServiceCollection services = new();
        services.AddLogging();
        services.AddRescan(configuration);
        ServiceProvider app = services.BuildServiceProvider();
        apps.Add(app);
        return app;
    }
}
