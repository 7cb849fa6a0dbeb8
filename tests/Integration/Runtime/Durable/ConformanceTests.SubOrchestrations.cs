using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;

namespace Rescan.Tests.Integration.Runtime.Durable;

public abstract partial class ConformanceTests
{
    [Fact]
    public async Task A_sub_orchestration_answers_its_parent_and_knows_it()
    {
        engine.Orchestrators["Child"] = c => Task.FromResult<object?>($"{c.GetInput<int>() + 1} for {c.Parent?.InstanceId}");
        engine.Orchestrators["Parent"] = async c => await c.CallSubOrchestratorAsync<string>("Child", 41);

        OrchestrationMetadata end = await engine.RunAsync("Parent");

        Assert.Equal("42 for " + end.InstanceId, end.ReadOutputAs<string>());
    }

    [Fact]
    public async Task A_sub_orchestration_may_have_an_id_of_its_own_and_keeps_it()
    {
        string id = NewId("child");
        engine.Orchestrators["Named"] = c => Task.FromResult<object?>(c.InstanceId);
        engine.Orchestrators["Names"] = async c => await c.CallSubOrchestratorAsync<string>(
            "Named", null, new SubOrchestrationOptions(instanceId: c.GetInput<string>()!));

        Assert.Equal(id, (await engine.RunAsync("Names", id)).ReadOutputAs<string>());
        Assert.Equal(OrchestrationRuntimeStatus.Completed, (await engine.Client.GetInstanceAsync(id))!.RuntimeStatus);
        Assert.Equal(id, (await engine.RunAsync("Names", id)).ReadOutputAs<string>());
    }

    [Fact]
    public async Task Sub_orchestrations_nest()
    {
        engine.Orchestrators["Down"] = async c =>
        {
            int depth = c.GetInput<int>();
            return depth == 0 ? 0 : 1 + await c.CallSubOrchestratorAsync<int>("Down", depth - 1);
        };

        Assert.Equal(5, (await engine.RunAsync("Down", 5)).ReadOutputAs<int>());
    }

    [Fact]
    public async Task Many_sub_orchestrations_at_once_all_answer()
    {
        engine.Activities["Double"] = input => Task.FromResult<object?>(int.Parse(input!) * 2);
        engine.Orchestrators["Doubles"] = async c => await c.CallActivityAsync<int>("Double", c.GetInput<int>());
        engine.Orchestrators["Fan out"] = async c =>
            (await Task.WhenAll(Enumerable.Range(1, 40).Select(i => c.CallSubOrchestratorAsync<int>("Doubles", i)))).Sum();

        Assert.Equal(40 * 41, (await engine.RunAsync("Fan out")).ReadOutputAs<int>());
    }

    [Fact]
    public async Task A_sub_orchestration_that_fails_is_a_task_failure_for_its_parent()
    {
        engine.Orchestrators["Fails"] = _ => throw new InvalidOperationException("no disk");
        engine.Orchestrators["Catches"] = async c =>
        {
            try
            {
                await c.CallSubOrchestratorAsync("Fails");
                return null;
            }
            catch (TaskFailedException e)
            {
                return e.FailureDetails.ErrorMessage;
            }
        };

        Assert.Equal("no disk", (await engine.RunAsync("Catches")).ReadOutputAs<string>());
    }

    [Fact]
    public async Task A_sub_orchestration_that_is_terminated_fails_for_its_parent()
    {
        string child = NewId("child");
        engine.Orchestrators["Endless"] = async c => await c.WaitForExternalEvent<string>("never");
        engine.Orchestrators["Hopes"] = async c =>
        {
            try
            {
                return await c.CallSubOrchestratorAsync<string>("Endless", null, new SubOrchestrationOptions(instanceId: child));
            }
            catch (TaskFailedException)
            {
                return "it did not end well";
            }
        };
        string id = await engine.Client.ScheduleNewOrchestrationInstanceAsync("Hopes");
        await engine.UntilAsync(child, i => i.RuntimeStatus == OrchestrationRuntimeStatus.Running);

        await engine.Client.TerminateInstanceAsync(child, "enough");

        Assert.Equal("it did not end well", (await engine.EndOfAsync(id)).ReadOutputAs<string>());
        Assert.Equal(OrchestrationRuntimeStatus.Terminated, (await engine.EndOfAsync(child)).RuntimeStatus);
    }
}
