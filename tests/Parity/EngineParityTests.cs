using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using Rescan.Tests.Runtime.Engine;

namespace Rescan.Tests.Parity;

/// <summary>What orchestrations may rely on: each test holds on Microsoft's engine and on ours.</summary>
public sealed class EngineParityTests
{
    private readonly Dictionary<string, Type> inputs = [];
    private readonly EngineFixture functions = new(new SqliteTestHub());

    [Theory]
    [MemberData(nameof(ParityEngine.All), MemberType = typeof(ParityEngine))]
    public async Task Of_two_waits_for_an_event_the_newer_takes_it(string engine)
    {
        Orchestrator<int>("Two", async c =>
        {
            Task<string> older = c.WaitForExternalEvent<string>("e");
            Task<string> newer = c.WaitForExternalEvent<string>("e");
            return await Task.WhenAny(older, newer) == newer ? "newer" : "older";
        });

        Assert.Equal("newer", await RunAsync<string>(engine, "Two", 0, "e"));
    }

    [Theory]
    [MemberData(nameof(ParityEngine.All), MemberType = typeof(ParityEngine))]
    public async Task An_event_is_not_lost_to_a_canceled_wait(string engine)
    {
        Orchestrator<int>("GiveUp", async c =>
        {
            await c.WaitForExternalEvent<string>("begin");
            using CancellationTokenSource giveUp = new();
            Task<string> abandoned = c.WaitForExternalEvent<string>("e", giveUp.Token);
            giveUp.Cancel();
            await c.WaitForExternalEvent<string>("go");
            Task<string> later = c.WaitForExternalEvent<string>("e");
            Task timer = c.CreateTimer(TimeSpan.FromSeconds(2), CancellationToken.None);
            return abandoned.IsCanceled && await Task.WhenAny(later, timer) == timer ? "lost" : "kept";
        });

        Assert.Equal("kept", await RunAsync<string>(engine, "GiveUp", 0, "begin", "e", "go"));
    }

    [Theory]
    [MemberData(nameof(ParityEngine.All), MemberType = typeof(ParityEngine))]
    public async Task An_event_after_continue_as_new_reaches_the_next_execution_though_a_wait_is_open(string engine)
    {
        Orchestrator<int>("Again", async c =>
        {
            if (c.GetInput<int>() == 1)
            {
                return await c.WaitForExternalEvent<string>("late");
            }

            _ = c.WaitForExternalEvent<string>("late");
            await c.WaitForExternalEvent<string>("renew");
            c.ContinueAsNew(1);
            return "";
        });

        Assert.Equal("late", await RunAsync<string>(engine, "Again", 0, "renew", "late"));
    }

    [Theory]
    [MemberData(nameof(ParityEngine.All), MemberType = typeof(ParityEngine))]
    public async Task A_failed_activity_tells_its_type_and_message_and_is_retried_as_asked(string engine)
    {
        int runs = 0;
        functions.Activities["Fail"] = _ =>
        {
            Interlocked.Increment(ref runs);
            throw new InvalidOperationException("no luck");
        };
        Orchestrator<int>("Retry", async c =>
        {
            try
            {
                await c.CallActivityAsync("Fail", options: TaskOptions.FromRetryPolicy(new RetryPolicy(3, TimeSpan.FromMilliseconds(10))));
                return "";
            }
            catch (TaskFailedException e)
            {
                return $"{e.TaskName}: {e.FailureDetails.ErrorType}: {e.FailureDetails.ErrorMessage}";
            }
        });

        Assert.Equal("Fail: System.InvalidOperationException: no luck", await RunAsync<string>(engine, "Retry", 0));
        Assert.Equal(3, runs);
    }

    [Theory]
    [MemberData(nameof(ParityEngine.All), MemberType = typeof(ParityEngine))]
    public async Task A_sub_orchestration_answers_and_its_failure_can_be_caught(string engine)
    {
        Orchestrator<int>("Child", c => c.GetInput<int>() > 0 ? Task.FromResult<object?>(c.GetInput<int>() * 2) : throw new InvalidOperationException("none"));
        Orchestrator<int>("Parent", async c =>
        {
            int twice = await c.CallSubOrchestratorAsync<int>("Child", 21);
            try
            {
                await c.CallSubOrchestratorAsync<int>("Child", 0);
                return "";
            }
            catch (TaskFailedException e)
            {
                return $"{twice} {e.FailureDetails.ErrorMessage}";
            }
        });

        Assert.Equal("42 none", await RunAsync<string>(engine, "Parent", 0));
    }

    [Theory]
    [MemberData(nameof(ParityEngine.All), MemberType = typeof(ParityEngine))]
    public async Task A_canceled_timer_does_not_hold_the_orchestration_back(string engine)
    {
        Orchestrator<int>("Race", async c =>
        {
            using CancellationTokenSource early = new();
            Task timer = c.CreateTimer(TimeSpan.FromDays(5), early.Token);
            Task<string> told = c.WaitForExternalEvent<string>("e");
            bool wasTold = await Task.WhenAny(timer, told) == told;
            early.Cancel();
            c.SetCustomStatus(new { Done = true });
            return wasTold;
        });

        Assert.True(await RunAsync<bool>(engine, "Race", 0, "e"));
    }

    private void Orchestrator<TInput>(string name, Func<TaskOrchestrationContext, Task<object?>> run)
    {
        inputs[name] = typeof(TInput);
        functions.Orchestrators[name] = run;
    }

    private async Task<T?> RunAsync<T>(string engine, string name, object input, params string[] events)
    {
        await using ParityEngine host = await ParityEngine.StartAsync(engine, functions, inputs, functions.Activities.Keys);
        string id = await host.Client.ScheduleNewOrchestrationInstanceAsync(name, input);
        foreach (string e in events)
        {
            await host.Client.RaiseEventAsync(id, e, e);
        }

        OrchestrationMetadata end = await host.EndOfAsync(id);
        Assert.Equal(OrchestrationRuntimeStatus.Completed, end.RuntimeStatus);
        return end.ReadOutputAs<T>();
    }
}
