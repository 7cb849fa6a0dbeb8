using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;

namespace Rescan.Tests.Runtime.Engine;

/// <summary>What the engine does on any store; run once for each.</summary>
public abstract class DurableEngineTests(TestHub hub) : IAsyncLifetime
{
    private readonly EngineFixture fixture = new(hub);

    public Task InitializeAsync() => fixture.StartAsync();

    public async Task DisposeAsync() => await fixture.DisposeAsync();

    [Fact]
    public async Task Activities_run_in_turn_and_their_results_reach_the_orchestrator()
    {
        fixture.Activities["Double"] = input => Task.FromResult<object?>(int.Parse(input!) * 2);
        fixture.Orchestrators["Chain"] = async c =>
        {
            int once = await c.CallActivityAsync<int>("Double", 3);
            return await c.CallActivityAsync<int>("Double", once);
        };

        OrchestrationMetadata end = await fixture.RunAsync("Chain");

        Assert.Equal(OrchestrationRuntimeStatus.Completed, end.RuntimeStatus);
        Assert.Equal(12, end.ReadOutputAs<int>());
    }

    [Fact]
    public async Task A_retry_policy_runs_a_failing_activity_again()
    {
        int attempts = 0;
        fixture.Activities["Flaky"] = _ => Interlocked.Increment(ref attempts) < 3 ? throw new InvalidOperationException("not yet") : Task.FromResult<object?>("done");
        fixture.Orchestrators["Retry"] = async c =>
            await c.CallActivityAsync<string>("Flaky", null, TaskOptions.FromRetryPolicy(new RetryPolicy(5, TimeSpan.FromMilliseconds(5))));

        OrchestrationMetadata end = await fixture.RunAsync("Retry");

        Assert.Equal("done", end.ReadOutputAs<string>());
        Assert.Equal(3, attempts);
    }

    [Fact]
    public async Task An_activity_that_fails_is_a_task_failure_with_its_details()
    {
        fixture.Activities["Broken"] = _ => throw new InvalidOperationException("no disk");
        fixture.Orchestrators["Catch"] = async c =>
        {
            try
            {
                await c.CallActivityAsync("Broken");
                return null;
            }
            catch (TaskFailedException e)
            {
                return e.FailureDetails.ErrorMessage;
            }
        };

        Assert.Equal("no disk", (await fixture.RunAsync("Catch")).ReadOutputAs<string>());
    }

    [Fact]
    public async Task An_event_wins_over_a_long_timer_and_cancels_it()
    {
        fixture.Orchestrators["Race"] = async c =>
        {
            using CancellationTokenSource cancel = new();
            Task timer = c.CreateTimer(TimeSpan.FromDays(1), cancel.Token);
            Task<string> told = c.WaitForExternalEvent<string>("go");
            Task first = await Task.WhenAny(timer, told);
            cancel.Cancel();
            return first == told ? told.Result : "timer";
        };
        string id = await fixture.Client.ScheduleNewOrchestrationInstanceAsync("Race");
        await fixture.Client.RaiseEventAsync(id, "go", "now");

        Assert.Equal("now", (await fixture.EndOfAsync(id)).ReadOutputAs<string>());
    }

    [Fact]
    public async Task Continue_as_new_keeps_events_that_nobody_read()
    {
        fixture.Orchestrators["Again"] = async c =>
        {
            if (c.GetInput<int>() == 0)
            {
                await c.WaitForExternalEvent<string>("first");
                c.ContinueAsNew(1);
                return null;
            }

            return await c.WaitForExternalEvent<string>("second");
        };
        string id = await fixture.Client.ScheduleNewOrchestrationInstanceAsync("Again", 0);
        await fixture.Client.RaiseEventAsync(id, "second", "kept");
        await fixture.Client.RaiseEventAsync(id, "first", "x");

        Assert.Equal("kept", (await fixture.EndOfAsync(id)).ReadOutputAs<string>());
    }

