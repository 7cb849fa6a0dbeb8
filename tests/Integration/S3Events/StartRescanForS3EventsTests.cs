using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Rescan.Functions.Appliances;
using Rescan.Functions.Configuration;
using Rescan.Functions.Rescans;
using Rescan.Functions.S3Events;
using Rescan.Functions.Storage;
using Rescan.Local.Runtime.Durable;
using Rescan.Tests.Integration.Durability;
using Rescan.Tests.Integration.Runtime.Hosting;

namespace Rescan.Tests.Integration.S3Events;

/// <summary>Which rescans have seen the events, on the real engine; the rescan itself is a stand-in that stays at a given step.</summary>
public sealed class StartRescanForS3EventsTests : IAsyncLifetime
{
    private const string Id = "rescan-one-r1";
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly EngineFixture fixture = new(new SqliteTestHub()) { Time = new FakeTimeProvider(Now) };
    private readonly RescanOptions options = new() { Appliances = { new() { Name = "one" } }, Deadline = TimeSpan.FromHours(3) };
    private readonly string folder = Directory.CreateTempSubdirectory("rescan-s3-").FullName;
    private RescanPhase? phase = RescanPhase.Watching;

    public Task InitializeAsync()
    {
        fixture.Orchestrators[nameof(RescanOrchestration)] = async c =>
        {
            if (phase is { } at)
            {
                c.SetCustomStatus(new RescanStatus(at, null, null, 0, null, null, new RequestCounts()));
            }

            return await c.WaitForExternalEvent<string>("end");
        };
        return fixture.StartAsync();
    }

    public async Task DisposeAsync()
    {
        await fixture.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task Where_none_runs_a_rescan_is_started_with_the_settings()
    {
        Assert.Equal(StartRescanForS3EventsResult.Started, await RunAsync(Now.AddMinutes(-1)));

        RescanRequest request = (await fixture.Client.GetInstanceAsync(Id, true))!.ReadInputAs<RescanRequest>()!;
        Assert.Equal(
            ("one", new RepositoryRef("r1", "nightly"), TimeSpan.FromHours(3)), (request.Appliance, request.Repository, request.Deadline));
    }

    [Fact]
    public async Task After_one_that_has_ended_another_is_started()
    {
        await StartAsync(null);
        await fixture.Client.RaiseEventAsync(Id, "end", "x");
        await fixture.EndOfAsync(Id);

        Assert.Equal(StartRescanForS3EventsResult.Started, await RunAsync(Now.AddMinutes(1)));
        Assert.False((await fixture.Client.GetInstanceAsync(Id))!.IsCompleted);
    }

    [Theory]
    [InlineData(-1, StartRescanForS3EventsResult.Started)]
    [InlineData(0, StartRescanForS3EventsResult.Started)]
    [InlineData(1, StartRescanForS3EventsResult.Busy)]
    public async Task One_that_runs_has_seen_the_events_before_its_start(int minutes, StartRescanForS3EventsResult start)
    {
        await StartAsync(null);

        Assert.Equal(start, await RunAsync(Now.AddMinutes(minutes)));
    }

    [Fact]
    public async Task One_that_carries_its_start_is_asked_for_that_and_not_for_its_latest_execution()
    {
        await StartAsync(Now.AddHours(-1));

        Assert.Equal(StartRescanForS3EventsResult.Busy, await RunAsync(Now.AddMinutes(-1)));
    }

    [Theory]
    [InlineData(null, StartRescanForS3EventsResult.Started)]
    [InlineData(RescanPhase.SigningIn, StartRescanForS3EventsResult.Started)]
    [InlineData(RescanPhase.Starting, StartRescanForS3EventsResult.Busy)]
    [InlineData(RescanPhase.Stopping, StartRescanForS3EventsResult.Busy)]
    public async Task One_that_has_not_come_to_its_session_will_see_everything(RescanPhase? at, StartRescanForS3EventsResult start)
    {
        phase = at;
        await StartAsync(Now.AddHours(-1));

        Assert.Equal(start, await RunAsync(Now.AddMinutes(-1)));
    }

    [Fact]
    public async Task An_appliance_that_is_not_configured_any_more_is_gone()
    {
        options.Appliances[0].Name = "two";

        Assert.Equal(StartRescanForS3EventsResult.Gone, await RunAsync(Now));
        Assert.Null(await fixture.Client.GetInstanceAsync(Id));
    }

    private async Task StartAsync(DateTimeOffset? startedAt)
    {
        RescanRequest request = new("one", new RepositoryRef("r1", "nightly"), TimeSpan.FromHours(3), new PollingOptions())
        {
            State = startedAt is { } at ? new RescanState { RequestId = "q", StartedAt = at } : null,
        };
        await fixture.Client.ScheduleNewOrchestrationInstanceAsync(nameof(RescanOrchestration), request, new StartOrchestrationOptions(Id));
        await fixture.Client.WaitForInstanceStartAsync(Id, CancellationToken.None);
    }

    private async Task<StartRescanForS3EventsResult> RunAsync(DateTimeOffset eventsUntil)
    {
        IOptions<RescanOptions> settings = Options.Create(options);
        await using ServiceProvider http = new ServiceCollection().AddHttpClient().BuildServiceProvider();
        ApplianceClients appliances = new(
            settings, http.GetRequiredService<IHttpClientFactory>(), new CertificatesSeen(),
            new PasswordSource(
                new VaultSecrets(settings, new Azure.Identity.DefaultAzureCredential(), VaultSecrets.ClientOptions()),
                Microsoft.Extensions.Logging.Abstractions.NullLogger<PasswordSource>.Instance), TimeProvider.System);
        await using TaskHub hub = await TaskHub.OpenAsync(new TaskHubOptions { StateFile = Path.Combine(folder, "table.db") }, default);
        IntentStore intents = new(hub.Table!, fixture.Time);
        return await new StartRescanForS3Events(settings, appliances, new RescanInstances(intents, fixture.Time)).RunAsync(
            new StartRescanForS3EventsInput("one", "r1", "nightly", eventsUntil), fixture.Client, CancellationToken.None);
    }
}
