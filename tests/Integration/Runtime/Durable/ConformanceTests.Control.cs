using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;

namespace Rescan.Tests.Integration.Runtime.Durable;

public abstract partial class ConformanceTests
{
    [Fact]
    public async Task A_custom_status_is_seen_while_it_runs_and_after()
    {
        engine.Orchestrators["Tells"] = async c =>
        {
            c.SetCustomStatus(new { Phase = "waiting" });
            await c.WaitForExternalEvent<string>("go");
            c.SetCustomStatus(new { Phase = "ended" });
            return null;
        };
        string id = await engine.Client.ScheduleNewOrchestrationInstanceAsync("Tells");
        await engine.UntilAsync(id, i => i.SerializedCustomStatus is """{"Phase":"waiting"}""");
        await engine.Client.RaiseEventAsync(id, "go", "x");

        Assert.Equal("""{"Phase":"ended"}""", (await engine.EndOfAsync(id)).SerializedCustomStatus);
    }

    [Fact]
    public async Task A_custom_status_that_was_never_set_reads_as_null()
    {
        engine.Orchestrators["Silent"] = _ => Task.FromResult<object?>(null);

        Assert.Null((await engine.RunAsync("Silent")).ReadCustomStatusAs<string>());
    }

    [Fact]
    public async Task While_suspended_nothing_goes_on_and_what_arrives_is_kept()
    {
        int passed = 0;
        engine.Orchestrators["Held"] = async c =>
        {
            string told = await c.WaitForExternalEvent<string>("go");
            Interlocked.Increment(ref passed);
            return told;
        };
        string id = await engine.Client.ScheduleNewOrchestrationInstanceAsync("Held");
        await engine.Client.WaitForInstanceStartAsync(id);
        await engine.Client.SuspendInstanceAsync(id, "lunch");
        await engine.UntilAsync(id, i => i.RuntimeStatus == OrchestrationRuntimeStatus.Suspended);
        await engine.Client.RaiseEventAsync(id, "go", "kept");
        engine.Orchestrators["Quick"] = _ => Task.FromResult<object?>(1);
        await engine.RunAsync("Quick");

        Assert.Equal((0, OrchestrationRuntimeStatus.Suspended), (passed, (await engine.Client.GetInstanceAsync(id))!.RuntimeStatus));
        await engine.Client.ResumeInstanceAsync(id, "back");
        Assert.Equal("kept", (await engine.EndOfAsync(id)).ReadOutputAs<string>());
    }

    [Fact]
    public async Task A_terminated_instance_ends_with_the_given_output_and_drops_what_its_activity_returns()
    {
        TaskCompletionSource<object?> result = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource began = Signal();
        engine.Activities["Slow"] = _ =>
        {
            began.TrySetResult();
            return result.Task;
        };
        engine.Orchestrators["Calls"] = async c => await c.CallActivityAsync<string>("Slow");
        string id = await engine.Client.ScheduleNewOrchestrationInstanceAsync("Calls");
        await EngineFixture.ReachedAsync(began.Task);

        await engine.Client.TerminateInstanceAsync(id, "enough");
        OrchestrationMetadata end = await engine.EndOfAsync(id);
        result.SetResult("too late");

        Assert.Equal((OrchestrationRuntimeStatus.Terminated, "enough"), (end.RuntimeStatus, end.ReadOutputAs<string>()));
        engine.Orchestrators["Quick"] = _ => Task.FromResult<object?>(1);
        await engine.RunAsync("Quick");
        Assert.Equal(OrchestrationRuntimeStatus.Terminated, (await engine.Client.GetInstanceAsync(id))!.RuntimeStatus);
    }

    [Fact]
    public async Task Only_what_has_ended_is_purged()
    {
        engine.Orchestrators["Quick"] = _ => Task.FromResult<object?>(1);
        engine.Orchestrators["Wait"] = async c => await c.WaitForExternalEvent<string>("go");
        string ended = (await engine.RunAsync("Quick")).InstanceId;
        string runs = await engine.Client.ScheduleNewOrchestrationInstanceAsync("Wait");

        Assert.Equal(1, (await engine.Client.PurgeInstanceAsync(ended)).PurgedInstanceCount);
        Assert.Equal(0, (await engine.Client.PurgeInstanceAsync(runs)).PurgedInstanceCount);
        Assert.Equal(0, (await engine.Client.PurgeInstanceAsync(NewId())).PurgedInstanceCount);
        Assert.Null(await engine.Client.GetInstanceAsync(ended));
        Assert.NotNull(await engine.Client.GetInstanceAsync(runs));
        await engine.Client.TerminateInstanceAsync(runs);
    }

    [Fact]
    public async Task A_purge_by_time_and_status_takes_those_and_no_others()
    {
        engine.Orchestrators["Quick"] = _ => Task.FromResult<object?>(1);
        engine.Orchestrators["Throw"] = _ => throw new InvalidOperationException("no disk");
        OrchestrationMetadata before = await engine.RunAsync("Quick");
        DateTimeOffset from = DateTimeOffset.UtcNow;
        OrchestrationMetadata well = await engine.RunAsync("Quick");
        OrchestrationMetadata failed = await engine.RunAsync("Throw");

        PurgeResult purged = await engine.Client.PurgeAllInstancesAsync(
            new PurgeInstancesFilter(from, failed.CreatedAt.AddSeconds(1), [OrchestrationRuntimeStatus.Completed]));

        Assert.Equal(1, purged.PurgedInstanceCount);
        Assert.NotNull(await engine.Client.GetInstanceAsync(before.InstanceId));
        Assert.Null(await engine.Client.GetInstanceAsync(well.InstanceId));
        Assert.NotNull(await engine.Client.GetInstanceAsync(failed.InstanceId));
    }
}
