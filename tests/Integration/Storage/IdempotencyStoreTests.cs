using Rescan.Functions.Storage;
using Rescan.Tests.Integration.Runtime.Hosting;

namespace Rescan.Tests.Integration.Storage;

/// <summary>Requests that may be repeated, remembered the same on every store.</summary>
public abstract class IdempotencyStoreTests<T> : TableTestBase<T>
    where T : TestTable, new()
{
    private static readonly DateTimeOffset Start = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly StoredResponse Answer = new(202, "{}", "/api/rescans/r");
    private IdempotencyStore store = null!;

    public override async Task InitializeAsync()
    {
        await base.InitializeAsync();
        store = new IdempotencyStore(Table);
    }

    [Fact]
    public async Task A_request_is_new_then_in_progress_then_answered_by_whatever_worker()
    {
        Assert.Equal(IdempotencyState.New, (await BeginAsync()).State);
        Assert.Equal(IdempotencyState.InProgress, (await BeginAsync()).State);
        await store.CompleteAsync("key/1", Answer, default);
        IdempotencyStore other = new(Tested.Other);

        Assert.Equal(new IdempotencyClaim(IdempotencyState.Answered, Answer), await other.BeginAsync("key/1", "body", Start, default));
    }

    [Fact]
    public async Task Another_body_under_the_same_key_is_told_apart_before_and_after_the_answer()
    {
        await BeginAsync();
        Assert.Equal(IdempotencyState.Different, (await BeginAsync(body: "other")).State);
        await store.CompleteAsync("key/1", Answer, default);
        Assert.Equal(IdempotencyState.Different, (await BeginAsync(body: "other")).State);
    }

    [Fact]
    public async Task A_claim_given_back_is_new_again_but_an_answer_is_not_taken_back()
    {
        await BeginAsync();
        await store.AbandonAsync("key/1", forget: false, default);
        Assert.Equal(IdempotencyState.Different, (await BeginAsync(body: "other")).State);
        Assert.Equal(IdempotencyState.New, (await BeginAsync()).State);
        await store.AbandonAsync("key/1", forget: true, default);
        Assert.Equal(IdempotencyState.New, (await BeginAsync(body: "other")).State);
        await store.AbandonAsync("key/1", forget: true, default);
        Assert.Equal(IdempotencyState.New, (await BeginAsync()).State);
        await store.CompleteAsync("key/1", Answer, default);
        await store.AbandonAsync("key/1", forget: true, default);
        await store.CompleteAsync("key/1", Answer with { Status = 500 }, default);
        Assert.Equal(Answer, (await BeginAsync()).Answer);
    }

    [Fact]
    public async Task A_claim_lapses_after_two_minutes_and_an_answer_after_a_day()
    {
        await BeginAsync();
        Assert.Equal(IdempotencyState.InProgress, (await BeginAsync(TimeSpan.FromSeconds(119))).State);
        Assert.Equal(IdempotencyState.Different, (await BeginAsync(TimeSpan.FromSeconds(121), "other")).State);
        Assert.Equal(
            (IdempotencyState.New, Start),
            ((await BeginAsync(TimeSpan.FromSeconds(121))) is var again ? again.State : default, again.FirstAt));
        await store.CompleteAsync("key/1", Answer, default);
        Assert.Equal(IdempotencyState.Answered, (await BeginAsync(TimeSpan.FromHours(23))).State);
        IdempotencyClaim later = await BeginAsync(TimeSpan.FromHours(25));
        Assert.Equal((IdempotencyState.New, Start + TimeSpan.FromHours(25)), (later.State, later.FirstAt));
    }

    [Fact]
    public async Task Of_many_at_once_one_is_new() => Assert.Single(
        await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Task.Run(() => BeginAsync()))), c => c.State == IdempotencyState.New);

    [Fact]
    public async Task What_is_no_longer_remembered_goes_in_time()
    {
        await BeginAsync();
        await store.BeginAsync("key/2", "body", Start + TimeSpan.FromHours(2), default);
        await store.BeginAsync("key/3", "body", Start + TimeSpan.FromHours(25), default);

        Assert.Equal(2, await Table.QueryAsync("idempotency", KeyRange.All, int.MaxValue, default).CountAsync());
    }

    private Task<IdempotencyClaim> BeginAsync(TimeSpan after = default, string body = "body") =>
        store.BeginAsync("key/1", body, Start + after, default);
}

public sealed class SqliteIdempotencyStoreTests : IdempotencyStoreTests<SqliteTestTable>;

public sealed class AzureIdempotencyStoreTests : IdempotencyStoreTests<AzureTestTable>;
