using Azure.Data.Tables;
using Microsoft.Data.Sqlite;
using Rescan.Functions.Storage;
using Rescan.Functions.Storage.AzureTables;
using Rescan.Tests.Runtime.Durable;

namespace Rescan.Tests.Outcomes;

/// <summary>Requests that may be repeated, remembered the same on every store.</summary>
public abstract class IdempotencyStoreTests : IAsyncLifetime
{
    private static readonly DateTimeOffset Start = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly StoredResponse Answer = new(202, "{}", "/api/rescans/r");
    private IIdempotencyStore store = null!;

    public async Task InitializeAsync() => store = await OpenAsync();

    public abstract Task DisposeAsync();

    [Fact]
    public async Task A_request_is_new_then_in_progress_then_answered_by_whatever_worker()
    {
        Assert.Equal(IdempotencyState.New, (await BeginAsync()).State);
        Assert.Equal(IdempotencyState.InProgress, (await BeginAsync()).State);
        await store.CompleteAsync("key/1", Answer, default);
        IIdempotencyStore other = await OpenAsync();

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
        await store.AbandonAsync("key/1", default);
        Assert.Equal(IdempotencyState.New, (await BeginAsync()).State);
        await store.CompleteAsync("key/1", Answer, default);
        await store.AbandonAsync("key/1", default);
        await store.CompleteAsync("key/1", Answer with { Status = 500 }, default);
        Assert.Equal(Answer, (await BeginAsync()).Answer);
    }

    [Fact]
    public async Task A_claim_lapses_after_two_minutes_and_an_answer_after_a_day()
    {
        await BeginAsync();
        Assert.Equal(IdempotencyState.InProgress, (await BeginAsync(TimeSpan.FromSeconds(119))).State);
        Assert.Equal(IdempotencyState.New, (await BeginAsync(TimeSpan.FromSeconds(121))).State);
        await store.CompleteAsync("key/1", Answer, default);
        Assert.Equal(IdempotencyState.Answered, (await BeginAsync(TimeSpan.FromHours(23))).State);
        Assert.Equal(IdempotencyState.New, (await BeginAsync(TimeSpan.FromHours(25))).State);
    }

    [Fact]
    public async Task Of_many_at_once_one_is_new() => Assert.Single(
        await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Task.Run(() => BeginAsync()))), c => c.State == IdempotencyState.New);

    protected abstract Task<IIdempotencyStore> OpenAsync();

    private Task<IdempotencyClaim> BeginAsync(TimeSpan after = default, string body = "body") => store.BeginAsync("key/1", body, Start + after, default);
}

public sealed class SqliteIdempotencyStoreTests : IdempotencyStoreTests
{
    private readonly string folder = Directory.CreateTempSubdirectory("rescan-idempotency-").FullName;

    public override Task DisposeAsync()
    {
        SqliteConnection.ClearAllPools();
        Directory.Delete(folder, recursive: true);
        return Task.CompletedTask;
    }

    protected override Task<IIdempotencyStore> OpenAsync() => Task.FromResult<IIdempotencyStore>(new SqliteOutcomeStore(Path.Combine(folder, "outcomes.db")));
}

public sealed class TableIdempotencyStoreTests : IdempotencyStoreTests
{
    private readonly string name = "Idempotency" + Guid.NewGuid().ToString("N");

    public override async Task DisposeAsync() => await new TableClient(await AzureTestHub.StorageAsync(), name).DeleteAsync();

    protected override async Task<IIdempotencyStore> OpenAsync() => new TableOutcomeStore(new TableClient(await AzureTestHub.StorageAsync(), name));
}
