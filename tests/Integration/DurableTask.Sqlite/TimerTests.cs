using DurableTask.Core;
using DurableTask.Core.History;
using DurableTask.Sqlite;
using Microsoft.DurableTask;
using Microsoft.Extensions.Time.Testing;

namespace Rescan.Tests.Integration.DurableTaskSqlite;

/// <summary>What waits for a time, by the clock of the settings.</summary>
public sealed class TimerTests : InAFolder
{
    private readonly FakeTimeProvider time = new(DateTimeOffset.UtcNow);

    private Hub Waiting() => new Hub(File, time)
        .Orchestrator<TimeSpan, string>("Sleep", async (context, length) =>
        {
            await context.CreateTimer(length, CancellationToken.None);
            return "woke";
        })
        .Orchestrator<string, string>("Event", async (context, input) => input + await context.WaitForExternalEvent<string>("go"));

    [Fact]
    public async Task A_timer_fires_when_it_is_due_and_no_sooner()
    {
        await using Hub hub = await Waiting().StartAsync();
        await hub.BeginAsync("Sleep", TimeSpan.FromHours(50), "s");
        await hub.UntilAsync("s", s => s.OrchestrationStatus == OrchestrationStatus.Running);
        await OutOfMemoryAsync(hub);
        time.Advance(TimeSpan.FromHours(49));
        await OutOfMemoryAsync(hub);
        Assert.Equal(OrchestrationStatus.Running, (await hub.StateAsync("s"))!.OrchestrationStatus);
        time.Advance(TimeSpan.FromHours(1.1));
        Assert.Equal("\"woke\"", (await hub.EndAsync("s")).Output);
    }

    [Fact]
    public async Task Of_two_timers_the_sooner_fires_first_though_it_came_later()
    {
        await using Hub hub = await Waiting().StartAsync();
        await hub.BeginAsync("Sleep", TimeSpan.FromHours(10), "late");
        await hub.UntilAsync("late", s => s.OrchestrationStatus == OrchestrationStatus.Running);
        await hub.BeginAsync("Sleep", TimeSpan.FromHours(1), "soon");
        await hub.UntilAsync("soon", s => s.OrchestrationStatus == OrchestrationStatus.Running);
        time.Advance(TimeSpan.FromHours(1.1));
        await hub.EndAsync("soon");
        Assert.Equal(OrchestrationStatus.Running, (await hub.StateAsync("late"))!.OrchestrationStatus);
        time.Advance(TimeSpan.FromHours(9));
        await hub.EndAsync("late");
    }

    [Fact]
    public async Task A_timer_survives_the_end_of_its_process_and_fires_late_when_it_is_overdue()
    {
        await using (Hub hub = await Waiting().StartAsync())
        {
            await hub.BeginAsync("Sleep", TimeSpan.FromHours(2), "due");
            await hub.BeginAsync("Sleep", TimeSpan.FromHours(200), "later");
            await hub.UntilAsync("due", s => s.OrchestrationStatus == OrchestrationStatus.Running);
            await hub.UntilAsync("later", s => s.OrchestrationStatus == OrchestrationStatus.Running);
        }

        time.Advance(TimeSpan.FromHours(3));
        await using Hub again = await Waiting().StartAsync();
        await again.EndAsync("due");
        Assert.Equal(OrchestrationStatus.Running, (await again.StateAsync("later"))!.OrchestrationStatus);
    }

    [Fact]
    public async Task A_delayed_start_waits_and_events_that_came_early_come_with_it()
    {
        await using Hub hub = await Waiting().StartAsync();
        await hub.Client.CreateScheduledOrchestrationInstanceAsync("Event", "", "d", "a", time.GetUtcNow().UtcDateTime.AddHours(1));
        await hub.RaiseAsync("d", "go", "!");
        OrchestrationState state = (await hub.StateAsync("d"))!;
        Assert.Equal(OrchestrationStatus.Pending, state.OrchestrationStatus);
        Assert.NotNull(state.ScheduledStartTime);
        await OutOfMemoryAsync(hub);
        time.Advance(TimeSpan.FromMinutes(50));
        await OutOfMemoryAsync(hub);
        Assert.Equal(OrchestrationStatus.Pending, (await hub.StateAsync("d"))!.OrchestrationStatus);
        time.Advance(TimeSpan.FromMinutes(11));
        Assert.Equal("\"a!\"", (await hub.EndAsync("d")).Output);
        Assert.Equal(0L, hub.Service.Database.Read(db => db.QueryInt64("SELECT count(*) FROM messages")));
    }

