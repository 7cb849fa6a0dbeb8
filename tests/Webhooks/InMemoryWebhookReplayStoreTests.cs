using Microsoft.Extensions.Time.Testing;
using Rescan.Functions.Webhooks;

namespace Rescan.Tests.Webhooks;

public sealed class InMemoryWebhookReplayStoreTests
{
    private static readonly StoredAnswer Answer = new(202, "{}", "/x");

    private readonly FakeTimeProvider time = new();
    private readonly InMemoryWebhookReplayStore store;

    public InMemoryWebhookReplayStoreTests() => store = new InMemoryWebhookReplayStore(time);

    [Fact]
    public async Task A_message_is_new_then_in_progress_then_answered()
    {
        Assert.Equal(new ReplayClaim(ReplayState.New), await BeginAsync("a"));
        Assert.Equal(new ReplayClaim(ReplayState.InProgress), await BeginAsync("a"));
        await store.CompleteAsync("a", Answer, default);
        Assert.Equal(new ReplayClaim(ReplayState.Answered, Answer), await BeginAsync("a"));
        Assert.Equal(ReplayState.New, (await BeginAsync("b")).State);
    }

    [Fact]
    public async Task Another_body_under_the_same_id_is_told_apart_before_and_after_the_answer()
    {
        await BeginAsync("a");
        Assert.Equal(ReplayState.Different, (await BeginAsync("a", "other")).State);
        await store.CompleteAsync("a", Answer, default);
        Assert.Equal(ReplayState.Different, (await BeginAsync("a", "other")).State);
    }

    [Fact]
    public async Task A_claim_given_back_is_new_again_but_an_answer_is_not_taken_back()
    {
        await BeginAsync("a");
        await store.AbandonAsync("a", default);
        Assert.Equal(ReplayState.New, (await BeginAsync("a", "other")).State);
        await store.CompleteAsync("a", Answer, default);
        await store.AbandonAsync("a", default);
        Assert.Equal(ReplayState.Answered, (await BeginAsync("a", "other")).State);
    }

    [Fact]
    public async Task A_claim_lapses_after_two_minutes_and_an_answer_after_a_day()
    {
        await BeginAsync("a");
        time.Advance(TimeSpan.FromMinutes(2) - TimeSpan.FromSeconds(1));
        Assert.Equal(ReplayState.InProgress, (await BeginAsync("a")).State);
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(ReplayState.New, (await BeginAsync("a")).State);
        await store.CompleteAsync("a", Answer, default);
        time.Advance(TimeSpan.FromDays(1) - TimeSpan.FromSeconds(1));
        Assert.Equal(ReplayState.Answered, (await BeginAsync("a")).State);
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(ReplayState.New, (await BeginAsync("a")).State);
    }

    [Fact]
    public async Task However_many_messages_come_only_the_newest_are_remembered()
    {
        for (int i = 0; i < InMemoryWebhookReplayStore.Capacity + 10; i++)
        {
            await BeginAsync($"m{i}");
            await store.CompleteAsync($"m{i}", Answer, default);
        }

        Assert.Equal(InMemoryWebhookReplayStore.Capacity, store.Count);
        Assert.Equal(ReplayState.Answered, (await BeginAsync("m10")).State);
        Assert.Equal(ReplayState.New, (await BeginAsync("m9")).State);
    }

    [Fact]
    public async Task Of_many_at_once_one_is_new()
    {
        ReplayClaim[] claims = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => Task.Run(() => BeginAsync("a"))));

        Assert.Single(claims, c => c.State == ReplayState.New);
    }

    private Task<ReplayClaim> BeginAsync(string id, string fingerprint = "f") => store.BeginAsync(id, fingerprint, default);
}
