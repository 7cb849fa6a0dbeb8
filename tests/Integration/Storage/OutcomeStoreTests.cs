using Rescan.Functions.Storage;
using Rescan.Tests.Integration.Runtime.Hosting;

namespace Rescan.Tests.Integration.Storage;

/// <summary>Recording, the same on every table.</summary>
public abstract class OutcomeStoreTests<T> : TableTestBase<T>
    where T : TestTable, new()
{
    private static readonly DateTimeOffset Then = new(2026, 3, 1, 0, 0, 0, TimeSpan.Zero);
    private OutcomeStore outcomes = null!;

    public override async Task InitializeAsync()
    {
        await base.InitializeAsync();
        outcomes = new OutcomeStore(Table);
    }

    [Fact]
    public async Task An_outcome_is_recorded_once_and_the_newest_is_found()
    {
        Assert.True(await outcomes.TryRecordAsync("one", Ended(Outcome.Failed, 1), default));
        Assert.False(await outcomes.TryRecordAsync("one", Ended(Outcome.Warning, 3), default));
        Assert.True(await outcomes.TryRecordAsync("two", Ended(Outcome.Succeeded, 2), default));

        // The repeat of a run that was cut off comes late.
        Assert.False(await outcomes.TryRecordAsync("one", Ended(Outcome.Failed, 1), default));

        Assert.Equal(Outcome.Succeeded, Assert.Single(await outcomes.GetRecentAsync("rescan-a-r", 1, default)).Outcome);
        Assert.Equal(Outcome.Succeeded, Assert.Single(await outcomes.GetLatestAsync(default)).Outcome);
        Assert.Equal(
            [Outcome.Succeeded, Outcome.Failed],
            (await outcomes.ListAsync(new OutcomeQuery(), default)).Items.Select(i => i.Outcome.Outcome));
    }

    [Fact]
    public async Task What_comes_to_light_afterwards_is_added_to_the_reason_once_wherever_the_outcome_stands()
    {
        await outcomes.TryRecordAsync("one", Ended(Outcome.Failed, 1) with { Reason = "Denied." }, default);
        await outcomes.TryRecordAsync("two", Ended(Outcome.Succeeded, 2), default);

        Assert.Null(await outcomes.AddReasonAsync("three", "More.", default));
        await Task.WhenAll(
            Enumerable.Range(0, 6)
            .Select(i => new OutcomeStore(i % 2 == 0 ? Table : Tested.Other).AddReasonAsync("one", "More.", default)));
        await outcomes.AddReasonAsync("two", "Late.", default);

        Assert.Equal("Denied. More.", (await outcomes.GetAsync("one", default))!.Reason);
        Assert.Equal(["Late.", "Denied. More."], (await outcomes.GetRecentAsync("rescan-a-r", 9, default)).Select(o => o.Reason));
        Assert.Equal(
            ["Late.", "Denied. More."], (await outcomes.ListAsync(new OutcomeQuery(), default)).Items.Select(i => i.Outcome.Reason));
        Assert.Equal("Late.", Assert.Single(await outcomes.GetLatestAsync(default)).Reason);
    }

    [Fact]
    public async Task Of_many_that_record_one_outcome_at_once_one_does_and_the_newest_stays_the_latest()
    {
        bool[] recorded = await Task.WhenAll(
            Enumerable.Range(0, 12).Select(i => Task.Run(() => new OutcomeStore(i % 2 == 0 ? Table : Tested.Other)
            .TryRecordAsync($"r{i / 3}", Ended(Outcome.Succeeded, i / 3), default))));

        Assert.Equal(4, recorded.Count(r => r));
        Assert.Equal(Then.AddMinutes(3), Assert.Single(await outcomes.GetLatestAsync(default)).FinishedAt);
        Assert.Equal(["r3", "r2", "r1", "r0"], (await outcomes.ListAsync(new OutcomeQuery(), default)).Items.Select(i => i.RequestId));
    }

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

public sealed class SqliteOutcomeStoreTests : OutcomeStoreTests<SqliteTestTable>;

public sealed class AzureOutcomeStoreTests : OutcomeStoreTests<AzureTestTable>;