    [Fact]
    public async Task A_sub_orchestration_answers_its_parent()
    {
        fixture.Orchestrators["Child"] = c => Task.FromResult<object?>(c.GetInput<int>() + 1);
        fixture.Orchestrators["Parent"] = async c => await c.CallSubOrchestratorAsync<int>("Child", 41);

        Assert.Equal(42, (await fixture.RunAsync("Parent")).ReadOutputAs<int>());
    }

    [Fact]
    public async Task After_a_restart_finished_activities_do_not_run_again()
    {
        int runs = 0;
        fixture.Activities["Once"] = _ => Task.FromResult<object?>(Interlocked.Increment(ref runs));
        TaskCompletionSource waiting = new(TaskCreationOptions.RunContinuationsAsynchronously);
        fixture.Orchestrators["Survive"] = async c =>
        {
            int first = await c.CallActivityAsync<int>("Once");
            waiting.TrySetResult();
            await c.WaitForExternalEvent<string>("go");
            return first;
        };
        string id = await fixture.Client.ScheduleNewOrchestrationInstanceAsync("Survive");
        await waiting.Task.WaitAsync(TimeSpan.FromSeconds(30));
        await fixture.StopAsync();
        await fixture.StartAsync();
        await fixture.Client.RaiseEventAsync(id, "go", "x");

        Assert.Equal(1, (await fixture.EndOfAsync(id)).ReadOutputAs<int>());
        Assert.Equal(1, runs);
    }

    [Fact]
    public async Task An_id_that_still_runs_cannot_be_started_again()
    {
        fixture.Orchestrators["Wait"] = async c => await c.WaitForExternalEvent<string>("go");
        StartOrchestrationOptions same = new("one");
        await fixture.Client.ScheduleNewOrchestrationInstanceAsync("Wait", null, same);

        await Assert.ThrowsAsync<DurableTask.Core.Exceptions.OrchestrationAlreadyExistsException>(() => fixture.Client.ScheduleNewOrchestrationInstanceAsync("Wait", null, same));
        await fixture.Client.TerminateInstanceAsync("one", "enough");
        Assert.Equal(OrchestrationRuntimeStatus.Terminated, (await fixture.EndOfAsync("one")).RuntimeStatus);
        await fixture.Client.ScheduleNewOrchestrationInstanceAsync("Wait", null, same);
    }

