using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Time.Testing;

namespace Rescan.Tests.Runtime.Engine;

public sealed class VirtualTimeTests : IAsyncLifetime
{
    private readonly FakeTimeProvider time = new(new DateTimeOffset(2026, 5, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly EngineFixture fixture;

    public VirtualTimeTests() => fixture = new EngineFixture(new SqliteTestHub()) { Time = time };

    public Task InitializeAsync() => fixture.StartAsync();

    public async Task DisposeAsync() => await fixture.DisposeAsync();

    [Fact]
    public async Task Timers_fire_at_their_time_and_not_before()
    {
        fixture.Orchestrators["Sleep"] = async c =>
        {
            await c.CreateTimer(TimeSpan.FromDays(60), CancellationToken.None);
            return c.CurrentUtcDateTime;
        };
        string id = await fixture.Client.ScheduleNewOrchestrationInstanceAsync("Sleep");

        time.Advance(TimeSpan.FromDays(60) - TimeSpan.FromMilliseconds(1));
        Assert.False((await fixture.Client.GetInstanceAsync(id))!.IsCompleted);
        time.Advance(TimeSpan.FromMilliseconds(2));

        Assert.InRange((await fixture.EndOfAsync(id)).ReadOutputAs<DateTime>(), new DateTime(2026, 6, 30, 0, 0, 0, DateTimeKind.Utc), time.GetUtcNow().UtcDateTime);
    }

    [Fact]
    public async Task A_timer_that_came_due_while_stopped_fires_at_the_start()
    {
        fixture.Orchestrators["Sleep"] = async c =>
        {
            await c.CreateTimer(TimeSpan.FromDays(1), CancellationToken.None);
            return "woken";
        };
        string id = await fixture.Client.ScheduleNewOrchestrationInstanceAsync("Sleep");
        await fixture.StopAsync();
        time.Advance(TimeSpan.FromDays(3));
        await fixture.StartAsync();

        Assert.Equal("woken", (await fixture.EndOfAsync(id)).ReadOutputAs<string>());
    }

    [Fact]
    public async Task A_retry_waits_longer_each_time_up_to_its_limit()
    {
        List<TimeSpan> waits = [];
        DateTimeOffset last = time.GetUtcNow();
        fixture.Activities["Broken"] = _ =>
        {
            waits.Add(time.GetUtcNow() - last);
            last = time.GetUtcNow();
            throw new InvalidOperationException("no");
        };
        fixture.Orchestrators["Retry"] = async c =>
        {
            await c.CallActivityAsync("Broken", TaskOptions.FromRetryPolicy(
                new RetryPolicy(4, TimeSpan.FromMinutes(1), 10, TimeSpan.FromMinutes(30))));
            return null;
        };
        string id = await fixture.Client.ScheduleNewOrchestrationInstanceAsync("Retry");
        Task<OrchestrationMetadata> end = fixture.EndOfAsync(id);
        while (!end.IsCompleted)
        {
            time.Advance(TimeSpan.FromSeconds(30));
            await Task.Yield();
        }

        await end;
        Assert.Equal(4, waits.Count);
        Assert.True(waits[1] >= TimeSpan.FromMinutes(1) && waits[2] >= TimeSpan.FromMinutes(10) && waits[3] >= TimeSpan.FromMinutes(30));
    }
}
