using Rescan.Functions.Storage;
using Rescan.Tests.Integration.Runtime.Hosting;

namespace Rescan.Tests.Integration.Storage;

/// <summary>Intents and claims, the same on every table.</summary>
public abstract class IntentStoreTests<T> : TableTestBase<T>
    where T : TestTable, new()
{
    private static readonly DateTimeOffset Then = new(2026, 3, 1, 0, 0, 0, TimeSpan.Zero);

    private IntentStore Intents { get; set; } = null!;

    public override async Task InitializeAsync()
    {
        await base.InitializeAsync();
        Intents = new IntentStore(Table, TimeProvider.System);
    }

    [Fact]
    public async Task An_intent_is_written_once_and_found_again_with_its_session()
    {
        (RescanIntent first, bool created) = await Intents.GetOrAddIntentAsync(Intent("one"), default);
        Assert.True(await Intents.TryClaimSessionAsync(first, "s1", default));
        (RescanIntent again, bool twice) = await Intents.GetOrAddIntentAsync(Intent("one"), default);

        Assert.Equal((true, false, "s1"), (created, twice, again.SessionId));
        Assert.True(await Intents.TryClaimSessionAsync(first, "s1", default));
        Assert.False(await Intents.TryClaimSessionAsync(first, "s2", default));
        Assert.Empty(await Intents.GetClaimsAsync("a", ["s2"], default));
    }

    [Fact]
    public async Task A_session_is_claimed_by_one_intent_only_whatever_the_case_of_the_appliances_name()
    {
        RescanIntent[] intents = [.. Enumerable.Range(0, 8).Select(i => Intent($"r{i}", i % 2 == 0 ? "a" : "A"))];
        foreach (RescanIntent intent in intents)
        {
            await Intents.GetOrAddIntentAsync(intent, default);
        }

        bool[] claims = await Task.WhenAll(intents.Select(i => Task.Run(() => Intents.TryClaimSessionAsync(i, "s", default))));

        Assert.Single(claims, c => c);
        KeyValuePair<string, string> held = Assert.Single(await Intents.GetClaimsAsync("A", ["s", "t"], default));
        Assert.Equal(intents[Array.IndexOf(claims, true)].RequestId, held.Value);
    }

    [Fact]
    public async Task What_was_set_aside_is_claimed_by_nobody_unless_it_was_before()
    {
        (RescanIntent holder, _) = await Intents.GetOrAddIntentAsync(Intent("holder"), default);
        (RescanIntent other, _) = await Intents.GetOrAddIntentAsync(Intent("other"), default);
        await Intents.TryClaimSessionAsync(holder, "held", default);

        await Intents.SetAsideAsync("a", ["held", "open"], default);

        Assert.False(await Intents.TryClaimSessionAsync(other, "open", default));
        Assert.Null((await Intents.GetOrAddIntentAsync(other, default)).Intent.SessionId);
        Assert.Equal(
            [("held", "holder"), ("open", "")],
            (await Intents.GetClaimsAsync("a", ["held", "open"], default)).Select(c => (c.Key, c.Value)).Order());
    }

    [Fact]
    public async Task An_intent_is_open_from_a_post_without_an_answer_until_it_has_a_session()
    {
        (RescanIntent intent, _) = await Intents.GetOrAddIntentAsync(Intent("one"), default);
        Assert.Empty(await Intents.GetOpenIntentsAsync("a", Then.AddDays(-1), default));

        RescanIntent posted = intent with { FirstPostAt = Then, LastPostAt = Then.AddMinutes(2) };
        Assert.True(await Intents.TrySetPostsAsync(posted, intent.LastPostAt, default));
        Assert.Equal(posted, Assert.Single(await Intents.GetOpenIntentsAsync("A", Then.AddMinutes(2), default)));
        Assert.Empty(await Intents.GetOpenIntentsAsync("a", Then.AddMinutes(3), default));
        Assert.Empty(await Intents.GetOpenIntentsAsync("b", Then, default));

        await Intents.TryClaimSessionAsync(posted, "s", default);
        Assert.False(await Intents.TrySetPostsAsync(intent, posted.LastPostAt, default));
        Assert.Empty(await Intents.GetOpenIntentsAsync("a", Then, default));
        Assert.Equal("s", (await Intents.GetOrAddIntentAsync(intent, default)).Intent.SessionId);
    }

    [Fact]
    public async Task Of_two_that_post_for_one_intent_the_slower_finds_that_it_was_overtaken()
    {
        (RescanIntent intent, _) = await Intents.GetOrAddIntentAsync(Intent("one"), default);
        Assert.True(await Intents.TrySetPostsAsync(intent with { FirstPostAt = Then, LastPostAt = Then }, null, default));

        Assert.False(await Intents.TrySetPostsAsync(intent with { FirstPostAt = Then, LastPostAt = Then.AddMinutes(1) }, null, default));
        Assert.Equal(Then, (await Intents.GetIntentAsync("A", "one", default))!.LastPostAt);
    }

    [Fact]
    public async Task A_cancel_is_kept_with_the_intent_whichever_comes_first()
    {
        await Intents.SetCanceledAsync(Intent("early") with { CancelReason = "first" }, default);
        await Intents.SetCanceledAsync(Intent("early") with { CancelReason = "second" }, default);
        await Intents.GetOrAddIntentAsync(Intent("late"), default);
        await Intents.SetCanceledAsync(Intent("late") with { CancelReason = "later" }, default);
        await Intents.SetRemarkAsync(Intent("late"), "told", default);

        Assert.Equal("first", (await Intents.GetIntentAsync("a", "early", default))!.CancelReason);
        Assert.Equal(
            ("later", "told"),
            (await Intents.GetIntentAsync("a", "late", default)) is var late ? (late!.CancelReason, late.Remark) : default);
        Assert.Null(await Intents.GetIntentAsync("a", "never", default));
    }

    private static RescanIntent Intent(string request, string appliance = "a") => new(request, appliance, "r", Then, null);
}

public sealed class SqliteIntentStoreTests : IntentStoreTests<SqliteTestTable>;

public sealed class AzureIntentStoreTests : IntentStoreTests<AzureTestTable>;
