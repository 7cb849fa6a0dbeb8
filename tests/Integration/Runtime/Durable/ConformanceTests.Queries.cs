using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;

namespace Rescan.Tests.Integration.Runtime.Durable;

public abstract partial class ConformanceTests
{
    [Fact]
    public async Task Instances_are_listed_by_prefix_in_pages()
    {
        string prefix = NewId("page");
        engine.Orchestrators["Quick"] = c => Task.FromResult<object?>(c.GetInput<int>());
        for (int i = 0; i < 7; i++)
        {
            await engine.Client.ScheduleNewOrchestrationInstanceAsync("Quick", i, new StartOrchestrationOptions($"{prefix}-{i}"));
            await engine.EndOfAsync($"{prefix}-{i}");
        }

        List<string> listed = [];
        await foreach (Page<OrchestrationMetadata> page in engine.Client.GetAllInstancesAsync(
            new OrchestrationQuery(InstanceIdPrefix: prefix + "-", PageSize: 3)).AsPages())
        {
            Assert.InRange(page.Values.Count, 0, 3);
            Assert.All(page.Values, i => Assert.Null(i.SerializedInput));
            listed.AddRange(page.Values.Select(i => i.InstanceId));
        }

        Assert.Equal(Enumerable.Range(0, 7).Select(i => $"{prefix}-{i}"), listed.Order(StringComparer.Ordinal));
        Page<OrchestrationMetadata> first = await FirstAsync(new OrchestrationQuery(InstanceIdPrefix: prefix + "-", PageSize: 3));
        Page<OrchestrationMetadata> second = await FirstAsync(
            new OrchestrationQuery(InstanceIdPrefix: prefix + "-", PageSize: 3, ContinuationToken: first.ContinuationToken));
        Assert.Empty(first.Values.Select(i => i.InstanceId).Intersect(second.Values.Select(i => i.InstanceId)));
    }

    [Fact]
    public async Task Instances_are_listed_by_state_with_their_inputs_where_asked_for()
    {
        string prefix = NewId("state");
        engine.Orchestrators["Quick"] = c => Task.FromResult<object?>(c.GetInput<string>());
        engine.Orchestrators["Throw"] = _ => throw new InvalidOperationException("no disk");
        engine.Orchestrators["Wait"] = async c => await c.WaitForExternalEvent<string>("go");
        foreach ((string name, string end) in ((string, string)[])[
            ("Quick", "well"), ("Throw", "failed"), ("Wait", "runs"), ("Wait", "held"), ("Wait", "stopped")])
        {
            await engine.Client.ScheduleNewOrchestrationInstanceAsync(name, end, new StartOrchestrationOptions($"{prefix}-{end}"));
        }

        await engine.EndOfAsync(prefix + "-well");
        await engine.EndOfAsync(prefix + "-failed");
        await engine.Client.WaitForInstanceStartAsync(prefix + "-runs");
        await engine.Client.WaitForInstanceStartAsync(prefix + "-held");
        await engine.Client.SuspendInstanceAsync(prefix + "-held");
        await engine.UntilAsync(prefix + "-held", i => i.RuntimeStatus == OrchestrationRuntimeStatus.Suspended);
        await engine.Client.TerminateInstanceAsync(prefix + "-stopped");
        await engine.EndOfAsync(prefix + "-stopped");

        foreach ((OrchestrationRuntimeStatus status, string end) in ((OrchestrationRuntimeStatus, string)[])
            [(OrchestrationRuntimeStatus.Completed, "well"), (OrchestrationRuntimeStatus.Failed, "failed"),
                (OrchestrationRuntimeStatus.Running, "runs"),
             (OrchestrationRuntimeStatus.Suspended, "held"), (OrchestrationRuntimeStatus.Terminated, "stopped")])
        {
            OrchestrationMetadata one = Assert.Single(
                await ListAsync(new OrchestrationQuery(Statuses: [status], InstanceIdPrefix: prefix, FetchInputsAndOutputs: true)));
            Assert.Equal((prefix + "-" + end, end), (one.InstanceId, one.ReadInputAs<string>()));
        }

        Assert.Equal(
            2, (await ListAsync(
                new OrchestrationQuery(
                    Statuses: [OrchestrationRuntimeStatus.Running, OrchestrationRuntimeStatus.Suspended],
                    InstanceIdPrefix: prefix))).Count);
    }

    [Fact]
    public async Task Instances_are_listed_by_the_time_they_were_created()
    {
        string prefix = NewId("time");
        engine.Orchestrators["Quick"] = _ => Task.FromResult<object?>(1);
        List<DateTimeOffset> created = [];
        for (int i = 0; i < 3; i++)
        {
            string id = $"{prefix}-{i}";
            await engine.Client.ScheduleNewOrchestrationInstanceAsync("Quick", null, new StartOrchestrationOptions(id));
            created.Add((await engine.EndOfAsync(id)).CreatedAt);
            await engine.PastAsync(created[i]);
        }

        OrchestrationMetadata one = Assert.Single(
            await ListAsync(
                new OrchestrationQuery(
                    CreatedFrom: created[0].AddMilliseconds(1), CreatedTo: created[2].AddMilliseconds(-1), InstanceIdPrefix: prefix)));
        Assert.Equal($"{prefix}-1", one.InstanceId);
    }

    private async Task<List<OrchestrationMetadata>> ListAsync(OrchestrationQuery query)
    {
        List<OrchestrationMetadata> found = [];
        await foreach (OrchestrationMetadata instance in engine.Client.GetAllInstancesAsync(query))
        {
            found.Add(instance);
        }

        return found;
    }

    private async Task<Page<OrchestrationMetadata>> FirstAsync(OrchestrationQuery query)
    {
        await foreach (Page<OrchestrationMetadata> page in engine.Client.GetAllInstancesAsync(query).AsPages())
        {
            return page;
        }

        throw new InvalidOperationException("no page");
    }
}
