using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Rescan.Functions.Configuration;
using Rescan.Functions.Runs;
using Rescan.Functions.Schedules;
using Rescan.Functions.Storage;
using Rescan.Local.Simulator;

namespace Rescan.Tests.Integration.Schedules;

/// <summary>What is started when, on the engine and over HTTP; the clock is set.</summary>
public sealed class ScheduleTickerTests : IAsyncLifetime
{
    private readonly FakeTimeProvider time = new(Time("2026-05-04T00:00:00Z"));
    private ApiHost api = null!;

    public async Task InitializeAsync() =>
        api = await ApiHost.StartAsync(
            [new SimulatorOptions { SessionDuration = TimeSpan.Zero, Time = time }, new SimulatorOptions { Time = time }], time: time);

    public async Task DisposeAsync() => await api.DisposeAsync();

    [Fact]
    public async Task A_run_begins_once_when_it_is_due_and_takes_what_its_schedule_says()
    {
        ScheduleTicker ticker = Ticker(
            new ScheduleOptions { Name = "prod", Appliances = { "ONE" }, Include = { "prod-*" } },
            new ScheduleOptions { Name = "weekly", Cron = "0 4 * * 0" });
        await TickAsync(ticker);
        Assert.Empty(await RunsAsync());

        time.SetUtcNow(Time("2026-05-04T01:30:00Z"));
        await TickAsync(ticker);
        await TickAsync(ticker);

        JsonElement run = await api.UntilAsync(
            "/api/runs/run-scheduled-prod-20260504t013000z", r => r.GetProperty("items").GetArrayLength() > 0);
        Assert.Equal(
            ["prod-eu-central", "prod-us-east"],
            run.GetProperty("items").EnumerateArray().Select(i => i.GetProperty("repository").GetProperty("name").GetString()).Order());
        Assert.All(run.GetProperty("items").EnumerateArray(), i => Assert.Equal("one", i.GetProperty("appliance").GetString()));
        Assert.Equal(
            ("Schedule", "prod"),
            (run.GetProperty("startedBy").GetProperty("kind").GetString(), run.GetProperty("startedBy").GetProperty("name").GetString()));
        Assert.Equal(JsonValueKind.Null, run.GetProperty("reason").ValueKind);
        Assert.Single(await RunsAsync());
    }

    [Fact]
    public async Task The_last_run_that_was_missed_while_the_app_was_down_is_caught_up_and_says_so()
    {
        await TickAsync(Ticker(new ScheduleOptions()));
        time.SetUtcNow(Time("2026-05-06T05:00:00Z"));
        ScheduleView missed = (await ReadAsync(new ScheduleOptions())).Schedules[0];

        await TickAsync(Ticker(new ScheduleOptions()));

        RunRecord run = Assert.Single(await RunsAsync());
        Assert.Equal(Time("2026-05-06T01:30:00Z"), run.DueAt);
        Assert.Equal(
            "Late by 3 h 30 min; it was due at 2026-05-06 01:30 UTC, when the app was down. 2 earlier runs were missed too and are not "
                + "caught up.",
            run.Reason);
        ScheduleView now = (await ReadAsync(new ScheduleOptions())).Schedules[0];
        Assert.Equal((Time("2026-05-06T01:30:00Z"), null), (missed.MissedAt, now.MissedAt));
        Assert.Equal((Time("2026-05-07T01:30:00Z"), run.DueAt, run.Id), (now.NextDueAt, now.LastDueAt, now.LastStarted?.Id));
    }

    [Fact]
    public async Task A_schedule_that_is_new_or_was_changed_has_missed_nothing()
    {
        await TickAsync(Ticker(new ScheduleOptions(), new ScheduleOptions { Name = "gone" }));
        time.SetUtcNow(Time("2026-05-06T05:00:00Z"));
        ScheduleOptions[] changed = [new ScheduleOptions { Zone = "Asia/Tokyo" }, new ScheduleOptions { Name = "new", Cron = "0 4 * * *" }];
        Assert.All((await ReadAsync(changed)).Schedules, s => Assert.Null(s.MissedAt));

        await TickAsync(Ticker(changed));

        Assert.Empty(await RunsAsync());
        Assert.All((await ReadAsync(changed)).Schedules, s => Assert.Null(s.MissedAt));
        Assert.Equal(["new", "nightly"], (await Store.GetAsync(default)).Marks.Select(m => m.Schedule).Order());
    }

