using System.Text;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using Rescan.Local.Runtime;
using Rescan.Local.Runtime.Storage;
using Rescan.Tests.Runtime.Engine;

namespace Rescan.Tests.Runtime.Storage;

public sealed class SqliteStateTests() : StateStoreTests(new SqliteTestHub(), new AzureTestHub());

public sealed class AzureStateTests() : StateStoreTests(new AzureTestHub(), new SqliteTestHub());

/// <summary>What can be done with a store that no engine runs on; run once for each, with the other to move to.</summary>
public abstract class StateStoreTests : IAsyncLifetime
{
    private readonly TestHub hub;
    private readonly TestHub other;
    private readonly EngineFixture fixture;

    protected StateStoreTests(TestHub hub, TestHub other)
    {
        this.hub = hub;
        this.other = other;
        fixture = new EngineFixture(hub);
        Functions(fixture);
    }

    public async Task InitializeAsync()
    {
        await fixture.StartAsync();
        await fixture.Client.ScheduleNewOrchestrationInstanceAsync("Wait", "input", new StartOrchestrationOptions("waits"));
        await fixture.Client.ScheduleNewOrchestrationInstanceAsync("Wait", "input", new StartOrchestrationOptions("held"));
        await fixture.Client.SuspendInstanceAsync("held");
        await fixture.Client.RaiseEventAsync("held", "go", "kept");
        await fixture.Client.ScheduleNewOrchestrationInstanceAsync("Call", "done", new StartOrchestrationOptions("ended"));
        await fixture.EndOfAsync("ended");
        await fixture.Store.SetValueAsync(StateStore.TimersKey, "{}");
        await fixture.StopAsync();
    }

    public async Task DisposeAsync()
    {
        await fixture.DisposeAsync();
        await other.DisposeAsync();
    }

    [Fact]
    public async Task What_is_exported_goes_on_in_the_other_kind_of_store()
    {
        using MemoryStream export = await ExportAsync();
        await using (StateStore store = await other.OpenAsync())
        {
            Assert.Equal(3, await store.ImportAsync(export, CancellationToken.None));
            Assert.Equal("{}", await store.GetValueAsync(StateStore.TimersKey, CancellationToken.None));
        }

        EngineFixture moved = new(other);
        Functions(moved);
        await moved.StartAsync();
        await moved.Client.RaiseEventAsync("waits", "go", "on");
        await moved.Client.ResumeInstanceAsync("held");

        Assert.Equal("input on", (await moved.EndOfAsync("waits")).ReadOutputAs<string>());
        Assert.Equal("input kept", (await moved.EndOfAsync("held")).ReadOutputAs<string>());
        Assert.Equal("done", (await moved.Client.GetInstanceAsync("ended", true))!.ReadOutputAs<string>());
        await moved.StopAsync();
    }

    [Fact]
    public async Task An_instance_that_is_there_already_is_not_imported_over()
    {
        using MemoryStream export = await ExportAsync();
        await using StateStore store = await hub.OpenAsync();

        Assert.Contains("here already", (await Assert.ThrowsAsync<StateStoreException>(() => store.ImportAsync(export, CancellationToken.None))).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "not an export")]
    [InlineData("hello", "Line 1")]
    [InlineData("{\"Format\":\"other\",\"Version\":1}", "not an export")]
    [InlineData("{\"Format\":\"rescan-state\",\"Version\":99}", "newer version")]
    [InlineData("{\"Format\":\"rescan-state\",\"Version\":1}\nhello", "Line 2")]
    public async Task What_is_no_export_is_refused(string text, string why)
    {
        using MemoryStream source = new(Encoding.UTF8.GetBytes(text));
        await using StateStore store = await hub.OpenAsync();

        Assert.Contains(why, (await Assert.ThrowsAsync<StateStoreException>(() => store.ImportAsync(source, CancellationToken.None))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pruning_removes_what_ended_before_and_nothing_else()
    {
        await using StateStore store = await hub.OpenAsync();

        Assert.Equal(0, await store.PruneAsync(DateTimeOffset.UtcNow.AddHours(-1), CancellationToken.None));
        Assert.Equal(1, await store.PruneAsync(DateTimeOffset.UtcNow.AddHours(1), CancellationToken.None));
        Assert.Null(await store.GetAsync("ended", CancellationToken.None));
        Assert.NotNull(await store.GetAsync("waits", CancellationToken.None));
    }

    private static void Functions(EngineFixture fixture)
    {
        fixture.Activities["Echo"] = input => Task.FromResult<object?>(System.Text.Json.JsonSerializer.Deserialize<string>(input!));
        fixture.Orchestrators["Wait"] = async c => await c.CallActivityAsync<string>("Echo", c.GetInput<string>()) + " " + await c.WaitForExternalEvent<string>("go");
        fixture.Orchestrators["Call"] = async c => await c.CallActivityAsync<string>("Echo", c.GetInput<string>());
    }

    private async Task<MemoryStream> ExportAsync()
    {
        MemoryStream export = new();
        await using StateStore store = await hub.OpenAsync();
        Assert.Equal(3, await store.ExportAsync(export, CancellationToken.None));
        export.Position = 0;
        return export;
    }
}
