using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;

namespace Rescan.Tests.Integration.Runtime.Durable;

public abstract partial class ConformanceTests
{
    [Fact]
    public async Task Events_before_the_wait_for_them_are_kept_in_their_order()
    {
        engine.Orchestrators["Collect"] = async c =>
        {
            await c.WaitForExternalEvent<string>("begin");
            List<int> got = [];
            for (int i = 0; i < 5; i++)
            {
                got.Add(await c.WaitForExternalEvent<int>("n"));
            }

            return string.Join(' ', got);
        };
        string id = await engine.Client.ScheduleNewOrchestrationInstanceAsync("Collect");
        for (int i = 1; i <= 5; i++)
        {
            await engine.Client.RaiseEventAsync(id, "n", i);
        }

        await engine.Client.RaiseEventAsync(id, "begin", "");

        Assert.Equal("1 2 3 4 5", (await engine.EndOfAsync(id)).ReadOutputAs<string>());
    }

    [Fact]
    public async Task Names_of_events_do_not_tell_large_letters_from_small()
    {
        engine.Orchestrators["Listen"] = async c => await c.WaitForExternalEvent<string>("Go");
        string id = await engine.Client.ScheduleNewOrchestrationInstanceAsync("Listen");
        await engine.Client.RaiseEventAsync(id, "GO", "heard");

        Assert.Equal("heard", (await engine.EndOfAsync(id)).ReadOutputAs<string>());
    }

    [Fact]
    public async Task Of_two_waits_for_one_event_the_newest_is_served_first()
    {
        engine.Orchestrators["Twice"] = async c =>
        {
            Task<string> older = c.WaitForExternalEvent<string>("go");
            Task<string> newer = c.WaitForExternalEvent<string>("go");
            Task<string> first = await Task.WhenAny(older, newer);
            return $"{(first == newer ? "newer" : "older")} {await first}, then {await (first == newer ? older : newer)}";
        };
        string id = await engine.Client.ScheduleNewOrchestrationInstanceAsync("Twice");
        await engine.Client.WaitForInstanceStartAsync(id);
        await engine.Client.RaiseEventAsync(id, "go", "a");
        await engine.Client.RaiseEventAsync(id, "go", "b");

        Assert.Equal("newer a, then b", (await engine.EndOfAsync(id)).ReadOutputAs<string>());
    }

    [Fact]
    public async Task Events_that_nobody_read_are_carried_over_a_continue_as_new()
    {
        engine.Orchestrators["Again"] = async c =>
        {
            if (c.GetInput<int>() == 0)
            {
                await c.WaitForExternalEvent<string>("first");
                c.ContinueAsNew(1);
                return null;
            }

            return await c.WaitForExternalEvent<string>("second");
        };
        string id = await engine.Client.ScheduleNewOrchestrationInstanceAsync("Again", 0);
        await engine.Client.RaiseEventAsync(id, "second", "kept");
        await engine.Client.RaiseEventAsync(id, "first", "x");

        Assert.Equal("kept", (await engine.EndOfAsync(id)).ReadOutputAs<string>());
    }

    [Fact]
    public async Task Twenty_executions_follow_one_another_and_lose_no_event()
    {
        engine.Orchestrators["Round"] = async c =>
        {
            int sum = c.GetInput<int>() + await c.WaitForExternalEvent<int>("n");
            if (sum < 20)
            {
                c.ContinueAsNew(sum);
            }

            return sum;
        };
        string id = await engine.Client.ScheduleNewOrchestrationInstanceAsync("Round", 0);
        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => engine.Client.RaiseEventAsync(id, "n", 1)));

        Assert.Equal(20, (await engine.EndOfAsync(id)).ReadOutputAs<int>());
    }

    [Fact]
    public async Task Events_to_nobody_and_to_the_ended_are_dropped()
    {
        engine.Orchestrators["Quick"] = _ => Task.FromResult<object?>(1);
        string ended = (await engine.RunAsync("Quick")).InstanceId;

        await engine.Client.RaiseEventAsync(NewId(), "go", "x");
        await engine.Client.RaiseEventAsync(ended, "go", "x");

        Assert.Equal(1, (await engine.RunAsync("Quick")).ReadOutputAs<int>());
        Assert.Equal(OrchestrationRuntimeStatus.Completed, (await engine.Client.GetInstanceAsync(ended))!.RuntimeStatus);
    }

    [Fact]
    public async Task An_event_sent_by_an_orchestration_reaches_another_and_itself()
    {
        string receiver = NewId("receiver");
        engine.Orchestrators["Receiver"] = async c => await c.WaitForExternalEvent<string>("hello");
        engine.Orchestrators["Sender"] = async c =>
        {
            c.SendEvent(receiver, "hello", "from afar");
            c.SendEvent(c.InstanceId, "echo", "heard");
            return await c.WaitForExternalEvent<string>("echo");
        };
        await engine.Client.ScheduleNewOrchestrationInstanceAsync("Receiver", null, new StartOrchestrationOptions(receiver));
        await engine.Client.WaitForInstanceStartAsync(receiver);

        Assert.Equal("heard", (await engine.RunAsync("Sender")).ReadOutputAs<string>());
        Assert.Equal("from afar", (await engine.EndOfAsync(receiver)).ReadOutputAs<string>());
    }
}