    [Fact]
    public async Task A_replay_that_takes_another_path_fails_and_names_both()
    {
        bool changed = false;
        fixture.Activities["Old"] = _ => Task.FromResult<object?>(null);
        TaskCompletionSource waiting = new(TaskCreationOptions.RunContinuationsAsynchronously);
        fixture.Orchestrators["Changed"] = async c =>
        {
            await c.CallActivityAsync(Volatile.Read(ref changed) ? "New" : "Old");
            waiting.TrySetResult();
            return await c.WaitForExternalEvent<string>("go");
        };
        string id = await fixture.Client.ScheduleNewOrchestrationInstanceAsync("Changed");
        await waiting.Task.WaitAsync(TimeSpan.FromSeconds(30));
        await fixture.StopAsync();
        Volatile.Write(ref changed, true);
        await fixture.StartAsync();
        await fixture.Client.RaiseEventAsync(id, "go", "x");

        OrchestrationMetadata end = await fixture.EndOfAsync(id);

        Assert.Equal(OrchestrationRuntimeStatus.Failed, end.RuntimeStatus);
        Assert.Contains("CallActivityAsync(\"Old\")", end.FailureDetails!.ErrorMessage, StringComparison.Ordinal);
        Assert.Contains("CallActivityAsync(\"New\")", end.FailureDetails.ErrorMessage, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_sub_orchestration_whose_id_already_runs_fails_for_its_parent_at_once()
    {
        fixture.Orchestrators["Wait"] = async c => await c.WaitForExternalEvent<string>("go");
        fixture.Orchestrators["Parent"] = async c =>
        {
            try
            {
                await c.CallSubOrchestratorAsync<string>("Wait", null, new SubOrchestrationOptions(instanceId: "taken"));
                return "ran";
            }
            catch (TaskFailedException e)
            {
                return e.FailureDetails.ErrorType;
            }
        };
        await fixture.Client.ScheduleNewOrchestrationInstanceAsync("Wait", null, new StartOrchestrationOptions("taken"));

        Assert.Equal(typeof(DurableTask.Core.Exceptions.OrchestrationAlreadyExistsException).FullName, (await fixture.RunAsync("Parent")).ReadOutputAs<string>());
        Assert.Equal(OrchestrationRuntimeStatus.Running, (await fixture.Client.GetInstanceAsync("taken"))!.RuntimeStatus);
    }

    [Fact]
    public async Task An_orchestration_that_calls_itself_by_its_own_id_is_told_that_it_runs()
    {
        fixture.Orchestrators["Self"] = async c =>
        {
            try
            {
                await c.CallSubOrchestratorAsync("Self", null, new SubOrchestrationOptions(instanceId: c.InstanceId));
                return "ran";
            }
            catch (TaskFailedException)
            {
                return "refused";
            }
        };

        Assert.Equal("refused", (await fixture.RunAsync("Self")).ReadOutputAs<string>());
    }

    [Fact]
    public async Task Sub_orchestrations_nest()
    {
        fixture.Orchestrators["Down"] = async c =>
        {
            int depth = c.GetInput<int>();
            return depth == 0 ? 0 : 1 + await c.CallSubOrchestratorAsync<int>("Down", depth - 1);
        };

        Assert.Equal(12, (await fixture.RunAsync("Down", 12)).ReadOutputAs<int>());
    }

    [Fact]
    public async Task Many_sub_orchestrations_at_once_all_answer()
    {
        fixture.Activities["Double"] = input => Task.FromResult<object?>(int.Parse(input!) * 2);
        fixture.Orchestrators["Child"] = async c => await c.CallActivityAsync<int>("Double", c.GetInput<int>());
        fixture.Orchestrators["Fan"] = async c =>
            (await Task.WhenAll(Enumerable.Range(1, 70).Select(i => c.CallSubOrchestratorAsync<int>("Child", i)))).Sum();

        Assert.Equal(70 * 71, (await fixture.RunAsync("Fan")).ReadOutputAs<int>());
    }

    [Fact]
    public async Task Many_activities_at_once_all_count()
    {
        fixture.Activities["Double"] = input => Task.FromResult<object?>(int.Parse(input!) * 2);
        fixture.Orchestrators["Fan"] = async c => (await Task.WhenAll(Enumerable.Range(1, 300).Select(i => c.CallActivityAsync<int>("Double", i)))).Sum();

        Assert.Equal(300 * 301, (await fixture.RunAsync("Fan")).ReadOutputAs<int>());
    }

    [Fact]
    public async Task Continue_as_new_drops_the_timers_and_answers_of_the_execution_before()
    {
        TaskCompletionSource<object?> late = new(TaskCreationOptions.RunContinuationsAsynchronously);
        fixture.Activities["Late"] = _ => late.Task;
        fixture.Orchestrators["Renew"] = async c =>
        {
            if (c.GetInput<int>() == 0)
            {
                _ = c.CallActivityAsync<string>("Late");
                _ = c.CreateTimer(TimeSpan.FromMilliseconds(50), CancellationToken.None);
                await c.WaitForExternalEvent<string>("renew");
                c.ContinueAsNew(1);
                return null;
            }

            // The calls of this execution have the numbers that those of the one before had.
            Task<string> second = c.CallActivityAsync<string>("Prompt");
            string answer = await second;
            await c.CreateTimer(TimeSpan.FromMilliseconds(200), CancellationToken.None);
            return answer;
        };
        fixture.Activities["Prompt"] = async _ =>
        {
            late.TrySetResult("of the first");
            await Task.Yield();
            return "of the second";
        };
        string id = await fixture.Client.ScheduleNewOrchestrationInstanceAsync("Renew", 0);
        await fixture.Client.RaiseEventAsync(id, "renew", "x");

        Assert.Equal("of the second", (await fixture.EndOfAsync(id)).ReadOutputAs<string>());
    }

    [Fact]
    public async Task An_answer_that_cannot_be_read_fails_the_call_and_not_the_engine()
    {
        fixture.Activities["Text"] = _ => Task.FromResult<object?>("not a number");
        fixture.Orchestrators["Read"] = async c => await c.CallActivityAsync<int>("Text");

        OrchestrationMetadata end = await fixture.RunAsync("Read");

        Assert.Equal(OrchestrationRuntimeStatus.Failed, end.RuntimeStatus);
        Assert.Contains("JsonException", end.FailureDetails!.ErrorType, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_event_that_cannot_be_read_fails_the_wait_for_it()
    {
        fixture.Orchestrators["Number"] = async c => await c.WaitForExternalEvent<int>("n");
        string id = await fixture.Client.ScheduleNewOrchestrationInstanceAsync("Number");
        await fixture.Client.RaiseEventAsync(id, "n", "not a number");

        Assert.Equal(OrchestrationRuntimeStatus.Failed, (await fixture.EndOfAsync(id)).RuntimeStatus);
    }

    [Fact]
    public async Task A_result_that_cannot_be_written_fails_the_orchestration()
    {
        fixture.Orchestrators["Type"] = _ => Task.FromResult<object?>(typeof(string));

        Assert.Equal(OrchestrationRuntimeStatus.Failed, (await fixture.RunAsync("Type")).RuntimeStatus);
    }

    [Fact]
    public async Task A_retry_handler_decides_whether_an_activity_runs_again()
    {
        int attempts = 0;
        fixture.Activities["Broken"] = _ => throw new InvalidOperationException($"attempt {Interlocked.Increment(ref attempts)}");
        fixture.Orchestrators["Retry"] = async c =>
        {
            try
            {
                await c.CallActivityAsync("Broken", null, TaskOptions.FromRetryHandler(r => r.LastAttemptNumber < 4 && r.LastFailure.ErrorMessage.StartsWith("attempt", StringComparison.Ordinal)));
                return null;
            }
            catch (TaskFailedException e)
            {
                return e.FailureDetails.ErrorMessage;
            }
        };

        Assert.Equal("attempt 4", (await fixture.RunAsync("Retry")).ReadOutputAs<string>());
    }

    [Fact]
    public async Task Ending_an_orchestration_from_outside_drops_what_its_activity_returns()
    {
        TaskCompletionSource<object?> result = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource began = new(TaskCreationOptions.RunContinuationsAsynchronously);
        fixture.Activities["Slow"] = _ =>
        {
            began.SetResult();
            return result.Task;
        };
        fixture.Orchestrators["Child"] = async c => await c.CallActivityAsync<string>("Slow");
        fixture.Orchestrators["Parent"] = async c =>
        {
            try
            {
                return await c.CallSubOrchestratorAsync<string>("Child", null, new SubOrchestrationOptions(instanceId: "child"));
            }
            catch (TaskFailedException e)
            {
                return e.FailureDetails.ErrorMessage;
            }
        };
        string id = await fixture.Client.ScheduleNewOrchestrationInstanceAsync("Parent");
        await began.Task.WaitAsync(TimeSpan.FromSeconds(30));

        await fixture.Client.TerminateInstanceAsync("child", "enough");
        result.SetResult("too late");

        Assert.Equal("The sub-orchestration 'child' was terminated.", (await fixture.EndOfAsync(id)).ReadOutputAs<string>());
        OrchestrationMetadata child = await fixture.EndOfAsync("child");
        Assert.Equal(OrchestrationRuntimeStatus.Terminated, child.RuntimeStatus);
        Assert.Equal("enough", child.ReadOutputAs<string>());
    }

    [Fact]
    public async Task Ending_recursively_ends_the_sub_orchestrations()
    {
        TaskCompletionSource began = new(TaskCreationOptions.RunContinuationsAsynchronously);
        fixture.Orchestrators["Child"] = async c =>
        {
            began.TrySetResult();
            return await c.WaitForExternalEvent<string>("never");
        };
        fixture.Orchestrators["Parent"] = async c => await c.CallSubOrchestratorAsync<string>("Child", null, new SubOrchestrationOptions(instanceId: "below"));
        string id = await fixture.Client.ScheduleNewOrchestrationInstanceAsync("Parent");
        await began.Task.WaitAsync(TimeSpan.FromSeconds(30));

        await fixture.Client.TerminateInstanceAsync(id, new TerminateInstanceOptions("stop", Recursive: true));

        Assert.Equal(OrchestrationRuntimeStatus.Terminated, (await fixture.EndOfAsync("below")).RuntimeStatus);
    }

    [Fact]
    public async Task While_suspended_nothing_runs_and_what_arrives_survives_a_restart()
    {
        int turns = 0;
        TaskCompletionSource waiting = new(TaskCreationOptions.RunContinuationsAsynchronously);
        fixture.Orchestrators["Wait"] = async c =>
        {
            Interlocked.Increment(ref turns);
            waiting.TrySetResult();
            return await c.WaitForExternalEvent<string>("go");
        };
        string id = await fixture.Client.ScheduleNewOrchestrationInstanceAsync("Wait");
        await waiting.Task.WaitAsync(TimeSpan.FromSeconds(30));
        await fixture.Client.SuspendInstanceAsync(id);
        await fixture.Client.RaiseEventAsync(id, "go", "kept");
        await fixture.StopAsync();
        await fixture.StartAsync();

        Assert.Equal(OrchestrationRuntimeStatus.Suspended, (await fixture.Client.GetInstanceAsync(id))!.RuntimeStatus);
        Assert.Equal(1, turns);
        await fixture.Client.ResumeInstanceAsync(id);
        Assert.Equal("kept", (await fixture.EndOfAsync(id)).ReadOutputAs<string>());
    }

    [Fact]
    public async Task An_activity_cut_off_by_a_stop_runs_again_after_the_start()
    {
        int runs = 0;
        TaskCompletionSource began = new(TaskCreationOptions.RunContinuationsAsynchronously);
        fixture.Activities["Slow"] = async input =>
        {
            if (Interlocked.Increment(ref runs) == 1)
            {
                began.SetResult();
                await new TaskCompletionSource().Task;
            }

            return int.Parse(input!);
        };
        fixture.Orchestrators["Call"] = async c => await c.CallActivityAsync<int>("Slow", 7);
        string id = await fixture.Client.ScheduleNewOrchestrationInstanceAsync("Call");
        await began.Task.WaitAsync(TimeSpan.FromSeconds(30));
        await fixture.StopAsync();
        await fixture.StartAsync();

        Assert.Equal(7, (await fixture.EndOfAsync(id)).ReadOutputAs<int>());
        Assert.Equal(2, runs);
    }

    [Fact]
    public async Task A_timer_goes_on_over_a_restart()
    {
        fixture.Orchestrators["Sleep"] = async c =>
        {
            await c.CreateTimer(TimeSpan.FromMilliseconds(300), CancellationToken.None);
            return "woken";
        };
        string id = await fixture.Client.ScheduleNewOrchestrationInstanceAsync("Sleep");
        await fixture.StopAsync();
        await fixture.StartAsync();

        Assert.Equal("woken", (await fixture.EndOfAsync(id)).ReadOutputAs<string>());
    }

    [Fact]
    public async Task A_start_in_the_future_waits_and_keeps_its_events()
    {
        fixture.Orchestrators["Later"] = async c => await c.WaitForExternalEvent<string>("go");
        string id = await fixture.Client.ScheduleNewOrchestrationInstanceAsync(
            "Later", null, new StartOrchestrationOptions(StartAt: DateTimeOffset.UtcNow.AddSeconds(1)));
        await fixture.Client.RaiseEventAsync(id, "go", "early");
        Assert.Equal(OrchestrationRuntimeStatus.Pending, (await fixture.Client.GetInstanceAsync(id))!.RuntimeStatus);
        await fixture.StopAsync();
        await fixture.StartAsync();

        Assert.Equal("early", (await fixture.EndOfAsync(id)).ReadOutputAs<string>());
    }

    [Fact]
    public async Task Awaiting_what_no_history_records_fails_and_says_so()
    {
        TaskCompletionSource foreign = new(TaskCreationOptions.RunContinuationsAsynchronously);
        fixture.Orchestrators["Stray"] = async c =>
        {
            await foreign.Task;
            return await c.WaitForExternalEvent<string>("go");
        };
        string id = await fixture.Client.ScheduleNewOrchestrationInstanceAsync("Stray");
        await Task.Run(foreign.SetResult);
        await fixture.Client.RaiseEventAsync(id, "go", "x");
        await fixture.Client.RaiseEventAsync(id, "go", "x");

        OrchestrationMetadata end = await fixture.EndOfAsync(id);
        Assert.Equal(OrchestrationRuntimeStatus.Failed, end.RuntimeStatus);
        Assert.Contains("await only what its context returns", end.FailureDetails!.ErrorMessage, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Orchestrators_that_were_dropped_from_memory_are_replayed_to_the_same_place()
    {
        await fixture.StopAsync();
        await fixture.StartAsync(keptOrchestrators: 2);
        fixture.Orchestrators["Sum"] = async c =>
        {
            int sum = 0;
            for (int i = 0; i < 5; i++)
            {
                sum += await c.WaitForExternalEvent<int>("n");
            }

            return sum;
        };
        string[] ids = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => fixture.Client.ScheduleNewOrchestrationInstanceAsync("Sum")));
        for (int i = 1; i <= 5; i++)
        {
            await Task.WhenAll(ids.Select(id => fixture.Client.RaiseEventAsync(id, "n", i)));
        }

        Assert.All(await Task.WhenAll(ids.Select(fixture.EndOfAsync)), end => Assert.Equal(15, end.ReadOutputAs<int>()));
    }

    [Theory]
    [InlineData(40_000)]
    [InlineData(200_000)]
    [InlineData(1_500_000)]
    public async Task Big_values_pass_through_the_store_unharmed(int length)
    {
        Random random = new(length);
        string big = string.Concat(Enumerable.Range(0, length).Select(_ => (char)random.Next(0x20, 0x7e))) + "\u00e9\ud83d\ude00";
        fixture.Activities["Echo"] = input => Task.FromResult<object?>(System.Text.Json.JsonSerializer.Deserialize<string>(input!));
        fixture.Orchestrators["Big"] = async c =>
        {
            string echoed = await c.CallActivityAsync<string>("Echo", c.GetInput<string>());
            c.SetCustomStatus(echoed);
            await c.WaitForExternalEvent<string>("go");
            return echoed + await c.CallActivityAsync<string>("Echo", echoed);
        };
        string id = await fixture.Client.ScheduleNewOrchestrationInstanceAsync("Big", big);
        await fixture.StopAsync();
        await fixture.StartAsync();
        await fixture.Client.RaiseEventAsync(id, "go", big);

        OrchestrationMetadata end = await fixture.EndOfAsync(id);
        Assert.Equal(big + big, end.ReadOutputAs<string>());
        Assert.Equal(big, end.ReadCustomStatusAs<string>());
        Assert.Equal(1, (await fixture.Client.PurgeInstanceAsync(id)).PurgedInstanceCount);
    }

    [Fact]
    public async Task Instances_are_listed_in_pages_and_purged_when_ended()
    {
        fixture.Orchestrators["Quick"] = _ => Task.FromResult<object?>(1);
        fixture.Orchestrators["Wait"] = async c => await c.WaitForExternalEvent<string>("go");
        for (int i = 0; i < 7; i++)
        {
            await fixture.Client.ScheduleNewOrchestrationInstanceAsync("Quick", null, new StartOrchestrationOptions($"q/{i}"));
            await fixture.EndOfAsync($"q/{i}");
        }

        await fixture.Client.ScheduleNewOrchestrationInstanceAsync("Wait", null, new StartOrchestrationOptions("w"));
        List<string> listed = [];
        await foreach (Page<OrchestrationMetadata> page in fixture.Client.GetAllInstancesAsync(new OrchestrationQuery(InstanceIdPrefix: "q/", PageSize: 3)).AsPages())
        {
            Assert.InRange(page.Values.Count, 0, 3);
            listed.AddRange(page.Values.Select(i => i.InstanceId));
        }

        Assert.Equal(["q/0", "q/1", "q/2", "q/3", "q/4", "q/5", "q/6"], listed.Order());
        Assert.Equal(7, (await fixture.Client.PurgeAllInstancesAsync(new PurgeInstancesFilter())).PurgedInstanceCount);
        Assert.Equal(0, (await fixture.Client.PurgeInstanceAsync("w")).PurgedInstanceCount);
        Assert.Null(await fixture.Client.GetInstanceAsync("q/3"));
    }

    [Fact]
    public async Task An_orchestrator_kept_in_memory_goes_on_without_replay()
    {
        int invocations = 0;
        fixture.Activities["Add"] = input => Task.FromResult<object?>(int.Parse(input!) + 1);
        fixture.Orchestrators["Long"] = async c =>
        {
            Interlocked.Increment(ref invocations);
            int sum = 0;
            for (int i = 0; i < 50; i++)
            {
                sum = await c.CallActivityAsync<int>("Add", sum);
            }

            return sum;
        };

        Assert.Equal(50, (await fixture.RunAsync("Long")).ReadOutputAs<int>());
        Assert.Equal(1, invocations);
    }

    [Fact]
    public async Task A_start_of_the_same_id_raced_by_many_wins_once()
    {
        fixture.Orchestrators["Wait"] = async c => await c.WaitForExternalEvent<string>("go");

        bool[] won = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Task.Run(async () =>
        {
            try
            {
                await fixture.Client.ScheduleNewOrchestrationInstanceAsync("Wait", null, new StartOrchestrationOptions("one"));
                return true;
            }
            catch (DurableTask.Core.Exceptions.OrchestrationAlreadyExistsException)
            {
                return false;
            }
        })));

        Assert.Single(won, w => w);
    }

    [Fact]
    public async Task An_event_sent_by_an_orchestration_reaches_another_and_itself()
    {
        TaskCompletionSource waiting = new(TaskCreationOptions.RunContinuationsAsynchronously);
        fixture.Orchestrators["Receiver"] = async c =>
        {
            waiting.TrySetResult();
            return await c.WaitForExternalEvent<string>("hello");
        };
        fixture.Orchestrators["Sender"] = async c =>
        {
            c.SendEvent("receiver", "hello", "from afar");
            c.SendEvent(c.InstanceId, "echo", "heard");
            c.SendEvent("nobody", "hello", "lost");
            return await c.WaitForExternalEvent<string>("echo");
        };
        await fixture.Client.ScheduleNewOrchestrationInstanceAsync("Receiver", null, new StartOrchestrationOptions("receiver"));
        await waiting.Task.WaitAsync(TimeSpan.FromSeconds(30));

        Assert.Equal("heard", (await fixture.RunAsync("Sender")).ReadOutputAs<string>());
        Assert.Equal("from afar", (await fixture.EndOfAsync("receiver")).ReadOutputAs<string>());
    }
}
