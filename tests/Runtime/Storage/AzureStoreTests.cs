using Azure.Data.Tables;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Specialized;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Time.Testing;
using Rescan.Local.Runtime;
using Rescan.Local.Runtime.Storage;
using Rescan.Tests.Runtime.Engine;

namespace Rescan.Tests.Runtime.Storage;

public sealed class AzureStoreTests : IAsyncLifetime
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private readonly AzureTestHub hub = new();
    private readonly EngineFixture fixture;

    public AzureStoreTests()
    {
        fixture = new EngineFixture(hub);
        fixture.Activities["Echo"] = input => Task.FromResult<object?>(System.Text.Json.JsonSerializer.Deserialize<string>(input!));
        fixture.Orchestrators["Wait"] = async c => await c.WaitForExternalEvent<string>("go");
    }

    private AzureStore Store => (AzureStore)fixture.Store;

    public Task InitializeAsync() => fixture.StartAsync();

    public async Task DisposeAsync() => await fixture.DisposeAsync();

    [Fact]
    public async Task Two_activities_and_a_timer_cost_five_requests()
    {
        fixture.Orchestrators["Rescan"] = async c =>
        {
            string first = await c.CallActivityAsync<string>("Echo", "a");
            await c.CreateTimer(TimeSpan.FromMilliseconds(10), CancellationToken.None);
            return first + await c.CallActivityAsync<string>("Echo", "b");
        };
        long before = Store.Requests;

        Assert.Equal("ab", (await fixture.RunAsync("Rescan")).ReadOutputAs<string>());
        Assert.InRange(Store.Requests - before, 4, 5);
    }

    [Fact]
    public async Task History_can_be_seen_in_the_table_by_any_client()
    {
        fixture.Orchestrators["Call"] = async c => await c.CallActivityAsync<string>("Echo", "seen");
        await fixture.Client.ScheduleNewOrchestrationInstanceAsync("Call", null, new StartOrchestrationOptions("rescan-a-1"));
        await fixture.EndOfAsync("rescan-a-1");

        List<TableEntity> rows = [];
        await foreach (TableEntity row in (await TableAsync()).QueryAsync<TableEntity>(r => r.PartitionKey == "rescan-a-1"))
        {
            rows.Add(row);
        }

        Assert.Contains(rows, r => r.RowKey.StartsWith("h|", StringComparison.Ordinal) && r.GetString("Events").Contains("seen", StringComparison.Ordinal));
        Assert.Equal("Completed", rows.Single(r => r.RowKey == "i").GetString("Status"));
    }

    [Fact]
    public async Task A_hub_in_use_is_refused() =>
        Assert.Contains("in use", (await Assert.ThrowsAsync<StateStoreInUseException>(hub.OpenAsync)).Message, StringComparison.Ordinal);

    [Fact]
    public async Task A_hub_from_a_newer_version_is_refused()
    {
        await fixture.StopAsync();
        await (await OwnerAsync()).SetMetadataAsync(new Dictionary<string, string> { ["schema"] = "99" });

        Assert.Contains("newer version", (await Assert.ThrowsAsync<StateStoreException>(hub.OpenAsync)).Message, StringComparison.Ordinal);
        await (await OwnerAsync()).SetMetadataAsync(new Dictionary<string, string> { ["schema"] = "1" });
        await fixture.StartAsync();
    }

    [Fact]
    public async Task A_hub_whose_table_was_lost_is_not_begun_anew()
    {
        await fixture.StopAsync();
        await (await TableAsync()).DeleteAsync();

        Assert.Contains("has lost its table", (await Assert.ThrowsAsync<StateStoreException>(() => fixture.StartAsync())).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("UseDevelopment")]
    [InlineData("Account;AccountKey=c2VjcmV0")]
    public async Task A_storage_that_cannot_be_read_is_refused_without_showing_it(string storage)
    {
        StateStoreException refused = await Assert.ThrowsAsync<StateStoreException>(
            () => AzureStore.OpenAsync(storage, "Rescan", false, TimeProvider.System, CancellationToken.None));

        Assert.DoesNotContain("c2VjcmV0", refused.ToString(), StringComparison.Ordinal);
        Assert.Contains("connection string", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_lost_lease_stops_the_engine_and_its_writes()
    {
        FakeTimeProvider clock = new(DateTimeOffset.UtcNow);
        await using AzureStore mine = await AzureStore.OpenAsync(await AzureTestHub.StorageAsync(), "L" + hub.Name, false, clock, CancellationToken.None);
        BlobLeaseClient lease = (await OwnerAsync("L" + hub.Name)).GetBlobLeaseClient();
        await lease.BreakAsync(TimeSpan.Zero);
        await lease.AcquireAsync(TimeSpan.FromSeconds(15));
        clock.Advance(TimeSpan.FromSeconds(15));

        Assert.Contains("no longer owned", (await mine.Failed.WaitAsync(Limit)).Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<StateStoreException>(() => mine.SetValueAsync("k", "v"));
    }

    [Fact]
    public async Task While_idle_only_the_lease_is_renewed()
    {
        FakeTimeProvider clock = new(DateTimeOffset.UtcNow);
        await using AzureStore mine = await AzureStore.OpenAsync(await AzureTestHub.StorageAsync(), "I" + hub.Name, false, clock, CancellationToken.None);
        EngineFixture idle = new(new OpenHub(mine)) { Time = clock };
        idle.Orchestrators["Sleep"] = async c =>
        {
            await c.CreateTimer(TimeSpan.FromDays(1), CancellationToken.None);
            return null;
        };
        await idle.StartAsync();
        await idle.Client.ScheduleNewOrchestrationInstanceAsync("Sleep");
        long before = mine.Requests;
        clock.Advance(TimeSpan.FromSeconds(14));
        Assert.Equal(before, mine.Requests);
        clock.Advance(TimeSpan.FromSeconds(1));
        using CancellationTokenSource limit = new(Limit);
        while (mine.Requests == before)
        {
            limit.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }

        Assert.Equal(before + 1, mine.Requests);
        await idle.Engine.DisposeAsync();
    }

    [Fact]
    public async Task The_hub_of_a_process_that_died_on_this_machine_is_taken_over_at_once()
    {
        string name = "K" + hub.Name;
        AzureStore dead = await AzureStore.OpenAsync(await AzureTestHub.StorageAsync(), name, false, new FakeTimeProvider(), CancellationToken.None);
        await dead.SetValueAsync("k", "left behind");
        BlobClient owner = await OwnerAsync(name);
        IDictionary<string, string> signed = (await owner.GetPropertiesAsync()).Value.Metadata;
        string[] parts = signed["owner"].Split('|');
        parts[1] = int.MaxValue.ToString(System.Globalization.CultureInfo.InvariantCulture);
        signed["owner"] = string.Join('|', parts);
        await owner.SetMetadataAsync(signed, new Azure.Storage.Blobs.Models.BlobRequestConditions { LeaseId = signed["lease"] });

        await using AzureStore heir = await AzureStore.OpenAsync(await AzureTestHub.StorageAsync(), name, false, TimeProvider.System, CancellationToken.None);

        Assert.Equal("left behind", await heir.GetValueAsync("k", CancellationToken.None));
        await Assert.ThrowsAsync<StateStoreInUseException>(
            async () => await AzureStore.OpenAsync(await AzureTestHub.StorageAsync(), name, false, TimeProvider.System, CancellationToken.None));
    }

    [Fact]
    public async Task A_process_that_slept_over_its_lease_writes_nothing_more()
    {
        FakeTimeProvider clock = new(DateTimeOffset.UtcNow);
        SleepingClock ticking = new(clock);
        await using AzureStore mine = await AzureStore.OpenAsync(await AzureTestHub.StorageAsync(), "S" + hub.Name, false, ticking, CancellationToken.None);
        await mine.SetValueAsync("k", "before");
        ticking.Sleep(TimeSpan.FromSeconds(41));

        Assert.Contains("no longer owned", (await Assert.ThrowsAsync<StateStoreException>(() => mine.SetValueAsync("k", "after"))).Message, StringComparison.Ordinal);
        Assert.Equal("before", await mine.GetValueAsync("k", CancellationToken.None));
    }

    [Fact]
    public async Task The_hub_of_a_process_that_stops_is_taken_over_at_once_with_what_waits()
    {
        string id = await fixture.Client.ScheduleNewOrchestrationInstanceAsync("Wait");
        Task<AzureStore> standBy = AzureStore.OpenAsync(await AzureTestHub.StorageAsync(), hub.Name, true, TimeProvider.System, CancellationToken.None);
        Assert.False(standBy.IsCompleted);
        await fixture.StopAsync();
        await using (AzureStore heir = await standBy.WaitAsync(TimeSpan.FromSeconds(10)))
        {
            Assert.Equal(id, Assert.Single(await heir.LoadAsync(CancellationToken.None)).Instance.Id);
        }

        await fixture.StartAsync();
    }

    [Fact]
    public async Task An_instance_that_another_process_touched_is_read_again_and_goes_on()
    {
        string id = await fixture.Client.ScheduleNewOrchestrationInstanceAsync("Wait");
        TableClient table = await TableAsync();
        TableEntity row = await table.GetEntityAsync<TableEntity>(id, "i");
        row["Commit"] = "another";
        await table.UpdateEntityAsync(row, row.ETag, TableUpdateMode.Replace);

        await fixture.Client.RaiseEventAsync(id, "go", "still");

        Assert.Equal("still", (await fixture.EndOfAsync(id)).ReadOutputAs<string>());
    }

    [Fact]
    public async Task What_a_turn_sent_before_a_crash_is_sent_after_it_once()
    {
        fixture.Orchestrators["Two"] = async c => await c.WaitForExternalEvent<string>("go") + await c.WaitForExternalEvent<string>("go");
        fixture.Orchestrators["Child"] = c => Task.FromResult<object?>("of " + c.Parent!.InstanceId);
        fixture.Orchestrators["Parent"] = async c => await c.CallSubOrchestratorAsync<string>("Child", null, new SubOrchestrationOptions(instanceId: "child-" + c.InstanceId));
        string target = await fixture.Client.ScheduleNewOrchestrationInstanceAsync("Two");
        await fixture.StopAsync();

        // As a crash between the transaction and the sending leaves it; the first letter had got through already.
        InstanceState state;
        await using (StateStore store = await hub.OpenAsync())
        {
            state = (await store.ReadAsync(target, CancellationToken.None))!;
            Message first = new(1, null, new HistoryEvent(EventKind.EventRaised, Name: "go", Data: "\"1\""));
            Message second = new(2, null, new HistoryEvent(EventKind.EventRaised, Name: "go", Data: "\"2\""));
            TableClient table = await TableAsync();
            await table.AddEntityAsync(new TableEntity(target, "m|0000000000000001") { ["Message"] = System.Text.Json.JsonSerializer.Serialize(first, StateJson.Default.Message) });
            Outbox outbox = new(
                [new Letter(target, first), new Letter(target, second)],
                [new InstanceRecord { Id = "orphan", Name = "Child", Execution = 7, Status = OrchestrationRuntimeStatus.Pending, Parent = new ParentLink("gone", "Parent", 3, 0) }]);
            await table.AddEntityAsync(new TableEntity("gone", "o|1") { ["Outbox"] = System.Text.Json.JsonSerializer.Serialize(outbox, StateJson.Default.Outbox) });
        }

        await fixture.StartAsync();

        Assert.Equal("12", (await fixture.EndOfAsync(target)).ReadOutputAs<string>());
        Assert.Equal("of gone", (await fixture.EndOfAsync("orphan")).ReadOutputAs<string>());
        Assert.Equal("of top", (await TopAsync()).ReadOutputAs<string>());
        await fixture.StopAsync();
        await using StateStore after = await hub.OpenAsync();
        Assert.Empty(await after.LoadAsync(CancellationToken.None));

        async Task<OrchestrationMetadata> TopAsync()
        {
            await fixture.Client.ScheduleNewOrchestrationInstanceAsync("Parent", null, new StartOrchestrationOptions("top"));
            return await fixture.EndOfAsync("top");
        }
    }

    [Fact]
    public async Task A_commit_whose_answer_was_lost_counts_once()
    {
        await using LossyProxy proxy = await LossyProxy.StartAsync(await AzureTestHub.StorageAsync());
        string name = "P" + hub.Name;
        int runs = 0;
        EngineFixture lossy = new(new ProxiedHub(proxy.ConnectionString, name));
        await using (lossy)
        {
            lossy.Activities["Count"] = _ => Task.FromResult<object?>(Interlocked.Increment(ref runs));
            lossy.Orchestrators["Child"] = async c => await c.CallActivityAsync<int>("Count");
            lossy.Orchestrators["Sum"] = async c =>
            {
                int first = await c.CallActivityAsync<int>("Count");
                return first + await c.CallSubOrchestratorAsync<int>("Child");
            };
            await lossy.StartAsync();
            proxy.LoseAnswers = true;

            Assert.Equal(3, (await lossy.RunAsync("Sum")).ReadOutputAs<int>());
            Assert.True(proxy.Lost > 5);
            proxy.LoseAnswers = false;
        }

        Assert.Equal(2, runs);
    }

    private async Task<TableClient> TableAsync() => new(await AzureTestHub.StorageAsync(), hub.Name + "State");

    private async Task<BlobClient> OwnerAsync(string? name = null) =>
        new(await AzureTestHub.StorageAsync(), (name ?? hub.Name).ToLowerInvariant() + "-hub", "owner");

    private sealed class OpenHub(StateStore store) : TestHub
    {
        public override Task<StateStore> OpenAsync() => Task.FromResult(store);

        public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }

    private sealed class ProxiedHub(string storage, string name) : TestHub
    {
        public override async Task<StateStore> OpenAsync() => await AzureStore.OpenAsync(storage, name, false, TimeProvider.System, CancellationToken.None);

        public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }

    /// <summary>A clock whose timers do not run, whose time can jump.</summary>
    private sealed class SleepingClock(FakeTimeProvider inner) : TimeProvider
    {
        private TimeSpan slept;

        public override long TimestampFrequency => inner.TimestampFrequency;

        public void Sleep(TimeSpan time) => slept = time;

        public override long GetTimestamp() => inner.GetTimestamp() + (long)(slept.TotalSeconds * TimestampFrequency);

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            inner.CreateTimer(callback, state, dueTime, period);
    }
}
