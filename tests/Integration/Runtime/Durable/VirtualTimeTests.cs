using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Time.Testing;

namespace Rescan.Tests.Integration.Runtime.Durable;

/// <summary>Orchestrations by a clock that a test moves. Azure Storage goes by its own.</summary>
public sealed class VirtualTimeTests : IAsyncLifetime
{
    private readonly FakeTimeProvider time = new(new DateTimeOffset(2026, 5, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly EngineFixture engine;

    public VirtualTimeTests() => engine = new EngineFixture(new SqliteTestHub()) { Time = time };

    public Task InitializeAsync() => engine.StartAsync();

    public async Task DisposeAsync() => await engine.DisposeAsync();

    [Fact]
    public async Task A_timer_of_sixty_days_fires_at_its_time_and_not_before()
    {
        engine.Orchestrators["Sleep"] = async c =>
        {
            await c.CreateTimer(TimeSpan.FromDays(60), CancellationToken.None);
            return c.CurrentUtcDateTime;
        };
        string id = await engine.Client.ScheduleNewOrchestrationInstanceAsync("Sleep");
        await engine.Client.WaitForInstanceStartAsync(id);

        // The engine splits it at every third day.
        for (int days = 0; days < 57; days += 3)
        {
            await IdleAsync();
            time.Advance(TimeSpan.FromDays(3));
        }

        await IdleAsync();
        time.Advance(TimeSpan.FromDays(3) - TimeSpan.FromMinutes(1));
        await IdleAsync();
        Assert.False((await engine.Client.GetInstanceAsync(id))!.IsCompleted);
        time.Advance(TimeSpan.FromMinutes(2));

        Assert.InRange(
            (await engine.EndOfAsync(id)).ReadOutputAs<DateTime>(), new DateTime(2026, 6, 30, 0, 0, 0, DateTimeKind.Utc),
            time.GetUtcNow().UtcDateTime);
    }

    [Fact]
    public async Task A_timer_that_came_due_while_stopped_fires_at_the_start()
    {
        engine.Orchestrators["Sleep"] = async c =>
        {
            await c.CreateTimer(TimeSpan.FromDays(1), CancellationToken.None);
            return "woken";
        };
        string id = await engine.Client.ScheduleNewOrchestrationInstanceAsync("Sleep");
        await engine.Client.WaitForInstanceStartAsync(id);
        await engine.StopAsync();
        time.Advance(TimeSpan.FromDays(3));
        await engine.StartAsync();

        Assert.Equal("woken", (await engine.EndOfAsync(id)).ReadOutputAs<string>());
    }

    [Fact]
    public async Task Times_of_instances_and_of_their_children_are_the_clocks()
    {
        engine.Orchestrators["Child"] = c => Task.FromResult<object?>(c.CurrentUtcDateTime);
        engine.Orchestrators["Parent"] = async c => await c.CallSubOrchestratorAsync<DateTime>(
            "Child", null, new SubOrchestrationOptions(instanceId: "child"));

        OrchestrationMetadata end = await engine.RunAsync("Parent");

        Assert.Equal(time.GetUtcNow().UtcDateTime, end.ReadOutputAs<DateTime>());
        foreach (OrchestrationMetadata instance in (OrchestrationMetadata[])[end, (await engine.Client.GetInstanceAsync("child"))!])
        {
            Assert.Equal((time.GetUtcNow(), time.GetUtcNow()), (instance.CreatedAt, instance.LastUpdatedAt));
        }
    }

    [Fact]
    public async Task A_retry_waits_longer_each_time_up_to_its_limit()
    {
        List<TimeSpan> waits = [];
        DateTimeOffset last = time.GetUtcNow();
        engine.Activities["Broken"] = _ =>
        {
            waits.Add(time.GetUtcNow() - last);
            last = time.GetUtcNow();
            throw new InvalidOperationException("no");
        };
        engine.Orchestrators["Retry"] = async c =>
        {
            await c.CallActivityAsync(
                "Broken", TaskOptions.FromRetryPolicy(new RetryPolicy(4, TimeSpan.FromMinutes(1), 10, TimeSpan.FromMinutes(30))));
            return null;
        };
        string id = await engine.Client.ScheduleNewOrchestrationInstanceAsync("Retry");
        Task<OrchestrationMetadata> end = engine.EndOfAsync(id);
        while (!end.IsCompleted)
        {
            await IdleAsync();
            time.Advance(TimeSpan.FromSeconds(30));
        }

        await end;
        Assert.Equal(4, waits.Count);
        Assert.True(waits[1] >= TimeSpan.FromMinutes(1) && waits[2] >= TimeSpan.FromMinutes(10) && waits[3] >= TimeSpan.FromMinutes(30));
    }

    private async Task IdleAsync()
    {
        using CancellationTokenSource patience = new(TimeSpan.FromSeconds(60));
        while (!engine.Worker.IsIdle)
        {
            await Task.Delay(1, patience.Token);
        }
    }
}