    [Fact]
    public async Task A_timer_that_comes_late_is_told_apart_from_an_app_that_was_down()
    {
        ScheduleTicker ticker = Ticker(new ScheduleOptions());
        await TickAsync(ticker);
        time.SetUtcNow(Time("2026-05-04T01:40:00Z"));
        await TickAsync(ticker);

        Assert.Equal(
            "Late by 10 min 0 s; it was due at 2026-05-04 01:30 UTC, and the timer came late.", Assert.Single(await RunsAsync()).Reason);
    }

    [Fact]
    public async Task A_run_that_comes_due_in_a_pause_is_skipped_with_its_reason_and_the_first_after_it_begins()
    {
        ScheduleOptions[] two = [
            new ScheduleOptions(), new ScheduleOptions { Name = "hourly", Cron = "30 * * * *", Appliances = { "two" } }];
        ScheduleTicker ticker = Ticker(two);
        await TickAsync(ticker);
        (int status, JsonElement view, _) = await api.SendAsync(
            HttpMethod.Post, "/api/schedule/pause", new { until = "2026-05-04T04:30:00+02:00", reason = "an upgrade\u001b[2J" });
        Assert.Equal((200, "2026-05-05T01:30:00+00:00"), (status, view.GetProperty("schedules")[0].GetProperty("nextDueAt").GetString()));
        Assert.Equal("2026-05-04T02:30:00+00:00", view.GetProperty("paused").GetProperty("until").GetString());

        time.SetUtcNow(Time("2026-05-04T01:30:00Z"));
        await TickAsync(ticker);
        time.SetUtcNow(Time("2026-05-04T02:30:00Z"));
        await TickAsync(ticker);

        RunRecord[] runs = [.. (await RunsAsync()).OrderBy(r => r.Id, StringComparer.Ordinal)];
        Assert.Equal(
            [("run-scheduled-hourly-20260504t013000z", RunStatus.Skipped), ("run-scheduled-nightly-20260504t013000z", RunStatus.Skipped)],
            runs.Where(r => r.Status == RunStatus.Skipped).Select(r => (r.Id, r.Status)));
        Assert.Equal("Skipped: all schedules were paused until 2026-05-04 02:30 UTC (an upgrade [2J) by the HTTP API.", runs[0].Reason);
        await api.UntilAsync("/api/runs/run-scheduled-hourly-20260504t023000z", r => r.GetProperty("status").GetString() != "Skipped");
        ScheduleView nightly = (await ReadAsync(two)).Schedules[0];
        Assert.Equal((RunStatus.Skipped, null, null), (nightly.Last?.Status, nightly.LastStarted, nightly.Paused));
    }

    [Fact]
    public async Task A_pause_outlives_the_app_and_covers_what_came_due_while_it_was_down()
    {
        await TickAsync(Ticker(new ScheduleOptions()));
        await api.SendAsync(HttpMethod.Post, "/api/schedule/pause", new { @for = "02:00:00", schedule = "Nightly" });
        await api.RestartAsync();

        Assert.Equal(
            Time("2026-05-04T02:00:00Z"), (await api.GetAsync("/api/schedule")).GetProperty("schedules")[0].GetProperty("paused")
            .GetProperty("until").GetDateTimeOffset());
        time.SetUtcNow(Time("2026-05-04T05:00:00Z"));
        await TickAsync(Ticker(new ScheduleOptions()));

        Assert.Equal(
            "Skipped: the schedule was paused until 2026-05-04 02:00 UTC by the HTTP API.", Assert.Single(await RunsAsync()).Reason);
    }

