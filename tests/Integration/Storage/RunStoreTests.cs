using Rescan.Functions.Storage;
using Rescan.Tests.Integration.DurableTaskSqlite;
using Rescan.Tests.Integration.Runtime.Hosting;

namespace Rescan.Tests.Integration.Storage;

/// <summary>Runs and their items, the same on every store.</summary>
public abstract class RunStoreTests<T> : TableTestBase<T>
    where T : TestTable, new()
{
    private RunStore store = null!;

    public override async Task InitializeAsync()
    {
        await base.InitializeAsync();
        store = new RunStore(Table);
    }

    [Fact]
    public async Task A_run_is_begun_once_and_ended_once()
    {
        RunRecord run = Run(1);
        await store.AddRunAsync(run, default);
        await store.AddRunAsync(run with { Reason = "again" }, default);
        Assert.Null((await store.GetRunAsync(run.Id, default))!.Reason);

        RunRecord end =
            run with
            {
                Status = RunStatus.Completed,
                FinishedAt = run.StartedAt.AddHours(1),
                Counts = new Dictionary<string, int> { ["Succeeded"] = 2 }
            };
        await store.FinishRunAsync(end, default);
        RunRecord kept = await store.FinishRunAsync(end with { Status = RunStatus.Canceled }, default);
        await store.AddRunAsync(run, default);

        Assert.Equal((RunStatus.Completed, 2), (kept.Status, kept.Counts["Succeeded"]));
        Assert.Equal(RunStatus.Completed, Assert.Single((await store.ListRunsAsync(10, null, default)).Items).Status);
        Assert.Null(await store.GetRunAsync("run-other", default));
    }

    [Fact]
    public async Task Runs_come_by_pages_newest_first()
    {
        for (int i = 0; i < 7; i++)
        {
            await store.AddRunAsync(Run(i), default);
        }

        List<string> seen = [];
        string? token = null;
        do
        {
            RunRecordPage page = await store.ListRunsAsync(3, token, default);
            seen.AddRange(page.Items.Select(r => r.Id));
            token = page.ContinuationToken;
        }
        while (token is not null);

        Assert.Equal(Enumerable.Range(0, 7).Reverse().Select(i => Run(i).Id), seen);
        await Assert.ThrowsAsync<FormatException>(() => store.ListRunsAsync(3, "no token!", default));
    }

    [Fact]
    public async Task Items_come_in_turn_and_are_added_once_however_often_the_listing_is_repeated()
    {
        RunItem[] items = [.. Enumerable.Range(0, 250).Select(i => Item("one", i)), Item("one-b", 0), Item("two", 0)];
        await store.AddItemsAsync("run-1", items, default);
        await store.AddItemsAsync("run-1", [.. items.Skip(90).Select(i => i with { RequestId = "other" }), Item("one", 250)], default);
        await store.AddItemsAsync("run-10", [Item("one", 7)], default);

        IReadOnlyList<RunItem> one = await store.GetItemsAsync("run-1", "one", null, int.MaxValue, default);
        Assert.Equal(Enumerable.Range(0, 251), one.Select(i => i.Turn));
        Assert.All(one, i => Assert.NotEqual("other", i.RequestId));
        Assert.Equal(253, (await store.GetItemsAsync("run-1", null, null, int.MaxValue, default)).Count);
        Assert.Equal([0, 1, 2], (await store.GetItemsAsync("run-1", "one", RunItemState.Waiting, 3, default)).Select(i => i.Turn));
    }

    [Fact]
    public async Task What_has_ended_stays_as_it_is()
    {
        await store.AddItemsAsync("run-1", [Item("one", 0), Item("one", 1)], default);
        await store.UpdateItemsAsync(
            "run-1", [Item("one", 0) with { State = RunItemState.Ended, Outcome = Outcome.Warning, Found = "3 new" }], default);
        await store.UpdateItemsAsync(
            "run-1", [Item("one", 0) with { State = RunItemState.Running }, Item("one", 1) with { State = RunItemState.Running }], default);

        Assert.Equal(
            (Outcome.Warning, "3 new"), (await store.GetItemsAsync("run-1", "one", RunItemState.Ended, 9, default)).Select(
                i => (i.Outcome!.Value, i.Found!)).Single());
        Assert.Equal(1, Assert.Single(await store.GetItemsAsync("run-1", "one", RunItemState.Running, 9, default)).Turn);
    }

    [Fact]
    public async Task Items_are_found_by_their_state_in_turn_however_often_it_changes()
    {
        RunItem[] items = [.. Enumerable.Range(0, 40).Select(i => Item("one", i)), Item("two", 3)];
        await store.AddItemsAsync("run-1", items, default);
        await store.UpdateItemsAsync(
            "run-1", [.. items.Take(39).Select(i => i with { State = RunItemState.Running, RequestId = "joined" })], default);
        await store.UpdateItemsAsync("run-1", [.. items.Take(37).Select(i => i with { State = RunItemState.Ended })], default);
        await store.UpdateItemsAsync("run-1", [items[38]], default);

        Assert.Equal((int[])[38, 39, 3], await TurnsAsync(null, RunItemState.Waiting));
        Assert.Equal((int[])[37], await TurnsAsync("ONE", RunItemState.Running));
        Assert.Equal(37, (await TurnsAsync("one", RunItemState.Ended)).Length);
        Assert.Equal("joined", Assert.Single(await store.GetItemsAsync("run-1", "one", RunItemState.Running, 5, default)).RequestId);
    }

    [Fact]
    public async Task Many_that_update_the_same_items_leave_each_ended_once()
    {
        RunItem[] items = [.. Enumerable.Range(0, 10).Select(i => Item("one", i))];
        await store.AddItemsAsync("run-1", items, default);
        await Task.WhenAll(Enumerable.Range(0, 6).Select(worker => Task.Run(() => store.UpdateItemsAsync(
            "run-1", [.. items.Select(i => i with { State = RunItemState.Ended, Reason = $"{worker}" })], default))));

        Assert.Empty(await TurnsAsync(null, RunItemState.Waiting));
        Assert.Equal(Enumerable.Range(0, 10), await TurnsAsync(null, RunItemState.Ended));
    }

    private async Task<int[]> TurnsAsync(string? appliance, RunItemState state) =>
        [.. (await store.GetItemsAsync("run-1", appliance, state, int.MaxValue, default)).Select(i => i.Turn)];

    private static RunRecord Run(int i) =>
        new()
        {
            Id = $"run-{i}", Status = RunStatus.Running,
            StartedAt = new DateTimeOffset(2026, 3, 1, 0, 0, 0, TimeSpan.Zero).AddMinutes(i)
        };

    private static RunItem Item(string appliance, int turn) => new()
    {
        Appliance = appliance, Repository = new RepositoryRef($"r/{turn}", $"name {turn}"), Bucket = "b", Folder = "f", Turn = turn,
        RequestId = $"q{turn}",
    };
}

public sealed class SqliteRunStoreTests : RunStoreTests<SqliteTestTable>;

public sealed class AzureRunStoreTests : RunStoreTests<AzureTestTable>;
