using DurableTask.Core;
using DurableTask.Core.Exceptions;
using DurableTask.Core.History;
using Microsoft.DurableTask;

namespace Rescan.Tests.Integration.DurableTaskSqlite;

/// <summary>What orchestrations do, through Microsoft's own worker and client.</summary>
public sealed class OrchestrationTests : InAFolder
{
    private static readonly OrchestrationStatus[] None = [];

    private Hub Basic() => new Hub(File)
        .Activity<string, string>("Echo", input => Task.FromResult(input))
        .Activity<string, string>("Fail", input => throw new InvalidOperationException("no " + input))
        .Orchestrator<string, string>("Two", async (context, input) =>
        {
            string first = await context.CallActivityAsync<string>("Echo", input + "1");
            await context.CreateTimer(context.CurrentUtcDateTime, CancellationToken.None);
            return await context.CallActivityAsync<string>("Echo", first + "2");
        })
        .Orchestrator<string, string>("Wait", async (context, input) =>
        {
            context.SetCustomStatus("waits");
            return input + await context.WaitForExternalEvent<string>("go");
        });

    [Fact]
    public async Task Activities_and_a_timer_run_to_the_end_and_are_in_the_history()
    {
        await using Hub hub = await Basic().StartAsync();
        Assert.Equal("\"a12\"", await hub.RunAsync("Two", "a", "one"));
        IReadOnlyList<HistoryEvent> history = (await hub.Service.GetHistoryAsync("one"))!;
        Assert.Equal(2, history.OfType<TaskCompletedEvent>().Count());
        Assert.Single(history.OfType<TimerFiredEvent>());
        Assert.Single(history.OfType<ExecutionStartedEvent>());
        Assert.IsType<OrchestratorCompletedEvent>(history[^1]);
        Assert.Contains("TaskScheduled", (await hub.Service.GetOrchestrationHistoryAsync("one", null!)), StringComparison.Ordinal);
        Assert.Null(await hub.Service.GetOrchestrationHistoryAsync("none", null!));
    }

    [Fact]
    public async Task A_failure_of_an_activity_reaches_the_caller_with_its_details()
    {
        await using Hub hub = Basic().Orchestrator<string,
        string>("Fails", async (context, input) => await context.CallActivityAsync<string>("Fail", input));
        await hub.StartAsync();
        OrchestrationState end = await hub.EndAsync(await hub.BeginAsync("Fails", "x"));
        Assert.Equal(OrchestrationStatus.Failed, end.OrchestrationStatus);
        Assert.Contains("no x", end.FailureDetails.ToString() + end.FailureDetails.InnerFailure, StringComparison.Ordinal);
        OrchestrationState stored = (await hub.StateAsync(end.OrchestrationInstance.InstanceId))!;
        Assert.Equal(end.FailureDetails.ErrorMessage, stored.FailureDetails.ErrorMessage);
        Assert.Equal(end.Output, stored.Output);
    }

    [Fact]
    public async Task Activities_are_retried_by_their_policy()
    {
        int tries = 0;
        await using Hub hub = new Hub(File)
            .Activity<string, string>(
                "Third", _ => ++tries < 3 ? throw new InvalidOperationException("not yet") : Task.FromResult<string?>("done"))
            .Orchestrator<string, string>("Retries", (context, _) => context.CallActivityAsync<string>(
                "Third", TaskOptions.FromRetryPolicy(new RetryPolicy(5, TimeSpan.FromMilliseconds(20))))!);
        await hub.StartAsync();
        Assert.Equal("\"done\"", await hub.RunAsync("Retries"));
        Assert.Equal(3, tries);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("child")]
    public async Task A_sub_orchestration_gives_its_result_to_its_parent(string? id)
    {
        await using Hub hub = Basic().Orchestrator<string, string>("Parent", (context, input) =>
            context.CallSubOrchestratorAsync<string>("Two", input, id is null ? null : new SubOrchestrationOptions { InstanceId = id })!);
        await hub.StartAsync();
        Assert.Equal("\"p12\"", await hub.RunAsync("Parent", "p"));
        if (id is not null)
        {
            OrchestrationState child = (await hub.StateAsync(id))!;
            Assert.Equal("Parent", child.ParentInstance.Name);
            Assert.Equal("\"p12\"", await hub.RunAsync("Parent", "p"));
        }
    }

    [Fact]
    public async Task A_sub_orchestration_whose_id_is_taken_fails_in_its_parent()
    {
        await using Hub hub = Basic().Orchestrator<string, string>("Parent", (context, input) =>
            context.CallSubOrchestratorAsync<string>("Wait", input, new SubOrchestrationOptions { InstanceId = "taken" })!);
        await hub.StartAsync();
        await hub.BeginAsync("Wait", "first", "taken");
        OrchestrationState end = await hub.EndAsync(await hub.BeginAsync("Parent", "p"));
        Assert.Equal(OrchestrationStatus.Failed, end.OrchestrationStatus);
        Assert.Contains("already exists", end.Output, StringComparison.Ordinal);
        await hub.RaiseAsync("taken", "go", "!");
        Assert.Equal("\"first!\"", (await hub.EndAsync("taken")).Output);
    }

