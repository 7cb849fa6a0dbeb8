using System.Globalization;
using System.Text.Json;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Rescan.Functions.Runs;
using Rescan.Functions.Storage;
using Rescan.Local.Simulator;
using Rescan.Tests.Integration.Runtime.Hosting;

namespace Rescan.Tests.Integration.Api;

public sealed class ScheduleTests
{
    private static readonly SimulatorOptions Quick = new() { SessionDuration = TimeSpan.FromMilliseconds(200) };

    [Theory]
    [InlineData("0 30 1 * * *", null, "2026-05-01T00:00:00Z", "2026-05-01T01:30:00Z", "2026-04-30T01:30:00Z", "UTC")]
    [InlineData("30 1 * * *", "Europe/Berlin", "2026-05-01T00:00:00Z", "2026-05-01T23:30:00Z", "2026-04-30T23:30:00Z", "Europe/Berlin")]
    [InlineData("0 30 2 * * *", "W. Europe Standard Time", "2026-03-28T12:00:00Z", "2026-03-29T01:00:00Z", "2026-03-28T01:30:00Z", "Europe/Berlin")]
    [InlineData("0 30 2 * * *", "Europe/Berlin", "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z", "2026-10-25T00:30:00Z", "Europe/Berlin")]
    [InlineData("0 0 12 1 7 *", "America/New_York", "2026-01-01T00:00:00Z", "2026-07-01T16:00:00Z", "2025-07-01T16:00:00Z", "America/New_York")]
    public void The_next_and_the_last_run_are_at_the_zones_own_time(string cron, string? zone, string now, string next, string last, string name)
    {
        NightlySchedule schedule = Of(("RescanSchedule", cron), ("WEBSITE_TIME_ZONE", zone));

        Assert.Equal((Time(next), Time(last), name), (schedule.NextAfter(Time(now)), schedule.LastUntil(Time(now)), schedule.TimeZone));
    }

    [Theory]
    [InlineData("0 30 1 * * *", "Mars/Olympus", true)]
    [InlineData("every day", null, true)]
    [InlineData("", null, true)]
    [InlineData("0 30 1 * * *", null, false)]
    public void What_the_host_would_not_run_is_never_due(string cron, string? zone, bool isEnabled)
    {
        NightlySchedule schedule = Of(("RescanSchedule", cron), ("WEBSITE_TIME_ZONE", zone), ("AzureWebJobs.NightlyRescan.Disabled", isEnabled ? null : "true"));

        Assert.Equal((null, isEnabled), (schedule.NextAfter(Time("2026-05-01T00:00:00Z")), schedule.IsEnabled));
    }

    [Fact]
    public async Task A_run_that_begins_late_says_so_and_is_told_by_the_schedule()
    {
        FakeTimeProvider time = new(Time("2026-05-04T05:00:00Z"));
        await using ApiHost api = await ApiHost.StartAsync([Quick with { Time = time }], time: time);
        NightlyRescan nightly = ActivatorUtilities.CreateInstance<NightlyRescan>(api.Host.Services);
        DateTime last = Time("2026-05-01T01:30:00Z").UtcDateTime;
        TimerInfo timer = new() { IsPastDue = true, ScheduleStatus = new ScheduleStatus { Last = last, Next = last.AddDays(1), LastUpdated = last } };

        await nightly.RunAsync(timer, api.Host.Client, default);
        JsonElement view = await api.UntilAsync("/api/schedule", s => s.GetProperty("recent").GetArrayLength() == 1);

        JsonElement run = view.GetProperty("recent")[0];
        Assert.Equal("Began 3 h 30 min late: it was due at 2026-05-04 01:30 UTC, while no host was running to begin it. 2 earlier runs were missed too and are not caught up.", run.GetProperty("reason").GetString());
        Assert.Equal((Time("2026-05-04T01:30:00Z"), Time("2026-05-05T01:30:00Z")), (run.GetProperty("dueAt").GetDateTimeOffset(), view.GetProperty("nextDueAt").GetDateTimeOffset()));
        Assert.Equal("Schedule", run.GetProperty("startedBy").GetProperty("kind").GetString());
        Assert.Equal(JsonValueKind.Null, view.GetProperty("missedAt").ValueKind);
    }

    [Fact]
    public async Task A_run_that_was_due_and_never_began_is_missed_only_where_an_earlier_one_did()
    {
        FakeTimeProvider time = new(Time("2026-05-04T05:00:00Z"));
        await using ApiHost api = await ApiHost.StartAsync([Quick with { Time = time }], time: time);

        JsonElement fresh = await api.GetAsync("/api/schedule");
        DateTimeOffset began = Time("2026-05-02T01:30:00Z");
        await api.Host.Services.GetRequiredService<RunStore>().AddRunAsync(
            new RunRecord { Id = "run-scheduled-20260502t013000z", Status = RunStatus.Completed, StartedAt = began, FinishedAt = began.AddHours(1) }, default);
        JsonElement later = await api.GetAsync("/api/schedule");

        Assert.Equal(JsonValueKind.Null, fresh.GetProperty("missedAt").ValueKind);
        Assert.Equal(Time("2026-05-04T01:30:00Z"), later.GetProperty("missedAt").GetDateTimeOffset());
    }

    private static NightlySchedule Of(params (string Key, string? Value)[] settings) =>
        new(new ConfigurationBuilder().AddInMemoryCollection(settings.Select(s => KeyValuePair.Create(s.Key, s.Value))).Build());

    private static DateTimeOffset Time(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);
}