    [Fact]
    public async Task One_whose_run_still_goes_on_is_skipped_and_another_of_alike_name_is_not()
    {
        ScheduleOptions[] alike =
        [
            new ScheduleOptions { Name = "a", Cron = "0 * * * *", Appliances = { "two" } },
            new ScheduleOptions { Name = "a-b", Cron = "30 1 * * *", Appliances = { "two" } },
        ];
        ScheduleTicker ticker = Ticker(alike);
        await TickAsync(ticker);
        foreach (string at in (string[])["01:00", "01:30", "02:00"])
        {
            time.SetUtcNow(Time($"2026-05-04T{at}:00Z"));
            await TickAsync(ticker);
        }

        RunRecord skipped = Assert.Single(await RunsAsync(), r => r.Status == RunStatus.Skipped);
        Assert.Equal(
            ("run-scheduled-a-20260504t020000z", "Skipped: the scheduled run before it, run-scheduled-a-20260504t010000z, still went on."),
            (skipped.Id, skipped.Reason));
    }

    [Fact]
    public async Task A_tick_with_nothing_due_reads_and_writes_nothing()
    {
        CountingTable table = new(api.Host.Services.GetRequiredService<ITable>());
        ScheduleTicker ticker = Ticker(new ScheduleStore(table), new ScheduleOptions());
        await TickAsync(ticker);
        int first = table.Calls;
        for (int minute = 0; minute < 9; minute++)
        {
            time.Advance(TimeSpan.FromMinutes(1));
            await TickAsync(ticker);
        }

        Assert.Equal(first, table.Calls);
        time.Advance(TimeSpan.FromMinutes(1));
        await TickAsync(ticker);
        Assert.Equal(first + 1, table.Calls);
        Assert.Equal(time.GetUtcNow(), (await Store.GetAsync(default)).TickedAt);
    }

    private ScheduleStore Store => api.Host.Services.GetRequiredService<ScheduleStore>();

    private ScheduleTicker Ticker(params ScheduleOptions[] schedules) => Ticker(Store, schedules);

    private ScheduleTicker Ticker(ScheduleStore store, params ScheduleOptions[] schedules) => new(
        Plan(schedules), api.Host.Services.GetRequiredService<RunStarter>(), api.Host.Services.GetRequiredService<RunStore>(), store, time,
        NullLogger<ScheduleTicker>.Instance);

    private Task TickAsync(ScheduleTicker ticker) => ticker.TickAsync(api.Host.Client, default);

    private Task<SchedulesView> ReadAsync(params ScheduleOptions[] schedules) =>
        new ScheduleReader(Plan(schedules), Store, api.Host.Services.GetRequiredService<RunStore>(), time).ReadAsync(default);

    private async Task<IReadOnlyList<RunRecord>> RunsAsync()
    {
        // A run that was started writes itself down.
        RunStore runs = api.Host.Services.GetRequiredService<RunStore>();
        using CancellationTokenSource patience = new(ApiHost.Patience);
        foreach (ScheduleMark mark in (await Store.GetAsync(default)).Marks.Where(m => m.LastRunId is not null))
        {
            while (await runs.GetRunAsync(mark.LastRunId!, patience.Token) is null)
            {
                await Task.Delay(20, patience.Token);
            }
        }

        return (await runs.ListRunsAsync(100, null, default)).Items;
    }

    private static SchedulePlan Plan(params ScheduleOptions[] schedules) =>
        new(new RescanOptions { Schedules = [.. schedules] }, new ConfigurationBuilder().Build());

    private static DateTimeOffset Time(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);

    private sealed class CountingTable(ITable inner) : ITable
    {
        public int Calls { get; private set; }

        public Task OpenAsync(CancellationToken cancellationToken) => inner.OpenAsync(cancellationToken);

        public Task<TableRow?> GetAsync(string partition, string key, CancellationToken cancellationToken)
        {
            Calls++;
            return inner.GetAsync(partition, key, cancellationToken);
        }

        public IAsyncEnumerable<TableRow> QueryAsync(string partition, KeyRange range, int limit, CancellationToken cancellationToken)
        {
            Calls++;
            return inner.QueryAsync(partition, range, limit, cancellationToken);
        }

        public Task<bool> TryWriteAsync(string partition, IReadOnlyList<TableChange> changes, CancellationToken cancellationToken)
        {
            Calls++;
            return inner.TryWriteAsync(partition, changes, cancellationToken);
        }
    }
}