    [Fact]
    public async Task Continuing_as_new_carries_events_over_and_keeps_one_execution()
    {
        await using Hub hub = new Hub(File).Orchestrator<int, int>("Counts", async (context, count) =>
        {
            if (count < 50)
            {
                _ = context.CreateTimer(TimeSpan.Zero, CancellationToken.None);
                await context.WaitForExternalEvent<int>("more");
                context.ContinueAsNew(count + 1);
            }

            return count;
        });
        await hub.StartAsync();
        await hub.BeginAsync("Counts", 0, "counts");
        await Task.WhenAll(Enumerable.Range(0, 50).Select(i => hub.RaiseAsync("counts", "more", i)));
        Assert.Equal("50", (await hub.EndAsync("counts")).Output);
        OrchestrationState state = (await hub.StateAsync("counts"))!;
        Assert.Equal("50", state.Input);
        IReadOnlyList<HistoryEvent> history = (await hub.Service.GetHistoryAsync("counts"))!;
        Assert.Equal(state.OrchestrationInstance.ExecutionId,
            Assert.Single(history.OfType<ExecutionStartedEvent>()).OrchestrationInstance.ExecutionId);
        Assert.True(history.Count < 20, $"{history.Count} events");
        Assert.Equal(0L, hub.Service.Database.Read(db => db.QueryInt64("SELECT count(*) FROM messages")));
    }

    [Fact]
    public async Task An_id_is_taken_while_its_instance_has_not_ended_and_free_afterwards()
    {
        await using Hub hub = await Basic().StartAsync();
        await hub.BeginAsync("Wait", "a", "id");
        await hub.UntilAsync("id", s => s.OrchestrationStatus == OrchestrationStatus.Running);
        await Assert.ThrowsAsync<OrchestrationAlreadyExistsException>(() => hub.BeginAsync("Wait", "b", "id"));
        await hub.Client.SuspendInstanceAsync(new OrchestrationInstance { InstanceId = "id" }, "pause");
        await hub.UntilAsync("id", s => s.OrchestrationStatus == OrchestrationStatus.Suspended);
        await Assert.ThrowsAsync<OrchestrationAlreadyExistsException>(() => hub.BeginAsync("Wait", "b", "id"));
        await hub.Client.ResumeInstanceAsync(new OrchestrationInstance { InstanceId = "id" }, "go on");
        await hub.RaiseAsync("id", "go", "1");
        Assert.Equal("\"a1\"", (await hub.EndAsync("id")).Output);
        await hub.BeginAsync("Wait", "b", "id");
        await hub.RaiseAsync("id", "go", "2");
        Assert.Equal("\"b2\"", (await hub.EndAsync("id")).Output);
        Assert.Single((await hub.Service.GetHistoryAsync("id"))!.OfType<ExecutionStartedEvent>());
    }

    [Fact]
    public async Task Dedupe_statuses_say_which_earlier_instances_keep_an_id()
    {
        await using Hub hub = await Basic().StartAsync();
        Assert.Equal("\"x12\"", await hub.RunAsync("Two", "x", "id"));
        await Assert.ThrowsAsync<OrchestrationAlreadyExistsException>(() => hub.Client.CreateOrchestrationInstanceAsync(
            "Two", "", "id", "y", new Dictionary<string, string>(), [OrchestrationStatus.Completed]));
        await hub.BeginAsync("Wait", "old", "busy");
        await hub.UntilAsync("busy", s => s.Status is not null);
        await hub.Client.CreateOrchestrationInstanceAsync("Wait", "", "busy", "new", new Dictionary<string, string>(), None);
        await hub.RaiseAsync("busy", "go", "!");
        Assert.Equal("\"new!\"", (await hub.EndAsync("busy")).Output);
    }

    [Fact]
    public async Task Of_many_that_start_one_id_at_once_one_does()
    {
        await using Hub hub = Basic().Orchestrator<string, string>("Parent", async (context, input) =>
        {
            context.SetCustomStatus("asked");
            try
            {
                return await context.CallSubOrchestratorAsync<string>(
                    "Wait", "child-", new SubOrchestrationOptions { InstanceId = input! });
            }
            catch (Microsoft.DurableTask.TaskFailedException)
            {
                return "refused";
            }
        });
        await hub.StartAsync();
        for (int round = 0; round < 60; round++)
        {
            string id = $"one-{round}";
            string parent = await hub.BeginAsync("Parent", id);
            string?[] started = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => Task.Run(async () =>
            {
                try
                {
                    await hub.BeginAsync("Wait", $"{i}-", id);
                    return $"\"{i}-!\"";
                }
                catch (OrchestrationAlreadyExistsException)
                {
                    return null;
                }
            })));

