using Rescan.Functions.Storage;
using Rescan.Tests.Integration.Runtime.Hosting;

namespace Rescan.Tests.Integration.Storage;

/// <summary>Moving and pruning, the same on every table.</summary>
public abstract class OutcomeArchiveTests<T> : TableTestBase<T>
    where T : TestTable, new()
{
    private static readonly DateTimeOffset Then = new(2026, 3, 1, 0, 0, 0, TimeSpan.Zero);
    private OutcomeStore outcomes = null!;

    private IntentStore Intents => new(Table, TimeProvider.System);

    private RunStore Runs => new(Table);

    private OutcomeArchive Archive => OutcomeArchive.Of(Table);

    public override async Task InitializeAsync()
    {
        await base.InitializeAsync();
        outcomes = new OutcomeStore(Table);
    }

    [Fact]
    public async Task Deliveries_and_claims_that_nobody_needs_are_pruned()
    {
        DeliveryStore deliveries = new(Table);
        Assert.True(await deliveries.TryRecordDeliveryAsync("old", "Slack", Then, default));
        Assert.False(await deliveries.TryRecordDeliveryAsync("old", "slack", Then.AddDays(1), default));
        Assert.True(await deliveries.TryRecordDeliveryAsync("old", "teams", Then.AddMinutes(9), default));
        await Intents.SetAsideAsync("a", ["aside"], default);

        await Archive.PruneAsync(Then.AddMinutes(5), default);
        Assert.False(await deliveries.IsDeliveredAsync("old", "slack", default));
        Assert.True(await deliveries.IsDeliveredAsync("old", "Teams", default));
        Assert.Single(await Intents.GetClaimsAsync("a", ["aside"], default));

        await Archive.PruneAsync(DateTimeOffset.UtcNow.AddMinutes(1), default);
        Assert.Empty(await Intents.GetClaimsAsync("a", ["aside"], default));
    }

    [Fact]
    public async Task Pruning_takes_many_at_once()
    {
        await Parallel.ForAsync(
            0, 70, async (i, cancel) => await outcomes.TryRecordAsync(
                $"r{i}", Ended(Outcome.Succeeded, i) with { Id = $"rescan-a-{i % 9}" }, cancel));

        Assert.Equal(60, await Archive.PruneAsync(Then.AddMinutes(60), default));
        Assert.Equal(10, (await outcomes.ListAsync(new OutcomeQuery(), default)).Items.Count);
        Assert.Equal(9, (await outcomes.GetLatestAsync(default)).Count);
        Assert.Equal(60, await Table.QueryAsync("outcomes", KeyRange.All, int.MaxValue, default).CountAsync() + 60 - 39);
    }

    [Fact]
    public async Task What_is_old_is_pruned_and_nothing_else()
    {
        foreach ((string request, int minute) in ((string, int)[])[("old", 1), ("new", 10)])
        {
            (RescanIntent intent, _) = await Intents.GetOrAddIntentAsync(
                Intent(request) with { CreatedAt = Then.AddMinutes(minute) }, default);
            await Intents.TryClaimSessionAsync(intent, "s-" + request, default);
            await outcomes.TryRecordAsync(request, Ended(Outcome.Succeeded, minute), default);
        }

        RescanIntent live = Intent("live") with { FirstPostAt = Then, LastPostAt = Then };
        await Intents.GetOrAddIntentAsync(live, default);

        Assert.Equal(1, await Archive.PruneAsync(Then.AddMinutes(5), default));

        Assert.Null(await outcomes.GetAsync("old", default));
        Assert.NotNull(await outcomes.GetAsync("new", default));
        Assert.Single(await outcomes.GetLatestAsync(default));
        Assert.Single(await outcomes.GetRecentAsync("rescan-a-r", 10, default));
        Assert.False((await Intents.GetOrAddIntentAsync(live, default)).Created);
        Assert.False((await Intents.GetOrAddIntentAsync(Intent("new"), default)).Created);
        Assert.True((await Intents.GetOrAddIntentAsync(Intent("old"), default)).Created);
        Assert.Equal(0, await Archive.PruneAsync(Then.AddMinutes(5), default));
    }

    [Fact]
    public async Task What_is_exported_is_the_same_in_another_store()
    {
        (RescanIntent intent, _) = await Intents.GetOrAddIntentAsync(Intent("one"), default);
        await Intents.TryClaimSessionAsync(intent, "s", default);
        await Intents.GetOrAddIntentAsync(Intent("open") with { FirstPostAt = Then, LastPostAt = Then }, default);
        await outcomes.TryRecordAsync("one", Ended(Outcome.Failed, 1), default);
        await outcomes.TryRecordAsync("two", Ended(Outcome.Succeeded, 2), default);
        await RunAsync("run-1", Then.AddMinutes(3));
        await RunAsync("run-2", null);
        List<OutcomeArchiveItem> items = await Archive.ExportAsync(default).ToListAsync();

        await using SqliteTestTable other = new();
        await other.OpenAsync();
        OutcomeArchive copy = OutcomeArchive.Of(other.Table);
        foreach (OutcomeArchiveItem item in items.Concat(items))
        {
            await copy.ImportAsync(item, default);
        }

        List<OutcomeArchiveItem> again = await copy.ExportAsync(default).ToListAsync();
        Assert.Equal(items.Select(Text).Order(), again.Select(Text).Order());
        Assert.Equal(Outcome.Succeeded, Assert.Single(await new OutcomeStore(other.Table).GetLatestAsync(default)).Outcome);
        Assert.Equal("one", (await new IntentStore(other.Table, TimeProvider.System).GetClaimsAsync("a", ["s"], default))["s"]);
        Assert.Equal(["run-2", "run-1"], (await new RunStore(other.Table).ListRunsAsync(10, null, default)).Items.Select(r => r.Id));
    }

    [Fact]
    public async Task Pruning_takes_runs_that_ended_before_with_their_items()
    {
        await RunAsync("run-old", Then.AddMinutes(1));
        await RunAsync("run-new", Then.AddMinutes(9));
        await RunAsync("run-open", null);

        await Archive.PruneAsync(Then.AddMinutes(5), default);

        Assert.Equal(
            ["run-new", "run-open"], (await Runs.ListRunsAsync(10, null, default)).Items.Select(r => r.Id).Order(StringComparer.Ordinal));
        Assert.Null(await Runs.GetRunAsync("run-old", default));
        Assert.Empty(await Runs.GetItemsAsync("run-old", null, null, 10, default));
        Assert.Single(await Runs.GetItemsAsync("run-new", null, null, 10, default));
    }

    private async Task RunAsync(string id, DateTimeOffset? finishedAt)
    {
        RunRecord run =
            new()
            {
                Id = id, Status = finishedAt is null ? RunStatus.Running : RunStatus.Completed,
                StartedAt = finishedAt is null ? Then.AddMinutes(4) : Then, FinishedAt = finishedAt
            };
        await Runs.AddRunAsync(run, default);
        await Runs.AddItemsAsync(
            id, [new RunItem { Appliance = "a", Repository = new RepositoryRef("r", "nightly"), Turn = 0, RequestId = "one" }], default);
    }

    private static string Text(OutcomeArchiveItem item) => System.Text.Json.JsonSerializer.Serialize(item);

    private static RescanIntent Intent(string request, string appliance = "a") => new(request, appliance, "r", Then, null);

    private static RescanOutcome Ended(Outcome outcome, int minute) => new()
    {
        Id = "rescan-a-r",
        Appliance = "a",
        Repository = new RepositoryRef("r", "Repository"),
        Outcome = outcome,
        StartedAt = Then,
        FinishedAt = Then.AddMinutes(minute),
        DurationSeconds = 60,
    };
}

public sealed class SqliteOutcomeArchiveTests : OutcomeArchiveTests<SqliteTestTable>;

public sealed class AzureOutcomeArchiveTests : OutcomeArchiveTests<AzureTestTable>;
