using DurableTask.Core;
using DurableTask.Core.Query;
using Microsoft.DurableTask;

namespace Rescan.Tests.Integration.DurableTaskSqlite;

/// <summary>Queries and purges.</summary>
public sealed class QueryTests : InAFolder
{
    private async Task<Hub> ThreeKindsAsync()
    {
        Hub hub = await new Hub(File)
            .Orchestrator<string, string>("Ends", (_, input) => Task.FromResult<string?>(input))
            .Orchestrator<string, string>("Fails", (_, input) => throw new InvalidOperationException(input))
            .Orchestrator<string, string>("Waits", (context, _) => context.WaitForExternalEvent<string>("go")!).StartAsync();
        for (int i = 0; i < 10; i++)
        {
            await hub.RunAsync("Ends", $"in{i}", $"ends-{i}");
            await hub.EndAsync(await hub.BeginAsync("Fails", "x", $"fails-{i}"));
            await hub.BeginAsync("Waits", "w", $"Waits_{i}");
            await hub.UntilAsync($"Waits_{i}", s => s.OrchestrationStatus == OrchestrationStatus.Running);
        }

        return hub;
    }

    [Fact]
    public async Task Instances_are_found_by_status_prefix_and_time_in_the_order_they_were_made()
    {
        await using Hub hub = await ThreeKindsAsync();
        List<OrchestrationState> all = await hub.QueryAsync(new() { PageSize = 7 });
        Assert.Equal(30, all.Count);
        Assert.Equal(all.OrderBy(s => s.CreatedTime).Select(s => s.OrchestrationInstance.InstanceId),
            all.Select(s => s.OrchestrationInstance.InstanceId));
        Assert.Equal(30, all.DistinctBy(s => s.OrchestrationInstance.InstanceId).Count());
        List<OrchestrationState> failed = await hub.QueryAsync(new() { RuntimeStatus = [OrchestrationStatus.Failed] });
        Assert.Equal(10, failed.Count);
        Assert.All(failed, s => Assert.NotNull(s.FailureDetails));
        Assert.Equal(20, (await hub.QueryAsync(
            new() { RuntimeStatus = [OrchestrationStatus.Failed, OrchestrationStatus.Running], PageSize = 3 })).Count);
        Assert.Equal(10, (await hub.QueryAsync(new() { InstanceIdPrefix = "Waits_" })).Count);
        Assert.Empty(await hub.QueryAsync(new() { InstanceIdPrefix = "waits_" }));
        Assert.Empty(await hub.QueryAsync(new() { InstanceIdPrefix = "%" }));
        DateTime middle = all[15].CreatedTime;
        Assert.Equal(15, (await hub.QueryAsync(new() { CreatedTimeFrom = middle })).Count);
        Assert.Equal(16, (await hub.QueryAsync(new() { CreatedTimeTo = middle })).Count);
        OrchestrationState bare = (await hub.QueryAsync(new() { InstanceIdPrefix = "ends-3", FetchInputsAndOutputs = false })).Single();
        Assert.Equal((null, null, "Ends"), (bare.Input, bare.Output, bare.Name));
        OrchestrationState whole = (await hub.QueryAsync(new() { InstanceIdPrefix = "ends-3" })).Single();
        Assert.Equal(("\"in3\"", "\"in3\""), (whole.Input, whole.Output));
    }

    [Theory]
    [InlineData("x")]
    [InlineData("1")]
    [InlineData("1.")]
    [InlineData(".1")]
    [InlineData("1.2.3")]
    [InlineData("-1.2")]
    [InlineData("1.-2")]
    [InlineData(" 1.2")]
    [InlineData("9223372036854775807.1")]
    [InlineData("99999999999999999999.1")]
    [InlineData("1;DROP TABLE instances")]
    public async Task A_forged_token_is_an_error(string token)
    {
        await using Hub hub = await new Hub(File).StartAsync();
        await Assert.ThrowsAsync<ArgumentException>(() => hub.QueryAsync(new() { ContinuationToken = token }));
    }

    [Fact]
    public async Task What_has_ended_is_purged_one_by_one_or_by_a_filter_and_nothing_else()
    {
        await using Hub hub = await ThreeKindsAsync();
        Assert.Equal(1, (await hub.Service.PurgeInstanceStateAsync("ends-0")).DeletedInstanceCount);
        Assert.Equal(0, (await hub.Service.PurgeInstanceStateAsync("ends-0")).DeletedInstanceCount);
        Assert.Equal(0, (await hub.Service.PurgeInstanceStateAsync("Waits_0")).DeletedInstanceCount);
        Assert.Null(await hub.StateAsync("ends-0"));
        PurgeResult failed =
            await hub.Service.PurgeInstanceStateAsync(
                new PurgeInstanceFilter(DateTime.UnixEpoch, null, [OrchestrationStatus.Failed, OrchestrationStatus.Running]));
        Assert.Equal((10, true), (failed.DeletedInstanceCount, failed.IsComplete));
        PurgeResult none = await hub.Service.PurgeInstanceStateAsync(
            new PurgeInstanceFilter(DateTime.UnixEpoch, null, null) { Timeout = TimeSpan.Zero });
        Assert.Equal((0, false), (none.DeletedInstanceCount, none.IsComplete));
        await hub.Service.PurgeOrchestrationHistoryAsync(
            DateTime.UtcNow.AddHours(1), OrchestrationStateTimeRangeFilterType.OrchestrationCompletedTimeFilter);
        Assert.Equal(10, (await hub.QueryAsync(new())).Count);
        Assert.Equal([10L, 10L, 10L], hub.Service.Database.Read(db => (long?[])[
            db.QueryInt64("SELECT count(*) FROM instances"), db.QueryInt64("SELECT count(*) FROM starts"),
            db.QueryInt64("SELECT count(DISTINCT instance) FROM history")]));
        await hub.RaiseAsync("Waits_0", "go", "on");
        await hub.EndAsync("Waits_0");
    }

    [Fact]
    public async Task A_process_that_does_not_own_the_hub_can_look_but_not_touch()
    {
        await using Hub hub = await ThreeKindsAsync();
        await using Hub other = new(File);
        Assert.Equal(30, (await other.QueryAsync(new())).Count);
        Assert.NotNull(await other.Service.GetHistoryAsync("ends-1"));
        await Assert.ThrowsAsync<InvalidOperationException>(() => other.BeginAsync("Ends", "x"));
    }
}
