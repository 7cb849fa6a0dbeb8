using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;

namespace Rescan.Tests.Integration.Runtime.Durable;

public abstract partial class ConformanceTests
{
    [Fact]
    public async Task Activities_run_in_turn_and_their_results_reach_the_orchestrator()
    {
        engine.Activities["Double"] = input => Task.FromResult<object?>(int.Parse(input!) * 2);
        engine.Orchestrators["Chain"] = async c =>
        {
            int once = await c.CallActivityAsync<int>("Double", 3);
            return await c.CallActivityAsync<int>("Double", once);
        };

        Assert.Equal(12, (await engine.RunAsync("Chain")).ReadOutputAs<int>());
    }

    [Fact]
    public async Task Many_activities_at_once_all_count()
    {
        engine.Activities["Double"] = input => Task.FromResult<object?>(int.Parse(input!) * 2);
        engine.Orchestrators["Fan"] =
            async c => (await Task.WhenAll(Enumerable.Range(1, 100).Select(i => c.CallActivityAsync<int>("Double", i)))).Sum();

        Assert.Equal(100 * 101, (await engine.RunAsync("Fan")).ReadOutputAs<int>());
    }

    [Fact]
    public async Task A_retry_policy_runs_a_failing_activity_again()
    {
        int attempts = 0;
        engine.Activities["Flaky"] = _ => Interlocked.Increment(ref attempts) < 3
            ? throw new InvalidOperationException("not yet") : Task.FromResult<object?>("done");
        engine.Orchestrators["Retry"] = async c =>
            await c.CallActivityAsync<string>("Flaky", null, TaskOptions.FromRetryPolicy(new RetryPolicy(5, TimeSpan.FromMilliseconds(5))));

        Assert.Equal("done", (await engine.RunAsync("Retry")).ReadOutputAs<string>());
        Assert.Equal(3, attempts);
    }

    [Fact]
    public async Task A_retry_handler_decides_whether_an_activity_runs_again()
    {
        int attempts = 0;
        engine.Activities["Broken"] = _ => throw new InvalidOperationException($"attempt {Interlocked.Increment(ref attempts)}");
        engine.Orchestrators["Handle"] = async c =>
        {
            try
            {
                await c.CallActivityAsync(
                    "Broken", null, TaskOptions.FromRetryHandler(
                        r => r.LastAttemptNumber < 4 && r.LastFailure.ErrorMessage.StartsWith("attempt", StringComparison.Ordinal)));
                return null;
            }
            catch (TaskFailedException e)
            {
                return e.FailureDetails.ErrorMessage;
            }
        };

        Assert.Equal("attempt 4", (await engine.RunAsync("Handle")).ReadOutputAs<string>());
    }

    [Fact]
    public async Task An_activity_that_fails_is_a_task_failure_with_its_details()
    {
        engine.Activities["No disk"] = _ => throw new InvalidOperationException("no disk", new IOException("wire cut"));
        engine.Orchestrators["Catch"] = async c =>
        {
            try
            {
                await c.CallActivityAsync("No disk");
                return null;
            }
            catch (TaskFailedException e)
            {
                return $"{e.FailureDetails.IsCausedBy<InvalidOperationException>()} {e.FailureDetails.ErrorMessage}: {e.FailureDetails.InnerFailure?.ErrorMessage}";
            }
        };

        Assert.Equal("True no disk: wire cut", (await engine.RunAsync("Catch")).ReadOutputAs<string>());
    }

    [Fact]
    public async Task A_failure_that_nobody_catches_fails_the_orchestration()
    {
        engine.Activities["No disk"] = _ => throw new InvalidOperationException("no disk");
        engine.Orchestrators["Let go"] = async c =>
        {
            await c.CallActivityAsync("No disk");
            return null;
        };

        OrchestrationMetadata end = await engine.RunAsync("Let go");

        Assert.Equal(OrchestrationRuntimeStatus.Failed, end.RuntimeStatus);
        Assert.Contains("no disk", end.FailureDetails!.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_activity_that_there_is_not_fails_its_call_and_is_named()
    {
        engine.Orchestrators["Ask nobody"] = async c => await c.CallActivityAsync<string>("Nobody");

        OrchestrationMetadata end = await engine.RunAsync("Ask nobody");

        Assert.Equal(OrchestrationRuntimeStatus.Failed, end.RuntimeStatus);
        Assert.Contains("Nobody", end.FailureDetails!.ErrorMessage, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_answer_that_cannot_be_read_fails_the_call_and_not_the_engine()
    {
        engine.Activities["Text"] = _ => Task.FromResult<object?>("not a number");
        engine.Orchestrators["Read"] = async c => await c.CallActivityAsync<int>("Text");

        Assert.Equal(OrchestrationRuntimeStatus.Failed, (await engine.RunAsync("Read")).RuntimeStatus);
    }

    [Fact]
    public async Task A_megabyte_passes_through_every_place_unharmed()
    {
        Random random = new(1);
        string big = string.Concat(Enumerable.Range(0, 1024 * 1024).Select(_ => (char)random.Next(0x20, 0x7e))) + "é😀";
        engine.Activities["Whole"] = input => Task.FromResult<object?>(System.Text.Json.JsonSerializer.Deserialize<string>(input!));
        engine.Orchestrators["Big"] = async c =>
        {
            string echoed = await c.CallActivityAsync<string>("Whole", c.GetInput<string>());
            string told = await c.WaitForExternalEvent<string>("go");
            return echoed + told;
        };
        string id = await engine.Client.ScheduleNewOrchestrationInstanceAsync("Big", big);
        await engine.Client.RaiseEventAsync(id, "go", big);

        OrchestrationMetadata end = await engine.EndOfAsync(id);
        Assert.Equal(big, end.ReadInputAs<string>());
        Assert.Equal(big + big, end.ReadOutputAs<string>());
        Assert.Equal(1, (await engine.Client.PurgeInstanceAsync(id)).PurgedInstanceCount);
    }
}
