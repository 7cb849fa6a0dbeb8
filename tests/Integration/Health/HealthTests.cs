using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;
using Microsoft.Extensions.Time.Testing;
using Rescan.Functions.Health;
using Rescan.Functions.Configuration;
using Rescan.Functions.Schedules;
using Rescan.Functions.Storage;
using Rescan.Local.Simulator;
using Rescan.Local.Simulator.Faults;
using Rescan.Tests.Integration.Runtime.Hosting;

namespace Rescan.Tests.Integration.Health;

/// <summary>What the app says of itself and of its appliances, over HTTP and in the log.</summary>
public sealed class HealthTests
{
    [Fact]
    public async Task Readiness_looks_at_store_engine_and_timers_and_liveness_at_nothing()
    {
        FakeTimeProvider time = new(DateTimeOffset.UtcNow);
        await using ApiHost api = await ApiHost.StartAsync([new()], time: time);

        (int status, JsonElement health, _) = await api.SendAsync(HttpMethod.Get, "/api/health");

        Assert.Equal((200, "Healthy"), (status, health.GetProperty("status").GetString()));
        Assert.Equal(
            ["engine", "store", "timers"],
            health.GetProperty("checks").EnumerateArray().Select(c => c.GetProperty("name").GetString()).Order());
        Assert.All(health.GetProperty("checks").EnumerateArray(), c => Assert.True(c.GetProperty("healthy").GetBoolean()));
        Assert.Equal(JsonValueKind.Null, health.GetProperty("appliances")[0].GetProperty("answers").ValueKind);

        ScheduleStore store = api.Host.Services.GetRequiredService<ScheduleStore>();
        await store.AdvanceAsync(Mark(DateTimeOffset.UtcNow.AddDays(-3)), default);
        await store.TickAsync(time.GetUtcNow(), default);
        time.Advance(TimeSpan.FromHours(3));
        await store.TickAsync(time.GetUtcNow(), default);
        using HttpResponseMessage unready = await api.Http.GetAsync("/api/health");
        health = await unready.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "Unhealthy"), (unready.StatusCode, health.GetProperty("status").GetString()));
        JsonElement timers = health.GetProperty("checks").EnumerateArray().Single(c => !c.GetProperty("healthy").GetBoolean());
        Assert.Equal("timers", timers.GetProperty("name").GetString());
        Assert.Contains("has not begun", timers.GetProperty("fault").GetString(), StringComparison.Ordinal);
        Assert.Equal(200, (await api.SendAsync(HttpMethod.Get, "/api/health/live")).Status);
    }

    [Theory]
    [InlineData("30 1 * * *", "", "2026-03-02T01:30:00Z", "2026-03-03T03:29:00Z", true)]
    [InlineData("30 1 * * *", "", "2026-03-02T01:30:00Z", "2026-03-03T03:31:00Z", false)]
    [InlineData("30 1 * * *", "Europe/Berlin", "2026-07-02T23:30:00Z", "2026-07-04T01:29:00Z", true)]
    [InlineData("30 1 * * *", "W. Europe Standard Time", "2026-07-02T23:30:00Z", "2026-07-04T01:31:00Z", false)]
    [InlineData("0 30 1 * * *", "Europe/Berlin", "2026-10-24T23:30:00Z", "2026-10-26T02:20:00Z", true)]
    public async Task A_scheduled_run_that_was_due_is_missed_after_two_hours(string cron, string zone, string last, string now, bool well)
    {
        (ScheduleStore store, FakeTimeProvider time, ApiHost api) = await StoreAsync(DateTimeOffset.Parse(last, null));
        await using ApiHost closes = api;
        RescanOptions options = new() { Schedules = { new ScheduleOptions { Cron = cron, Zone = zone } } };
        SchedulePlan plan = new(options, Settings([]));
        await store.AdvanceAsync(new ScheduleMark("nightly", plan.Schedules[0].Definition, DateTimeOffset.Parse(last, null)), default);
        ScheduleReadiness readiness = new(store, plan, time);
        time.SetUtcNow(DateTimeOffset.Parse(now, null));
        await store.TickAsync(time.GetUtcNow(), default);

        Assert.Equal(well, await readiness.FindFaultAsync(default) is null);

        SchedulePlan off = new(options, Settings(new() { ["AzureWebJobs_StartScheduledRuns_Disabled"] = "true" }));
        Assert.Null(await new ScheduleReadiness(store, off, time).FindFaultAsync(default));
    }

    [Fact]
    public async Task A_timer_that_has_stopped_is_told_also_where_nothing_was_due_and_an_app_that_starts_gives_it_time()
    {
        DateTimeOffset start = DateTimeOffset.Parse("2026-03-02T02:00:00Z", null);
        (ScheduleStore store, FakeTimeProvider time, ApiHost api) = await StoreAsync(start);
        await using ApiHost closes = api;
        SchedulePlan plan = new(new RescanOptions(), Settings([]));
        ScheduleReadiness readiness = new(store, plan, time);
        time.Advance(TimeSpan.FromHours(2));
        Assert.Equal("the timer has never looked for due runs", await readiness.FindFaultAsync(default));

        await store.TickAsync(time.GetUtcNow(), default);
        Assert.Null(await readiness.FindFaultAsync(default));
        time.Advance(TimeSpan.FromHours(3));

        Assert.Equal("the timer has not looked for due runs since 2026-03-02 04:00 UTC", await readiness.FindFaultAsync(default));
        Assert.Null(await new ScheduleReadiness(store, plan, time).FindFaultAsync(default));
    }

    [Fact]
    public async Task An_appliance_that_goes_is_one_line_and_one_when_it_is_back()
    {
        using FakeLoggerProvider log = new();
        // Each request is repeated twice at once, so these are three that fail.
        await using ApiHost api = await ApiHost.StartAsync(
            [new SimulatorOptions { Scenario = [new Fault("unavailable", "repositories", 0, 9)] }], log: log);
        async Task<JsonElement> ApplianceAsync() => (await api.SendAsync(HttpMethod.Get, "/api/health")).Body.GetProperty("appliances")[0];

        for (int i = 0; i < 3; i++)
        {
            Assert.Equal(
                503, (await api.SendAsync(HttpMethod.Post, "/api/rescans", new { appliance = "one", repository = "archive" })).Status);
        }

        JsonElement down = await ApplianceAsync();
        Assert.Equal(("one", false), (down.GetProperty("name").GetString(), down.GetProperty("answers").GetBoolean()));
        Assert.Equal(202, (await api.SendAsync(HttpMethod.Post, "/api/rescans", new { appliance = "one", repository = "archive" })).Status);
        Assert.True((await ApplianceAsync()).GetProperty("answers").GetBoolean());

        FakeLogRecord[] said = [
            .. log.Collector.GetSnapshot().Where(r => r.Message.StartsWith("Appliance one ", StringComparison.Ordinal))];
        Assert.Equal([LogLevel.Warning, LogLevel.Information], said.Select(r => r.Level));
        Assert.Contains("does not answer: HTTP 503", said[0].Message, StringComparison.Ordinal);
        Assert.Contains("answers again", said[1].Message, StringComparison.Ordinal);
        Assert.DoesNotContain(
            log.Collector.GetSnapshot(), r => r.Category!.StartsWith("Polly", StringComparison.Ordinal) || r.Exception is not null);
    }

    private static async Task<(ScheduleStore Store, FakeTimeProvider Time, ApiHost Api)> StoreAsync(DateTimeOffset now)
    {
        ApiHost api = await ApiHost.StartAsync([new()]);
        return (api.Host.Services.GetRequiredService<ScheduleStore>(), new FakeTimeProvider(now), api);
    }

    private static ScheduleMark Mark(DateTimeOffset seen) => new("nightly", "30 1 * * * UTC", seen);

    private static IConfiguration Settings(Dictionary<string, string?> values) =>
        new ConfigurationBuilder().AddInMemoryCollection(values).Build();
}
