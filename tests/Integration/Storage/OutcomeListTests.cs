using Rescan.Functions.Appliances;
using Rescan.Functions.Storage;
using Rescan.Tests.Integration.Durability;
using Rescan.Tests.Integration.Runtime.Hosting;

namespace Rescan.Tests.Integration.Storage;

/// <summary>Pages, filters and histories, the same on every store.</summary>
public abstract class OutcomeListTests<T> : TableTestBase<T>
    where T : TestTable, new()
{
    private OutcomeStore store = null!;

    public override async Task InitializeAsync()
    {
        await base.InitializeAsync();
        store = new OutcomeStore(Table);
        for (int i = 0; i < 12; i++)
        {
            string appliance = i % 2 == 0 ? "Even" : "odd";
            Assert.True(await store.TryRecordAsync($"q{i}", Ended(i, appliance, $"r{i % 4}"), default));
        }
    }

    [Fact]
    public async Task Pages_follow_each_other_without_gap_or_repeat_though_outcomes_come_in_between()
    {
        List<string> seen = [];
        string? token = null;
        do
        {
            OutcomePage page = await store.ListAsync(new OutcomeQuery(Limit: 5, ContinuationToken: token), default);
            Assert.InRange(page.Items.Count, 1, 5);
            seen.AddRange(page.Items.Select(i => i.RequestId));
            token = page.ContinuationToken;
            await store.TryRecordAsync($"late{seen.Count}", Ended(100 + seen.Count, "late", "r"), default);
        }
        while (token is not null);

        Assert.Equal(Enumerable.Range(0, 12).Reverse().Select(i => $"q{i}"), seen);
    }

    [Fact]
    public async Task The_last_page_has_no_token_even_when_it_is_full() =>
        Assert.Null((await store.ListAsync(new OutcomeQuery(Limit: 12), default)).ContinuationToken);

    [Theory]
    [InlineData("even", null, "q10 q8 q6 q4 q2 q0")]
    [InlineData(null, "R1", "q9 q5 q1")]
    [InlineData(null, "NAME OF R3", "q11 q7 q3")]
    [InlineData("odd", "r3", "q11 q7 q3")]
    [InlineData("odd", "r0", "")]
    public async Task Filters_compare_without_case_and_take_a_repository_by_name_or_id(
        string? appliance, string? repository, string expected)
    {
        List<string> found = [];
        string? token = null;
        do
        {
            OutcomePage page = await store.ListAsync(new OutcomeQuery(appliance, repository, Limit: 2, ContinuationToken: token), default);
            found.AddRange(page.Items.Select(i => i.RequestId));
            token = page.ContinuationToken;
        }
        while (token is not null);

        Assert.Equal(expected, string.Join(' ', found));
    }

    [Fact]
    public async Task Of_one_instance_the_newest_comes_first() => Assert.Equal(
        ["q10", "q6"],
        (await store.ListAsync(new OutcomeQuery(InstanceId: "rescan-even-r2", Limit: 2), default)).Items.Select(i => i.RequestId));

    [Fact]
    public async Task Pages_leave_the_log_out_and_a_single_outcome_has_it()
    {
        Assert.All((await store.ListAsync(new OutcomeQuery(), default)).Items, i => Assert.Empty(i.Outcome.Log));
        Assert.Equal("found 3", Assert.Single((await store.GetAsync("q3", default))!.Log).Message);
        Assert.Null(await store.GetAsync("q99", default));
    }

    [Fact]
    public async Task A_history_is_the_newest_outcomes_in_order_of_time()
    {
        IReadOnlyDictionary<string, IReadOnlyList<OutcomePoint>> histories = await store.GetHistoryAsync(
            ["rescan-even-r0", "rescan-odd-r1", "rescan-none-r0"], 2, default);

        Assert.Equal(["rescan-even-r0", "rescan-odd-r1"], histories.Keys.Order(StringComparer.Ordinal));
        Assert.Equal([4d, 8d], histories["rescan-even-r0"].Select(p => p.DurationSeconds));
        Assert.Equal(Time(8), histories["rescan-even-r0"][^1].FinishedAt);
    }

    [Theory]
    [InlineData("no token!")]
    [InlineData("_")]
    public Task A_token_that_was_never_handed_out_is_refused(string token) =>
        Assert.ThrowsAsync<FormatException>(() => store.ListAsync(new OutcomeQuery(ContinuationToken: token), default));

    [Fact]
    public async Task A_log_that_is_too_long_for_a_row_is_cut_and_says_so()
    {
        RescanOutcome large = Ended(50, "a", "r") with
        {
            Log = [.. Enumerable.Range(0, 2000).Select(i => new SessionLogItem(Time(i), "Success", new string('\u0001', 99) + '\ud800'))],
        };

        Assert.True(await store.TryRecordAsync("large", large, default));
        RescanOutcome kept = (await store.GetAsync("large", default))!;
        Assert.InRange(kept.Log.Count, 400, 1001);
        Assert.Equal($"The log goes on for {2000 - kept.Log.Count + 1} more items on the appliance.", kept.Log[^1].Message);
        Assert.EndsWith("\u0001\ufffd", kept.Log[0].Message, StringComparison.Ordinal);
    }

    private static DateTimeOffset Time(int i) => new DateTimeOffset(2026, 3, 1, 0, 0, 0, TimeSpan.Zero).AddMinutes(i);

    private static RescanOutcome Ended(int i, string appliance, string repository) => new()
    {
        Id = $"rescan-{appliance}-{repository}".ToLowerInvariant(),
        Appliance = appliance,
        Repository = new RepositoryRef(repository, $"name of {repository}"),
        Outcome = Outcome.Succeeded,
        StartedAt = Time(i).AddMinutes(-1),
        FinishedAt = Time(i),
        DurationSeconds = i,
        Log = [new SessionLogItem(Time(i), "Success", $"found {i}")],
    };
}

public sealed class SqliteOutcomeListTests : OutcomeListTests<SqliteTestTable>;

public sealed class AzureOutcomeListTests : OutcomeListTests<AzureTestTable>;
