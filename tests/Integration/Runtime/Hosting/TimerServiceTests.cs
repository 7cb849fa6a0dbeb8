using System.Globalization;
using System.Threading.Channels;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Rescan.Local.Runtime.Hosting;
using Rescan.Local.Runtime.Durable;

namespace Rescan.Tests.Integration.Runtime.Hosting;

public sealed class TimerServiceTests : IAsyncLifetime
{
    private readonly SqliteTestHub hub = new();
    private readonly FakeTimeProvider time = new(new DateTimeOffset(2026, 5, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly Runs runs = new();
    private readonly Dictionary<string, string?> settings = new() { ["Schedule"] = "0 30 1 * * *" };
    private TaskHub store = null!;

    public async Task InitializeAsync() => store = await hub.OpenAsync(TimeProvider.System);

    public async Task DisposeAsync()
    {
        await store.DisposeAsync();
        await hub.DisposeAsync();
    }

    [Fact]
    public async Task A_timer_runs_when_its_time_comes_and_again_the_next_day()
    {
        await using TimerService service = await StartAsync();
        time.Advance(TimeSpan.FromMinutes(89));
        Assert.False(runs.Any);
        time.Advance(TimeSpan.FromMinutes(1));
        TimerInfo first = await runs.NextAsync();
        await RememberedAsync("2026-05-01T01:30:00Z");
        time.Advance(TimeSpan.FromDays(1));
        await runs.NextAsync();

        Assert.False(first.IsPastDue);
        Assert.Equal(new DateTime(2026, 5, 1, 1, 30, 0, DateTimeKind.Utc), first.ScheduleStatus!.Next);
    }

    [Fact]
    public async Task A_clock_that_jumps_over_the_time_makes_it_late_by_a_minute_at_most()
    {
        await using TimerService service = await StartAsync();
        time.AdjustTime(time.GetUtcNow() + TimeSpan.FromHours(10));
        time.Advance(TimeSpan.FromMinutes(1));

        await runs.NextAsync();
    }

    [Fact]
    public async Task Runs_missed_while_down_are_caught_up_once()
    {
        await store.Values.SetAsync("timer-Nightly", "2026-04-20T01:30:00Z", CancellationToken.None);
        await using TimerService service = await StartAsync();

        Assert.True((await runs.NextAsync()).IsPastDue);
        await RememberedAsync("2026-05-01T00:00:00Z");
        time.Advance(TimeSpan.FromMinutes(90));
        Assert.False((await runs.NextAsync()).IsPastDue);
    }

    [Fact]
    public async Task A_first_start_catches_nothing_up()
    {
        await using TimerService service = await StartAsync();
        time.Advance(TimeSpan.FromMinutes(89));

        Assert.False(runs.Any);
    }

    [Theory]
    [InlineData("AzureWebJobs.Nightly.Disabled", "true")]
    [InlineData("AzureWebJobs.Nightly.Disabled", "1")]
    public async Task A_disabled_timer_does_not_run(string key, string value)
    {
        settings[key] = value;
        await store.Values.SetAsync("timer-Nightly", "2026-04-20T01:30:00Z", CancellationToken.None);
        await store.Values.SetAsync("timer-Other", "2026-04-20T01:30:00Z", CancellationToken.None);
        await using TimerService service = await StartAsync("Nightly", "Other");
        await runs.NextAsync();
        await RememberedAsync("2026-05-01T00:00:00Z");

        Assert.False(runs.Any);
    }

    [Fact]
    public async Task The_time_zone_of_the_settings_counts()
    {
        settings["WEBSITE_TIME_ZONE"] = "Asia/Tokyo";
        await using TimerService service = await StartAsync();
        time.Advance(new TimeSpan(16, 29, 0));
        Assert.False(runs.Any);
        time.Advance(TimeSpan.FromMinutes(1));

        await runs.NextAsync();
    }

    [Theory]
    [InlineData("WEBSITE_TIME_ZONE", "Mars/Olympus", "Mars/Olympus")]
    [InlineData("Schedule", "nightly", "NCRONTAB")]
    public void What_cannot_be_read_is_named(string key, string value, string named)
    {
        settings[key] = value;

        Assert.Contains(named, Assert.Throws<InvalidOperationException>(() => Create("Nightly")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_timer_that_throws_runs_again_at_its_next_time()
    {
        runs.Throw = true;
        await using TimerService service = await StartAsync();
        time.Advance(TimeSpan.FromMinutes(90));
        await runs.NextAsync();
        await RememberedAsync("2026-05-01T01:30:00Z");
        time.Advance(TimeSpan.FromDays(1));

        await runs.NextAsync();
    }

    private TimerService Create(params string[] names)
    {
        ServiceProvider services = new ServiceCollection().AddLogging().AddSingleton(runs).BuildServiceProvider();
        return new TimerService(
            names.Select(n => (n, new TimerTriggerAttribute("%Schedule%"), typeof(Functions).GetMethod(nameof(Functions.Run))!)),
            services, new ConfigurationBuilder().AddInMemoryCollection(settings).Build(), time, store.Values);
    }

    private async Task<TimerService> StartAsync(params string[] names)
    {
        TimerService service = Create(names is [] ? ["Nightly"] : names);
        await service.StartAsync(CancellationToken.None);
        return service;
    }

    private async Task RememberedAsync(string when)
    {
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(30));
        DateTime wanted = DateTimeOffset.Parse(when, CultureInfo.InvariantCulture).UtcDateTime;
        while (!(await store.Values.ListAsync("timer-", limit.Token)).Any(v => DateTimeOffset.Parse(v.Value, CultureInfo.InvariantCulture).UtcDateTime == wanted))
        {
            limit.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    public sealed class Runs
    {
        private readonly Channel<TimerInfo> all = Channel.CreateUnbounded<TimerInfo>();

        public bool Throw { get; set; }

        public bool Any => all.Reader.TryPeek(out _);

        public Task<TimerInfo> NextAsync() => all.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30));

        public void Add(TimerInfo info) => all.Writer.TryWrite(info);
    }

    public sealed class Functions(Runs runs)
    {
        public void Run(TimerInfo info)
        {
            runs.Add(info);
            if (runs.Throw)
            {
                throw new InvalidOperationException("broken");
            }
        }
    }
}
