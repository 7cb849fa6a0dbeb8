using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Rescan.Functions;
using Rescan.Functions.Appliances;
using Rescan.Functions.Configuration;
using Rescan.Functions.Durable;
using Rescan.Functions.Rescans;
using Rescan.Functions.Storage;
using Rescan.Local.Runtime.Durable;
using Rescan.Local.Simulator;
using Rescan.Local.Simulator.Faults;
using Rescan.Tests.Integration.Durability;
using Rescan.Tests.Integration.Runtime.Hosting;

namespace Rescan.Tests.Integration.Rescans;

/// <summary>Exactly one session a rescan, when answers are lost and others start sessions too: over real HTTPS, on a real store.</summary>
public sealed class StartRescanTests : IAsyncLifetime
{
    private static readonly SimulatedRepository Archive = SimulatedRepository.Defaults[2];
    private static readonly SimulatedRepository Staging = SimulatedRepository.Defaults[3];
    private static readonly Fault NeverActed = new("drop-before", "rescan", 0, 1);
    private static readonly Fault AnswerLost = new("drop-after", "rescan", 0, 1);
    private readonly string folder = Directory.CreateTempSubdirectory("rescan-start-").FullName;
    private readonly List<ServiceProvider> apps = [];
    private readonly Dictionary<string, TaskHub> tables = [];
    private SimulatedAppliance appliance = null!;

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        foreach (ServiceProvider app in apps)
        {
            await app.DisposeAsync();
        }

        foreach (TaskHub table in tables.Values)
        {
            await table.DisposeAsync();
        }

        await appliance.DisposeAsync();
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

        StartedRescan started = (await PostAsync(Open("state.db"), "one", Archive)).Value!;

