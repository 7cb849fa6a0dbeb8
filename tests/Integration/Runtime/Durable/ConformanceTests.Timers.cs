using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;

namespace Rescan.Tests.Integration.Runtime.Durable;

public abstract partial class ConformanceTests
{
    [Fact]
    public async Task A_timer_fires_at_its_time_and_not_before()
    {
        engine.Orchestrators["Sleep"] = async c =>
        {
            DateTime due = c.CurrentUtcDateTime.AddSeconds(3);
            await c.CreateTimer(due, CancellationToken.None);
            return (c.CurrentUtcDateTime - due).TotalSeconds;
        };

        // Azure Storage counts in whole seconds.
        Assert.InRange((await engine.RunAsync("Sleep")).ReadOutputAs<double>(), -1, 60);
    }

    [Fact]
    public async Task A_timer_whose_time_has_passed_fires_at_once()
    {
        engine.Orchestrators["Late"] = async c =>
        {
            await c.CreateTimer(c.CurrentUtcDateTime.AddHours(-1), CancellationToken.None);
            return "fired";
        };

        Assert.Equal("fired", (await engine.RunAsync("Late")).ReadOutputAs<string>());
    }

    [Fact]
    public async Task An_event_wins_over_a_long_timer_and_a_cancelled_timer_holds_nothing_up()
    {
        engine.Orchestrators["Race"] = async c =>
        {
            using CancellationTokenSource cancel = new();
            Task timer = c.CreateTimer(TimeSpan.FromDays(1), cancel.Token);
            Task<string> told = c.WaitForExternalEvent<string>("go");
            Task first = await Task.WhenAny(timer, told);
            cancel.Cancel();
            return first == told ? told.Result : "timer";
        };
        string id = await engine.Client.ScheduleNewOrchestrationInstanceAsync("Race");
        await engine.Client.WaitForInstanceStartAsync(id);
        await engine.Client.RaiseEventAsync(id, "go", "now");

        Assert.Equal("now", (await engine.EndOfAsync(id)).ReadOutputAs<string>());
    }

    [Fact]
    public async Task A_timer_left_open_holds_the_end_up_until_it_fires()
    {
        engine.Orchestrators["Leaves a timer"] = async c =>
        {
            _ = c.CreateTimer(TimeSpan.FromSeconds(4), CancellationToken.None);
            return await c.WaitForExternalEvent<string>("go");
        };
        string id = await engine.Client.ScheduleNewOrchestrationInstanceAsync("Leaves a timer");
        OrchestrationMetadata started = await engine.Client.WaitForInstanceStartAsync(id);
        await engine.Client.RaiseEventAsync(id, "go", "now");

        OrchestrationMetadata end = await engine.EndOfAsync(id);
        Assert.Equal("now", end.ReadOutputAs<string>());
        Assert.InRange(end.LastUpdatedAt - started.CreatedAt, TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(60));
    }

    [Fact]
    public async Task A_timer_of_an_execution_that_is_over_does_not_disturb_the_next()
    {
        engine.Orchestrators["Renew"] = async c =>
        {
            using CancellationTokenSource cancel = new();
            int round = c.GetInput<int>();
            Task timer = c.CreateTimer(TimeSpan.FromSeconds(round == 0 ? 8 : 12), cancel.Token);
            Task<string> told = c.WaitForExternalEvent<string>("go");
            if (await Task.WhenAny(timer, told) == told)
            {
                cancel.Cancel();
                c.ContinueAsNew(1);
                return null;
            }

            return "the timer of round " + round;
        };
        string id = await engine.Client.ScheduleNewOrchestrationInstanceAsync("Renew", 0);
        await engine.Client.RaiseEventAsync(id, "go", "x");

        OrchestrationMetadata end = await engine.EndOfAsync(id);
        Assert.Equal("the timer of round 1", end.ReadOutputAs<string>());
        Assert.True(end.LastUpdatedAt - end.CreatedAt >= TimeSpan.FromSeconds(10), "the first execution's timer ended the second");
    }
}