    [Fact]
    public async Task A_delayed_start_is_terminated_before_any_of_its_code_runs()
    {
        await using Hub hub = await Waiting().StartAsync();
        await hub.Client.CreateScheduledOrchestrationInstanceAsync("Event", "", "d", "a", time.GetUtcNow().UtcDateTime.AddHours(1));
        await hub.Client.TerminateInstanceAsync(new OrchestrationInstance { InstanceId = "d" }, "no");
        OrchestrationState end = await hub.EndAsync("d");
        Assert.Equal((OrchestrationStatus.Terminated, "no"), (end.OrchestrationStatus, end.Output));
        time.Advance(TimeSpan.FromHours(2));
        await OutOfMemoryAsync(hub);
        Assert.DoesNotContain((await hub.Service.GetHistoryAsync("d"))!, e => e is OrchestratorStartedEvent);
        Assert.Equal(1, (await hub.Service.PurgeInstanceStateAsync("d")).DeletedInstanceCount);
    }

    [Fact]
    public async Task A_timer_in_the_past_fires_at_once()
    {
        await using Hub hub = await Waiting().StartAsync();
        Assert.Equal("\"woke\"", await hub.RunAsync("Sleep", TimeSpan.FromHours(-1)));
    }

    [Fact]
    public async Task Ten_thousand_that_are_due_at_once_all_go_on()
    {
        const int Many = 10_000;
        await using Hub hub = await Waiting().StartAsync();
        await StartManyAsync(hub, Many);
        time.Advance(TimeSpan.FromHours(2));
        await Eventually.Async(
            () => hub.Service.Database.Read(db => db.QueryInt64("SELECT count(*) FROM instances WHERE status = 1")) == Many, 120);
    }

    [Fact]
    public async Task Ten_thousand_that_wait_take_less_than_a_kibibyte_each()
    {
        await using VictimProcess victim = VictimProcess.Start(File, 60, "x", "wait");
        await Eventually.Async(() => victim.After("bytes").Count > 0, 120);
        int each = int.Parse(victim.After("bytes").Single(), System.Globalization.CultureInfo.InvariantCulture);
        Assert.True(each < 1024, $"{each} bytes an instance");
    }

    [Fact]
    public async Task A_clock_that_is_set_back_an_hour_makes_nothing_wait_an_hour_longer()
    {
        SettableClock clock = new();
        await using Hub hub = await new Hub(File, clock)
            .Orchestrator<TimeSpan, string>("Sleep", async (context, length) =>
            {
                await context.CreateTimer(length, CancellationToken.None);
                return "woke";
            })
            .StartAsync();
        await hub.BeginAsync("Sleep", TimeSpan.FromSeconds(5), "before");
        await hub.UntilAsync("before", s => s.OrchestrationStatus == OrchestrationStatus.Running);
        clock.Offset = -TimeSpan.FromHours(1);
        Assert.Equal("\"woke\"", (await hub.EndAsync("before")).Output);
    }

    private sealed class SettableClock : TimeProvider
    {
        public TimeSpan Offset { get; set; }

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Offset;
    }

    private static async Task StartManyAsync(Hub hub, int count)
    {
        await Parallel.ForAsync(
            0, count, new ParallelOptions { MaxDegreeOfParallelism = 500 }, async (i, _) =>
                await hub.BeginAsync("Sleep", TimeSpan.FromHours(1), $"many-{i}"));
        await Eventually.Async(
            () => hub.Service.Database.Read(db => db.QueryInt64("SELECT count(*) FROM instances WHERE status = 0")) == count, 120);
        await OutOfMemoryAsync(hub);
    }

    private static Task OutOfMemoryAsync(Hub hub) => Eventually.Async(() => hub.Service.InMemory == 0);
}
