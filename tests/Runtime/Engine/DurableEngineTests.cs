using DurableTask.Core.Exceptions;
using Microsoft.Data.Sqlite;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using Rescan.Local.Runtime;
using Rescan.Local.Runtime.Storage;

namespace Rescan.Tests.Runtime.Engine;

public sealed class DurableEngineTests : IAsyncLifetime
{
    private readonly EngineFixture fixture = new();

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

        await Assert.ThrowsAsync<OrchestrationAlreadyExistsException>(() => fixture.Client.ScheduleNewOrchestrationInstanceAsync("Wait", null, same));
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
        Volatile.Write(ref changed, true);
        await fixture.Client.RaiseEventAsync(id, "go", "x");

        OrchestrationMetadata end = await fixture.EndOfAsync(id);

        Assert.Equal(OrchestrationRuntimeStatus.Failed, end.RuntimeStatus);
        Assert.Contains("CallActivityAsync(\"Old\")", end.FailureDetails!.ErrorMessage, StringComparison.Ordinal);
        Assert.Contains("CallActivityAsync(\"New\")", end.FailureDetails.ErrorMessage, StringComparison.Ordinal);
    }

    [Fact]
    public void A_state_file_in_use_is_refused() =>
        Assert.Contains("in use", Assert.Throws<StateStoreException>(() => SqliteStore.Open(fixture.StateFile)).Message, StringComparison.Ordinal);

    [Fact]
    public async Task A_state_file_from_a_newer_version_is_refused()
    {
        await fixture.StopAsync();
        using (SqliteConnection connection = new($"Data Source={fixture.StateFile};Pooling=False"))
        {
            connection.Open();
            using SqliteCommand command = connection.CreateCommand();
            command.CommandText = "PRAGMA user_version = 99";
            command.ExecuteNonQuery();
        }

        Assert.Contains("newer version", Assert.Throws<StateStoreException>(() => SqliteStore.Open(fixture.StateFile)).Message, StringComparison.Ordinal);
    }
}
