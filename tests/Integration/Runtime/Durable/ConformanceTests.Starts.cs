using DurableTask.Core.Exceptions;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;

namespace Rescan.Tests.Integration.Runtime.Durable;

public abstract partial class ConformanceTests
{
    [Fact]
    public async Task An_orchestration_starts_and_ends_with_what_it_returns()
    {
        engine.Orchestrators["Add one"] = c => Task.FromResult<object?>(c.GetInput<int>() + 1);
        DateTimeOffset before = DateTimeOffset.UtcNow.AddSeconds(-1);

        OrchestrationMetadata end = await engine.RunAsync("Add one", 41);

        Assert.Equal(OrchestrationRuntimeStatus.Completed, end.RuntimeStatus);
        Assert.Equal(("Add one", 41, 42), (end.Name, end.ReadInputAs<int>(), end.ReadOutputAs<int>()));
        Assert.InRange(end.CreatedAt, before, DateTimeOffset.UtcNow);
        Assert.InRange(end.LastUpdatedAt, end.CreatedAt, DateTimeOffset.UtcNow.AddSeconds(1));
    }

    [Fact]
    public async Task An_instance_that_there_is_not_is_null_and_cannot_be_waited_for()
    {
        Assert.Null(await engine.Client.GetInstanceAsync(NewId()));
        await Assert.ThrowsAsync<InvalidOperationException>(() => engine.Client.WaitForInstanceStartAsync(NewId()));
        await Assert.ThrowsAsync<InvalidOperationException>(() => engine.EndOfAsync(NewId()));
    }

    [Fact]
    public async Task An_id_that_has_not_ended_cannot_be_started_again_and_one_that_has_can()
    {
        engine.Orchestrators["Wait"] = async c => await c.WaitForExternalEvent<string>("go");
        StartOrchestrationOptions same = new(NewId());
        await engine.Client.ScheduleNewOrchestrationInstanceAsync("Wait", "first", same);
        await Assert.ThrowsAsync<OrchestrationAlreadyExistsException>(
            () => engine.Client.ScheduleNewOrchestrationInstanceAsync("Wait", "pending", same));
        await engine.Client.WaitForInstanceStartAsync(same.InstanceId!);
        await Assert.ThrowsAsync<OrchestrationAlreadyExistsException>(
            () => engine.Client.ScheduleNewOrchestrationInstanceAsync("Wait", "running", same));
        await engine.Client.SuspendInstanceAsync(same.InstanceId!);
        await engine.UntilAsync(same.InstanceId!, i => i.RuntimeStatus == OrchestrationRuntimeStatus.Suspended);
        await Assert.ThrowsAsync<OrchestrationAlreadyExistsException>(
            () => engine.Client.ScheduleNewOrchestrationInstanceAsync("Wait", "suspended", same));
        await engine.Client.TerminateInstanceAsync(same.InstanceId!, "enough");
        Assert.Equal(OrchestrationRuntimeStatus.Terminated, (await engine.EndOfAsync(same.InstanceId!)).RuntimeStatus);

        await engine.Client.ScheduleNewOrchestrationInstanceAsync("Wait", "second", same);
        await engine.Client.RaiseEventAsync(same.InstanceId!, "go", "on");
        OrchestrationMetadata end = await engine.UntilAsync(same.InstanceId!, i => i.RuntimeStatus == OrchestrationRuntimeStatus.Completed);
        Assert.Equal(("second", "on"), (end.ReadInputAs<string>(), end.ReadOutputAs<string>()));
    }

    [Fact]
    public async Task An_ended_instance_keeps_its_id_where_the_start_asks_for_it()
    {
        int runs = 0;
        engine.Orchestrators["Once"] = c => Task.FromResult<object?>(Interlocked.Increment(ref runs));
        StartOrchestrationOptions once = new StartOrchestrationOptions(NewId()).WithDedupeStatuses(OrchestrationRuntimeStatus.Completed);
        await engine.Client.ScheduleNewOrchestrationInstanceAsync("Once", null, once);
        await engine.EndOfAsync(once.InstanceId!);

        await Assert.ThrowsAsync<OrchestrationAlreadyExistsException>(
            () => engine.Client.ScheduleNewOrchestrationInstanceAsync("Once", null, once));
        Assert.Equal(1, runs);
    }

