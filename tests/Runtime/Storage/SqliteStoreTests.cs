using System.Globalization;
using Microsoft.Data.Sqlite;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using Rescan.Local.Runtime;
using Rescan.Local.Runtime.Storage;
using Rescan.Tests.Runtime.Engine;

namespace Rescan.Tests.Runtime.Storage;

public sealed class SqliteStoreTests : IAsyncLifetime
{
    private readonly SqliteTestHub hub = new();
    private readonly EngineFixture fixture;

    public SqliteStoreTests() => fixture = new EngineFixture(hub);

    public Task InitializeAsync() => fixture.StartAsync();

    public async Task DisposeAsync() => await fixture.DisposeAsync();

    [Fact]
    public void A_state_file_in_use_is_refused() =>
        Assert.Contains("in use", Assert.Throws<StateStoreInUseException>(() => SqliteStore.Open(hub.StateFile)).Message, StringComparison.Ordinal);

    [Fact]
    public async Task A_state_file_from_a_newer_version_is_refused()
    {
        await fixture.StopAsync();
        Sql("PRAGMA user_version = 99");

        Assert.Contains("newer version", Refusal(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_damaged_state_file_is_refused()
    {
        await fixture.StopAsync();
        await File.WriteAllTextAsync(hub.StateFile, new string('x', 8192));

        Assert.Contains("damaged", Refusal(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_history_that_is_not_whole_stops_the_engine()
    {
        fixture.Orchestrators["Wait"] = async c => await c.WaitForExternalEvent<string>("go");
        string id = await fixture.Client.ScheduleNewOrchestrationInstanceAsync("Wait");
        await fixture.StopAsync();
        Sql("DELETE FROM history");
        await fixture.StartAsync();
        Task raised = fixture.Client.RaiseEventAsync(id, "go", "x");

        Assert.Contains("not whole", (await fixture.Engine.Failed.WaitAsync(TimeSpan.FromSeconds(30))).Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<InvalidOperationException>(() => raised.WaitAsync(TimeSpan.FromSeconds(30)));
    }

    [Fact]
    public async Task A_state_file_that_was_lost_is_not_begun_anew()
    {
        await fixture.StopAsync();
        File.Delete(hub.StateFile);

        Assert.Contains("is missing", Refusal(), StringComparison.Ordinal);
        Assert.False(File.Exists(hub.StateFile));
    }

    [Fact]
    public void A_folder_that_cannot_be_written_is_refused() => Assert.Contains(
        "cannot be opened for writing",
        Assert.Throws<StateStoreException>(() => SqliteStore.Open("/proc/rescan/state.db")).Message,
        StringComparison.Ordinal);

    [Fact]
    public async Task Deleting_the_state_file_in_use_stops_the_engine_with_one_clear_error()
    {
        fixture.Orchestrators["Wait"] = async c => await c.WaitForExternalEvent<string>("go");
        string id = await fixture.Client.ScheduleNewOrchestrationInstanceAsync("Wait");
        Task<OrchestrationMetadata> end = fixture.EndOfAsync(id);
        File.Delete(hub.StateFile);

        InvalidOperationException refused = await Assert.ThrowsAsync<InvalidOperationException>(() => fixture.Client.RaiseEventAsync(id, "go", "x"));
        Assert.IsType<StateStoreException>(refused.InnerException);
        Assert.Contains("deleted", (await fixture.Engine.Failed.WaitAsync(TimeSpan.FromSeconds(30))).Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<InvalidOperationException>(() => end);
        await Assert.ThrowsAsync<InvalidOperationException>(() => fixture.Client.ScheduleNewOrchestrationInstanceAsync("Wait"));
    }

    [Fact]
    public async Task A_full_disk_stops_the_engine_and_loses_nothing_that_was_committed()
    {
        fixture.Orchestrators["Wait"] = async c => await c.WaitForExternalEvent<string>("go");
        await fixture.Client.ScheduleNewOrchestrationInstanceAsync("Wait", null, new StartOrchestrationOptions("before"));
        await ((SqliteStore)fixture.Store).LimitAsync(1);

        await Assert.ThrowsAsync<InvalidOperationException>(
            () => fixture.Client.ScheduleNewOrchestrationInstanceAsync("Wait", new string('x', 1_000_000), new StartOrchestrationOptions("after")));
        Assert.Contains("full", (await fixture.Engine.Failed.WaitAsync(TimeSpan.FromSeconds(30))).Message, StringComparison.Ordinal);

        await fixture.StopAsync();
        await fixture.StartAsync();
        Assert.Null(await fixture.Client.GetInstanceAsync("after"));
        await fixture.Client.RaiseEventAsync("before", "go", "on");
        Assert.Equal("on", (await fixture.EndOfAsync("before")).ReadOutputAs<string>());
    }

    [Fact]
    public async Task Turns_that_wait_at_the_same_time_share_transactions()
    {
        fixture.Orchestrators["Quick"] = _ => Task.FromResult<object?>(1);
        SqliteStore store = (SqliteStore)fixture.Store;

        await Task.WhenAll(Enumerable.Range(0, 500).Select(_ => Task.Run(() => fixture.RunAsync("Quick"))));

        Assert.InRange(store.Transactions, 1, 250);
    }

    [Fact]
    public async Task A_turn_is_one_transaction_and_its_activitys_result_travels_with_the_next()
    {
        fixture.Activities["Echo"] = input => Task.FromResult<object?>(input);
        fixture.Orchestrators["Two"] = async c => await c.CallActivityAsync<string>("Echo") + await c.CallActivityAsync<string>("Echo");
        SqliteStore store = (SqliteStore)fixture.Store;
        long before = store.Transactions;

        await fixture.RunAsync("Two");

        Assert.Equal(3, store.Transactions - before);
    }

    [Fact]
    public async Task A_process_that_stands_by_takes_over_when_the_owner_stops()
    {
        string id = await StartWaitingAsync();
        Task<StateStore> standBy = StateStore.OpenAsync(
            new StateStoreOptions { StateFile = hub.StateFile, StandBy = true }, TimeProvider.System, CancellationToken.None);
        Assert.False(standBy.IsCompleted);
        await fixture.StopAsync();
        await using (StateStore heir = await standBy.WaitAsync(TimeSpan.FromSeconds(10)))
        {
            Assert.Equal(id, Assert.Single(await heir.LoadAsync(CancellationToken.None)).Instance.Id);
        }

        await fixture.StartAsync();
    }

    [Fact]
    public async Task Room_given_back_by_pruning_shrinks_the_file()
    {
        fixture.Orchestrators["Quick"] = _ => Task.FromResult<object?>(new string('x', 100_000));
        for (int i = 0; i < 20; i++)
        {
            await fixture.RunAsync("Quick");
        }

        await fixture.StopAsync();
        long full = new FileInfo(hub.StateFile).Length;
        await using (StateStore store = await hub.OpenAsync())
        {
            Assert.Equal(20, await store.PruneAsync(DateTimeOffset.UtcNow.AddHours(1), CancellationToken.None));
        }

        Assert.InRange(new FileInfo(hub.StateFile).Length, 1, full / 4);
        await fixture.StartAsync();
    }

    [Fact]
    public async Task State_of_version_1_is_brought_forward_and_its_instances_go_on()
    {
        await fixture.StopAsync();
        File.Delete(hub.StateFile);
        DateTime past = DateTime.UtcNow.AddMinutes(-1);
        Sql($$$"""
            CREATE TABLE instances (
                id TEXT PRIMARY KEY, name TEXT NOT NULL, execution INTEGER NOT NULL, status INTEGER NOT NULL,
                input TEXT, output TEXT, custom_status TEXT, failure TEXT,
                created TEXT NOT NULL, updated TEXT NOT NULL, parent TEXT) WITHOUT ROWID;
            CREATE TABLE history (instance TEXT NOT NULL, seq INTEGER NOT NULL, event TEXT NOT NULL, PRIMARY KEY (instance, seq)) WITHOUT ROWID;
            CREATE TABLE messages (key INTEGER PRIMARY KEY AUTOINCREMENT, instance TEXT NOT NULL, execution INTEGER, event TEXT NOT NULL);
            CREATE INDEX messages_by_instance ON messages (instance);
            CREATE TABLE activities (
                key INTEGER PRIMARY KEY AUTOINCREMENT, instance TEXT NOT NULL, execution INTEGER NOT NULL, task INTEGER NOT NULL,
                name TEXT NOT NULL, input TEXT);
            CREATE INDEX activities_by_instance ON activities (instance);
            CREATE TABLE timers (
                instance TEXT NOT NULL, execution INTEGER NOT NULL, task INTEGER NOT NULL, due INTEGER NOT NULL,
                PRIMARY KEY (instance, task)) WITHOUT ROWID;
            CREATE INDEX timers_by_due ON timers (due);
            INSERT INTO instances VALUES ('old', 'Old', 1, 0, '4', NULL, NULL, NULL, '2026-01-02T03:04:05.0000000Z', '2026-01-02T03:04:06.0000000Z', NULL);
            INSERT INTO instances VALUES ('done', 'Old', 1, 1, '4', '"x"', NULL, NULL, '2026-01-02T03:04:05.0000000Z', '2026-01-02T03:04:06.0000000Z', NULL);
            INSERT INTO history VALUES ('old', 0, '{"Kind":0,"Id":-1,"Name":null,"Data":null,"Time":"2026-01-02T03:04:05Z","Failure":null}');
            INSERT INTO history VALUES ('old', 1, '{"Kind":1,"Id":0,"Name":"Echo","Data":null,"Time":"0001-01-01T00:00:00","Failure":null}');
            INSERT INTO history VALUES ('old', 2, '{"Kind":7,"Id":1,"Name":"timer","Data":null,"Time":"0001-01-01T00:00:00","Failure":null}');
            INSERT INTO activities (instance, execution, task, name, input) VALUES ('old', 1, 0, 'Echo', '41');
            INSERT INTO timers VALUES ('old', 1, 1, {{{past.Ticks.ToString(CultureInfo.InvariantCulture)}}});
            INSERT INTO messages (instance, execution, event) VALUES ('old', NULL, '{"Kind":9,"Id":-1,"Name":"go","Data":"1","Time":"0001-01-01T00:00:00","Failure":null}');
            PRAGMA user_version = 1;
            """);
        await File.WriteAllTextAsync(hub.StateFile + ".timers", """{"Nightly":"2026-01-02T01:30:00Z"}""");
        fixture.Activities["Echo"] = input => Task.FromResult<object?>(int.Parse(input!, CultureInfo.InvariantCulture));
        fixture.Orchestrators["Old"] = async c =>
        {
            Task<int> echo = c.CallActivityAsync<int>("Echo", 41);
            await c.CreateTimer(TimeSpan.FromHours(1), CancellationToken.None);
            return await echo + await c.WaitForExternalEvent<int>("go");
        };

        await fixture.StartAsync();

        Assert.Equal(42, (await fixture.EndOfAsync("old")).ReadOutputAs<int>());
        OrchestrationMetadata done = (await fixture.Client.GetInstanceAsync("done", true))!;
        Assert.Equal("x", done.ReadOutputAs<string>());
        Assert.Contains("Nightly", await fixture.Store.GetValueAsync(StateStore.TimersKey, CancellationToken.None), StringComparison.Ordinal);
        Assert.Equal(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero), done.CreatedAt);
    }

    private Task<string> StartWaitingAsync()
    {
        fixture.Orchestrators["Wait"] = async c => await c.WaitForExternalEvent<string>("go");
        return fixture.Client.ScheduleNewOrchestrationInstanceAsync("Wait");
    }

    private string Refusal() => Assert.Throws<StateStoreException>(() => SqliteStore.Open(hub.StateFile)).Message;

    private void Sql(string text)
    {
        using SqliteConnection connection = new($"Data Source={hub.StateFile};Pooling=False");
        connection.Open();
        using SqliteCommand command = connection.CreateCommand();
#pragma warning disable CA2100 // Constants of this file.
        command.CommandText = text;
#pragma warning restore CA2100
        command.ExecuteNonQuery();
    }
}
