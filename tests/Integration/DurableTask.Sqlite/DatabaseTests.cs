using DurableTask.Core;
using DurableTask.Sqlite;
using Microsoft.DurableTask;
using Rescan.Tests.Integration.Rescans;

namespace Rescan.Tests.Integration.DurableTaskSqlite;

/// <summary>Tables of an application in the file of the task hub, and the hand-over between owners in one process.</summary>
public sealed class DatabaseTests : InAFolder
{
    [Fact]
    public async Task Writes_of_an_application_share_commits_and_one_that_fails_undoes_itself_only()
    {
        await using Hub hub = await new Hub(File).StartAsync();
        SqliteDatabase database = hub.Service.Database;
        await database.WriteAsync(db => db.Execute("CREATE TABLE app_things (id TEXT PRIMARY KEY, value INTEGER, data BLOB)"));
        long before = database.Transactions;
        Task<int>[] writes = [.. Enumerable.Range(0, 1000).Select(i => database.WriteAsync(db =>
        {
            int rows = db.Execute("INSERT INTO app_things VALUES (?1, ?2, ?3)", i % 10 == 9 ? "same" : $"id-{i}", i, new byte[] { 1, 2 });
            return i % 100 == 50 ? throw new FormatException("of the application") : rows;
        }))];
        await Task.WhenAll(writes.Select(w => w.ContinueWith(_ => { }, TaskScheduler.Default)));
        Assert.True(database.Transactions - before < 200, $"{database.Transactions - before} transactions");
        Assert.Equal(10, writes.Count(w => w.Exception?.InnerException is FormatException));
        Assert.Equal(99, writes.Count(w => w.Exception?.InnerException is SqliteErrorException { ErrorCode: 19 }));
        Assert.Equal(891L, database.Read(db => db.QueryInt64("SELECT count(*) FROM app_things")));
        Assert.Equal("id-7", database.Read(db => db.QueryString("SELECT id FROM app_things WHERE value = ?1", 7)));
        Assert.Null(database.Read(db => db.QueryString("SELECT id FROM app_things WHERE value = ?1", -7)));
        Assert.Throws<SqliteStorageException>(() => database.Read(db => db.Execute("DELETE FROM app_things")));
        Assert.False(hub.Service.Lost.IsCompleted);
    }

    [Fact]
    public async Task Texts_bytes_and_nothing_come_back_as_they_were()
    {
        await using Hub hub = await new Hub(File).StartAsync();
        await hub.Service.Database.WriteAsync(db =>
        {
            db.Execute("CREATE TABLE app_values (a, b, c, d)");
            db.Execute("INSERT INTO app_values VALUES (?1, ?2, ?3, ?4)", "", Array.Empty<byte>(), (string?)null,
                "é\0😀" + new string('x', 3000));
        });
        Assert.True(hub.Service.Database.Read(db => db.Query(
            "SELECT a, b, c, d FROM app_values", r =>
                r.GetString(0) == "" && !r.IsNull(1) && r.GetBytes(1).IsEmpty && r.IsNull(2) && r.GetString(2) is null)).Single());
        Assert.Equal("text", hub.Service.Database.Read(db => db.QueryString("SELECT typeof(a) FROM app_values")));
        Assert.Equal(3004L, hub.Service.Database.Read(db => db.QueryInt64("SELECT length(CAST(d AS BLOB)) - 3 FROM app_values")));
    }

    [Fact]
    public async Task A_second_service_waits_takes_over_when_the_first_stops_and_goes_on_where_it_was()
    {
        await using Hub first = await Stepping().StartAsync();
        await first.BeginAsync("Steps", "", "s");
        await first.RaiseAsync("s", "e", "1");
        await first.UntilAsync("s", s => s.Status == "\"1\"");
        await using Hub second = Stepping();
        Task<Hub> waiting = second.StartAsync();
        Assert.False(second.Service.Owned.IsCompleted);
        await first.StopAsync();
        await waiting.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.True(second.Service.Owned.IsCompletedSuccessfully);
        await second.RaiseAsync("s", "e", "2");
        Assert.Equal("\"12\"", (await second.EndAsync("s")).Output);
        await Assert.ThrowsAsync<InvalidOperationException>(() => first.RaiseAsync("s", "e", "3"));
        Assert.False(first.Service.Lost.IsCompleted);
    }

    [Fact]
    public async Task One_that_stands_by_can_be_stopped()
    {
        await using Hub first = await Stepping().StartAsync();
        SqliteOrchestrationService second = new(new SqliteOrchestrationServiceSettings(File));
        Task waiting = second.StartAsync();
        await second.StopAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.WaitAsync(TimeSpan.FromSeconds(30)));
    }

    [Fact]
    public async Task A_stopped_service_starts_again_and_those_who_wait_are_told()
    {
        await using Hub hub = await Stepping().StartAsync();
        await hub.BeginAsync("Steps", "", "s");
        Task<OrchestrationState> waiting = hub.EndAsync("s");
        await hub.StopAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        await hub.StartAsync();
        await hub.RaiseAsync("s", "e", "1");
        await hub.RaiseAsync("s", "e", "2");
        Assert.Equal("\"12\"", (await hub.EndAsync("s")).Output);
    }

    [Fact]
    public async Task An_activity_that_was_running_when_its_owner_went_runs_again()
    {
        int runs = 0;
        TaskCompletionSource never = new();
        Hub Slow(bool hangs) => new Hub(File)
            .Activity<string, string>("Act", async input =>
            {
                Interlocked.Increment(ref runs);
                await (hangs ? never.Task : Task.CompletedTask);
                return input;
            })
            .Orchestrator<string, string>("Calls", (context, input) => context.CallActivityAsync<string>("Act", input)!);
        await using Hub first = await Slow(true).StartAsync();
        await first.BeginAsync("Calls", "x", "c");
        await Eventually.Async(() => runs == 1);
        await first.StopAsync();
        await using Hub second = await Slow(false).StartAsync();
        Assert.Equal("\"x\"", (await second.EndAsync("c")).Output);
        Assert.Equal(2, runs);
    }

    [Fact]
    public async Task An_orchestration_that_no_code_is_there_for_waits_and_does_not_stop_others()
    {
        await using Hub hub = await Stepping().StartAsync();
        await hub.BeginAsync("Unknown", "", "u");
        await hub.BeginAsync("Steps", "", "s");
        await hub.RaiseAsync("s", "e", "1");
        await hub.RaiseAsync("s", "e", "2");
        Assert.Equal("\"12\"", (await hub.EndAsync("s")).Output);
        Assert.Equal(OrchestrationStatus.Pending, (await hub.StateAsync("u"))!.OrchestrationStatus);
        await hub.Client.TerminateInstanceAsync(new OrchestrationInstance { InstanceId = "u" }, "nobody knows it");
        Assert.Equal(OrchestrationStatus.Terminated, (await hub.EndAsync("u")).OrchestrationStatus);
    }

    private Hub Stepping() => new Hub(File).Orchestrator<string, string>("Steps", async (context, _) =>
    {
        string one = await context.WaitForExternalEvent<string>("e");
        context.SetCustomStatus(one);
        return one + await context.WaitForExternalEvent<string>("e");
    });
}