    [Fact]
    public async Task A_start_of_one_id_raced_by_many_runs_once()
    {
        int runs = 0;
        engine.Activities["Ran"] = _ => Task.FromResult<object?>(Interlocked.Increment(ref runs));
        engine.Orchestrators["Raced"] = async c =>
        {
            await c.CallActivityAsync<int>("Ran");
            return await c.WaitForExternalEvent<string>("go");
        };
        StartOrchestrationOptions same = new(NewId());
        await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => Task.Run(async () =>
        {
            try
            {
                await engine.Client.ScheduleNewOrchestrationInstanceAsync("Raced", null, same);
            }
            catch (OrchestrationAlreadyExistsException)
            {
                // Another was before.
            }
        })));
        await engine.Client.WaitForInstanceStartAsync(same.InstanceId!);
        await engine.Client.RaiseEventAsync(same.InstanceId!, "go", "on");
        await engine.EndOfAsync(same.InstanceId!);

        Assert.Equal(1, runs);
    }

    [Fact]
    public async Task A_start_in_the_future_is_pending_until_then()
    {
        engine.Orchestrators["Later"] = _ => Task.FromResult<object?>("begun");
        DateTimeOffset at = DateTimeOffset.UtcNow.AddSeconds(3);
        string id = await engine.Client.ScheduleNewOrchestrationInstanceAsync("Later", null, new StartOrchestrationOptions(StartAt: at));

        Assert.Equal(OrchestrationRuntimeStatus.Pending, (await engine.Client.GetInstanceAsync(id))!.RuntimeStatus);
        OrchestrationMetadata end = await engine.EndOfAsync(id);
        Assert.Equal("begun", end.ReadOutputAs<string>());
        Assert.True(end.LastUpdatedAt >= at.AddSeconds(-1), $"{end.LastUpdatedAt:O} is before {at:O}");
    }

    [Fact]
    public async Task What_an_orchestrator_throws_fails_it_with_the_details()
    {
        engine.Orchestrators["Throw"] = _ => throw new InvalidOperationException("no disk");

        OrchestrationMetadata end = await engine.RunAsync("Throw");

        Assert.Equal(OrchestrationRuntimeStatus.Failed, end.RuntimeStatus);
        Assert.Equal(
            (typeof(InvalidOperationException).FullName, "no disk"), (end.FailureDetails!.ErrorType, end.FailureDetails.ErrorMessage));
    }

    [Fact]
    public async Task An_orchestrator_that_there_is_not_fails_and_is_named()
    {
        OrchestrationMetadata end = await engine.RunAsync("Nobody");

        Assert.Equal(OrchestrationRuntimeStatus.Failed, end.RuntimeStatus);
        Assert.Contains("'Nobody'", end.FailureDetails!.ErrorMessage, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_result_that_cannot_be_written_fails_the_orchestration()
    {
        engine.Orchestrators["Type"] = _ => Task.FromResult<object?>(typeof(string));

        Assert.Equal(OrchestrationRuntimeStatus.Failed, (await engine.RunAsync("Type")).RuntimeStatus);
    }

    [Fact]
    public async Task An_ended_instance_is_started_again_by_its_input()
    {
        int runs = 0;
        engine.Orchestrators["Count"] = c => Task.FromResult<object?>($"{c.GetInput<string>()} {Interlocked.Increment(ref runs)}");
        OrchestrationMetadata first = await engine.RunAsync("Count", "run");

        Assert.Equal(first.InstanceId, await engine.Client.RestartAsync(first.InstanceId));
        await engine.UntilAsync(first.InstanceId, i => i.IsCompleted && i.ReadOutputAs<string>() == "run 2");
        string other = await engine.Client.RestartAsync(first.InstanceId, restartWithNewInstanceId: true);
        Assert.NotEqual(first.InstanceId, other);
        Assert.Equal("run 3", (await engine.EndOfAsync(other)).ReadOutputAs<string>());
    }

    [Fact]
    public async Task A_history_is_given_out_event_by_event()
    {
        engine.Activities["Echo"] = input => Task.FromResult<object?>(input);
        engine.Orchestrators["Past"] = async c =>
        {
            await c.CallActivityAsync<string>("Echo", "x");
            await c.CreateTimer(TimeSpan.FromMilliseconds(50), CancellationToken.None);
            return null;
        };
        OrchestrationMetadata end = await engine.RunAsync("Past");

        IList<DurableTask.Core.History.HistoryEvent> history = await engine.Client.GetOrchestrationHistoryAsync(end.InstanceId);

        string[] wanted = ["ExecutionStarted", "TaskScheduled", "TaskCompleted", "TimerCreated", "TimerFired", "ExecutionCompleted"];
        Assert.Equal(wanted, history.Select(e => e.EventType.ToString()).Intersect(wanted));
        Assert.Equal("Echo", Assert.Single(history.OfType<DurableTask.Core.History.TaskScheduledEvent>()).Name);
    }
}