        Assert.Equal(1, Posts);
        await AssertIsOfAsync(app, started, Archive);
    }

    [Fact]
    public async Task The_rescan_that_somebody_else_starts_meanwhile_is_not_taken()
    {
        ServiceProvider app = await StartAsync(new SimulatorOptions { Scenario = [NeverActed] });
        await PostAsync(app, "one", Archive);
        StartedRescan theirs = (await PostAsync(Open("others.db"), "other", Staging)).Value!;

        StartedRescan started = await StartedAsync(app, "one", Archive);

        Assert.Contains("posted again", started.Remark, StringComparison.Ordinal);
        Assert.NotEqual(theirs.SessionId, started.SessionId);
        await AssertIsOfAsync(app, started, Archive);
    }

    [Fact]
    public async Task Of_two_whose_answers_were_lost_each_gets_a_session_of_its_own()
    {
        ServiceProvider app = await StartAsync(new SimulatorOptions { Scenario = [NeverActed, AnswerLost] });
        await PostAsync(app, "one", Archive);
        await PostAsync(app, "two", Staging);

        StartedRescan one = await StartedAsync(app, "one", Archive);
        StartedRescan two = await StartedAsync(app, "two", Staging);

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

        StartedRescan one = await StartedAsync(app, "one", Archive);
        StartedRescan two = await StartedAsync(app, "two", Staging);

        Assert.NotEqual(one.SessionId, two.SessionId);
        Assert.Contains("posted again", one.Remark, StringComparison.Ordinal);
        Assert.Contains("posted again", two.Remark, StringComparison.Ordinal);
        Assert.Equal(4, Posts);
    }

    [Fact]
    public async Task Work_of_another_kind_is_not_taken_for_a_rescan()
    {
        Fault silent = new("no-log", "log", 0, int.MaxValue);
        ServiceProvider app = await StartAsync(
            new SimulatorOptions
            {
                OtherSessionsEvery = TimeSpan.FromMilliseconds(200),
                Scenario = [NeverActed with { After = 1 }, silent]
            });
        string known = (await PostAsync(app, "before", Staging)).Value!.SessionId!;
        await app.GetRequiredService<OutcomeStore>().TryRecordAsync("before", Ended(known), default);
        await PostAsync(app, "one", Archive);
        using CancellationTokenSource patience = new(TimeSpan.FromSeconds(60));
        while (appliance.State.Sessions.At(DateTimeOffset.UtcNow).Count < 4)
        {
            await Task.Delay(50, patience.Token);
        }

        StartedRescan started = await StartedAsync(app, "one", Archive);

        Assert.Equal(SimulatedSession.RescanType, (await Client(app).GetSessionAsync(started.SessionId!, default)).Type);
        Assert.NotEqual(known, started.SessionId);
    }

    [Fact]
    public async Task A_post_that_was_refused_leaves_nothing_to_look_for()
    {
        ServiceProvider app = await StartAsync(new SimulatorOptions { Scenario = [new Fault("throttled", "rescan", 0, 1)] });
        Assert.NotNull((await PostAsync(app, "one", Archive)).Error);

        Assert.Empty(await app.GetRequiredService<IntentStore>().GetOpenIntentsAsync("a1", DateTimeOffset.UnixEpoch, default));
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

    /// <summary>On a state that knows no rescan yet, as after a purge or in a container without a volume.</summary>
    [Theory]
    [InlineData("Policy")]
    [InlineData("Job")]
    [InlineData("Task")]
    [InlineData("UserPolicy")]
    [InlineData("RetentionActivity")]
    [InlineData("RestoreTask")]
    [InlineData("FLRTask")]
    [InlineData("SelfBackupActivity")]
    [InlineData("TombstoneRetention")]
    [InlineData("Something")]
    public async Task Absence_of_evidence_is_no_evidence(string type)
    {
        ServiceProvider app = await StartAsync(new SimulatorOptions { Scenario = [NeverActed] });
        await PostAsync(app, "one", Archive);
        string other = appliance.State.Sessions.StartOther(type, appliance.State.Now).Id;

        StartedRescan started = await StartedAsync(app, "one", Archive);

        Assert.NotEqual(other, started.SessionId);
        Assert.Contains("posted again", started.Remark, StringComparison.Ordinal);
        await AssertIsOfAsync(app, started, Archive);
        Assert.Equal(2, Posts);
    }

    [Theory]
    [InlineData("ImportPolicy")]
    [InlineData("Rescan")]
    public async Task Where_logs_tell_nothing_the_only_session_that_calls_itself_a_rescan_is_taken(string type)
    {
        ServiceProvider app = await StartAsync(
            new SimulatorOptions { Scenario = [NeverActed, new Fault("no-log", "log", 0, int.MaxValue)] });
        await PostAsync(app, "one", Archive);
        string session = appliance.State.Sessions.StartOther(type, appliance.State.Now).Id;

        Assert.Equal(session, (await StartedAsync(app, "one", Archive)).SessionId);
        Assert.Equal(1, Posts);
    }

    [Fact]
    public async Task A_slow_post_whose_process_was_killed_is_waited_for()
    {
        ServiceProvider app = await StartAsync(new SimulatorOptions { Scenario = [new Fault("late", "rescan", 0, 1, 1)] });
        using (CancellationTokenSource kill = new(TimeSpan.FromMilliseconds(300)))
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => RunAsync(app, "one", Archive, false, kill.Token));
        }

        StartedRescan started = await StartedAsync(Open("state.db"), "one", Archive);

        await AssertIsOfAsync(app, started, Archive);
        Assert.Equal(1, Posts);
    }

    [Fact]
    public async Task A_cancel_that_was_recorded_keeps_a_repeated_activity_from_posting()
    {
        ServiceProvider app = await StartAsync(new SimulatorOptions { Scenario = [NeverActed] });
        await PostAsync(app, "one", Archive);
        IntentStore intents = app.GetRequiredService<IntentStore>();
        await intents.SetCanceledAsync(
            new RescanIntent("one", "a1", Archive.Id, DateTimeOffset.UtcNow, null) { CancelReason = "enough" }, default);

        StartedRescan started = await StartedAsync(app, "one", Archive);

        Assert.Equal((null, "enough"), (started.SessionId, started.CancelReason));
        Assert.Equal(1, Posts);
    }

    [Fact]
    public async Task A_process_that_lost_its_work_does_not_post()
    {
        ServiceProvider app = await StartAsync(new SimulatorOptions());
        ServiceProvider stale = Open("state.db", s => s.AddSingleton<IOwnership>(new Lost()));

        Assert.Equal(ApplianceFailure.Transient, (await PostAsync(stale, "one", Archive)).Error!.Failure);

        Assert.Equal(0, Posts);
        StartedRescan started = await StartedAsync(app, "one", Archive);
        Assert.Equal(1, Posts);
        await AssertIsOfAsync(app, started, Archive);
    }

    [Fact]
    public async Task A_process_that_stood_still_before_its_post_does_not_post()
    {
        ServiceProvider app = await StartAsync(new SimulatorOptions());
        ServiceProvider stale = Open(
            "state.db", s => s.AddSingleton<IOwnership>(new StoodStill(TimeSpan.FromMilliseconds(400))),
            fresh: TimeSpan.FromMilliseconds(300));

        Assert.Contains("stood still", (await PostAsync(stale, "one", Archive)).Error!.Message, StringComparison.Ordinal);
        Assert.Equal(0, Posts);
    }

    [Fact]
    public async Task Where_two_processes_posted_the_second_session_is_stopped_and_the_outcome_is_told()
    {
        ServiceProvider app = await StartAsync(new SimulatorOptions { Scenario = [new Fault("slow", "rescan", 0, 1, 3)] });
        Task<ActivityResult<StartedRescan>> slow = PostAsync(app, "one", Archive);
        while (await app.GetRequiredService<IntentStore>().GetIntentAsync("a1", "one", default) is null)
        {
            await Task.Delay(20);
        }

        // Another process that takes the post for dead already.
        StartedRescan second = await StartedAsync(Open("state.db", longest: TimeSpan.Zero), "one", Archive);
        StartedRescan first = (await slow).Value!;

        Assert.Equal(second.SessionId, first.SessionId);
        Assert.Equal(2, Posts);
        Assert.Contains(
            "Two processes posted", (await app.GetRequiredService<IntentStore>().GetIntentAsync("a1", "one", default))!.Remark,
            StringComparison.Ordinal);
        Assert.Equal(1, appliance.Ledger.Count(e => e.Kind == "stop"));
    }

    [Fact]
    public async Task A_session_that_is_started_after_the_end_is_stopped_and_the_outcome_tells_of_it()
    {
        ServiceProvider app = await StartAsync(new SimulatorOptions());
        await RecordAsync(app, "one", null);

        StartedRescan late = (await PostAsync(app, "one", Archive)).Value!;

        RescanOutcome outcome = (await app.GetRequiredService<OutcomeStore>().GetAsync("one", default))!;
        Assert.Contains($"after this was recorded; its session, {late.SessionId}, was stopped", outcome.Reason, StringComparison.Ordinal);
        Assert.Equal(SessionResult.Canceled, (await Client(app).GetSessionAsync(late.SessionId!, default)).Result);
        await PostAsync(app, "one", Archive);
        Assert.Equal(outcome.Reason, (await app.GetRequiredService<OutcomeStore>().GetAsync("one", default))!.Reason);
    }

    [Fact]
    public async Task A_session_that_was_claimed_between_the_last_look_and_the_record_is_stopped_and_told()
    {
        ServiceProvider app = await StartAsync(new SimulatorOptions());
        StartedRescan unseen = (await PostAsync(app, "one", Archive)).Value!;

        RescanOutcome outcome = await RecordAsync(app, "one", null);

        Assert.Contains($"its session, {unseen.SessionId}, was stopped", outcome.Reason, StringComparison.Ordinal);
        Assert.Equal(outcome.Reason, (await app.GetRequiredService<OutcomeStore>().GetAsync("one", default))!.Reason);
        Assert.Equal(SessionResult.Canceled, (await Client(app).GetSessionAsync(unseen.SessionId!, default)).Result);
    }

    [Fact]
    public async Task The_session_that_was_followed_to_its_end_is_left_alone()
    {
        ServiceProvider app = await StartAsync(new SimulatorOptions());
        StartedRescan own = (await PostAsync(app, "one", Archive)).Value!;

        Assert.Null((await RecordAsync(app, "one", own.SessionId)).Reason);

        Assert.Equal(own.SessionId, (await PostAsync(app, "one", Archive)).Value!.SessionId);
        Assert.Equal(SessionState.Running, (await Client(app).GetSessionAsync(own.SessionId!, default)).State);
        Assert.Null((await app.GetRequiredService<OutcomeStore>().GetAsync("one", default))!.Reason);
    }

    private int Posts => appliance.Ledger.Count(e => e.Kind == "rescan");

    private static IApplianceClient Client(ServiceProvider app) => app.GetRequiredService<IApplianceClients>().Get("a1");

    private static Task<ActivityResult<StartedRescan>> PostAsync(
        ServiceProvider app, string request, SimulatedRepository repository, bool adoptOnly = false) =>
        RunAsync(app, request, repository, adoptOnly, default);

    private static Task<ActivityResult<StartedRescan>> RunAsync(
        ServiceProvider app, string request, SimulatedRepository repository, bool adoptOnly, CancellationToken cancellationToken) =>
        ActivatorUtilities.CreateInstance<StartRescan>(app)
        .RunAsync(new StartRescanInput(request, "a1", repository.Id, adoptOnly), cancellationToken);

    /// <summary>Looks again as the orchestration does.</summary>
    private static async Task<StartedRescan> StartedAsync(ServiceProvider app, string request, SimulatedRepository repository)
    {
        using CancellationTokenSource patience = new(TimeSpan.FromSeconds(60));
        while (true)
        {
            ActivityResult<StartedRescan> answer = await RunAsync(app, request, repository, false, patience.Token);
            if (answer.Value is { } started)
            {
                return started;
            }

            Assert.Equal(ApplianceFailure.Transient, answer.Error!.Failure);
            await Task.Delay(100, patience.Token);
        }
    }

    private static async Task<RescanOutcome> RecordAsync(ServiceProvider app, string request, string? session)
    {
        DateTimeOffset now = DateTimeOffset.UtcNow;
        RescanState state = new()
        {
            RequestId = request,
            StartedAt = now,
            Phase = RescanPhase.Recording,
            SessionId = session,
            Outcome = session is null ? Outcome.TimedOut : Outcome.Succeeded,
        };
        RescanRequest rescan = new("a1", new RepositoryRef(Archive.Id, Archive.Name), TimeSpan.FromHours(1), new PollingOptions());
        RecordOutcomeInput input = new(RescanRequest.InstanceIdOf("a1", Archive.Id), rescan, state, now, false);
        return (await ActivatorUtilities.CreateInstance<RecordOutcome>(app).RunAsync(input, default)).Value!;
    }

    private static async Task AssertIsOfAsync(ServiceProvider app, StartedRescan started, SimulatedRepository repository) =>
        Assert.Contains(
            await Client(app).GetSessionLogAsync(started.SessionId!, default),
            i => i.Message.Contains(repository.Name, StringComparison.Ordinal));

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
        foreach (string name in (string[])["state.db", "others.db"])
        {
            tables[name] = await TaskHub.OpenAsync(new TaskHubOptions { StateFile = Path.Combine(folder, name) }, default);
        }

        return Open("state.db");
    }

    private ServiceProvider Open(
        string outcomes, Action<ServiceCollection>? configure = null, TimeSpan? longest = null, TimeSpan? fresh = null)
    {
        IConfiguration configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Rescan:Appliances:0:Name"] = "a1",
            ["Rescan:Appliances:0:BaseUrl"] = appliance.BaseAddress.AbsoluteUri,
            ["Rescan:Appliances:0:Username"] = "rescan",
            ["Rescan:Appliances:0:Password"] = "demo-password",
            ["Rescan:Appliances:0:Thumbprints:0"] = appliance.Thumbprint,
        }).Build();
        ServiceCollection services = new();
        services.AddLogging();
        services.AddSingleton(tables[outcomes].Table!);
        services.AddSingleton(
            new PostLimits(
                Microsoft.Extensions.Options.Options.Create(new Rescan.Functions.Configuration.RescanOptions()))
            {
                Longest = longest
                ?? TimeSpan.FromSeconds(2), Fresh = fresh ?? TimeSpan.FromSeconds(10)
            });
        configure?.Invoke(services);
        services.AddRescan(configuration);
        ServiceProvider app = services.BuildServiceProvider();
        apps.Add(app);
        return app;
    }

    private sealed class Lost : IOwnership
    {
        public Task<bool> IsHeldAsync(CancellationToken cancellationToken) => Task.FromResult(false);
    }

    private sealed class StoodStill(TimeSpan wait) : IOwnership
    {
        public async Task<bool> IsHeldAsync(CancellationToken cancellationToken)
        {
            await Task.Delay(wait, cancellationToken);
            return true;
        }
    }
}