            // One that asks only after the end starts it anew.
            await hub.UntilAsync(parent, s => s.Status is not null || s.OrchestrationStatus == OrchestrationStatus.Completed);
            await hub.RaiseAsync(id, "go", "!");
            string output = (await hub.EndAsync(id)).Output;
            Assert.Equal(output == "\"child-!\"" ? [] : [output], started.Where(s => s is not null));
            Assert.Equal(output == "\"child-!\"" ? output : "\"refused\"", (await hub.EndAsync(parent)).Output);
        }
    }

    [Fact]
    public async Task Events_come_in_order_and_those_before_they_are_waited_for_are_kept()
    {
        await using Hub hub = new Hub(File).Activity<string, string>("Slow", async input =>
        {
            await Task.Delay(50);
            return input;
        }).Orchestrator<string, string>("Collect", async (context, input) =>
        {
            string all = (await context.CallActivityAsync<string>("Slow", input))!;
            for (int i = 0; i < 20; i++)
            {
                all += await context.WaitForExternalEvent<string>("e");
            }

            return all;
        });
        await hub.StartAsync();
        await hub.BeginAsync("Collect", "", "c");
        for (int i = 0; i < 20; i++)
        {
            await hub.RaiseAsync("c", "e", ((char)('a' + i)).ToString());
        }

        Assert.Equal("\"abcdefghijklmnopqrst\"", (await hub.EndAsync("c")).Output);
        await hub.RaiseAsync("c", "e", "late");
        await hub.RaiseAsync("nobody", "e", "lost");
        Assert.Equal(0L, hub.Service.Database.Read(db => db.QueryInt64("SELECT count(*) FROM messages")));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_running_or_suspended_instance_is_terminated(bool suspended)
    {
        await using Hub hub = await Basic().StartAsync();
        await hub.BeginAsync("Wait", "a", "id");
        await hub.UntilAsync("id", s => s.Status is not null);
        if (suspended)
        {
            await hub.Client.SuspendInstanceAsync(new OrchestrationInstance { InstanceId = "id" }, "pause");
            await hub.UntilAsync("id", s => s.OrchestrationStatus == OrchestrationStatus.Suspended);
        }

        await hub.Client.TerminateInstanceAsync(new OrchestrationInstance { InstanceId = "id" }, "enough");
        OrchestrationState end = await hub.EndAsync("id");
        Assert.Equal(OrchestrationStatus.Terminated, end.OrchestrationStatus);
        Assert.Equal("enough", end.Output);
        await hub.Client.TerminateInstanceAsync(new OrchestrationInstance { InstanceId = "nobody" }, "enough");
    }

    [Fact]
    public async Task A_suspended_instance_keeps_its_events_until_it_is_resumed()
    {
        await using Hub hub = await Basic().StartAsync();
        await hub.BeginAsync("Wait", "a", "id");
        await hub.Client.SuspendInstanceAsync(new OrchestrationInstance { InstanceId = "id" }, "pause");
        await hub.UntilAsync("id", s => s.OrchestrationStatus == OrchestrationStatus.Suspended);
        await hub.RaiseAsync("id", "go", "!");
        Assert.Equal(OrchestrationStatus.Suspended, (await hub.StateAsync("id"))!.OrchestrationStatus);
        await hub.Client.ResumeInstanceAsync(new OrchestrationInstance { InstanceId = "id" }, "go on");
        Assert.Equal("\"a!\"", (await hub.EndAsync("id")).Output);
    }

    [Fact]
    public async Task An_input_of_a_megabyte_goes_in_and_comes_out()
    {
        string large = new('x', 1_000_000);
        await using Hub hub = await Basic().StartAsync();
        Assert.Equal($"\"{large}12\"", await hub.RunAsync("Two", large, "large"));
        Assert.Equal($"\"{large}\"", (await hub.StateAsync("large"))!.Input);
    }

    [Fact]
    public async Task Many_at_once_all_end()
    {
        await using Hub hub = await Basic().StartAsync();
        string[] outputs = await Task.WhenAll(Enumerable.Range(0, 500).Select(i => Task.Run(() => hub.RunAsync("Two", $"{i}-"))));
        Assert.Equal(Enumerable.Range(0, 500).Select(i => $"\"{i}-12\""), outputs);
        Assert.Equal(0L, hub.Service.Database.Read(
            db => db.QueryInt64("SELECT (SELECT count(*) FROM messages) + (SELECT count(*) FROM tasks)")));
    }
}
