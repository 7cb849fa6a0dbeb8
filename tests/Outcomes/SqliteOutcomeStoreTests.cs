using Microsoft.Data.Sqlite;
using Rescan.Functions.Outcomes;

namespace Rescan.Tests.Outcomes;

public sealed class SqliteOutcomeStoreTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("rescan-outcomes-").FullName;
    private readonly SqliteOutcomeStore store;

    public SqliteOutcomeStoreTests() => store = new SqliteOutcomeStore(Path.Combine(folder, "outcomes.db"));

    public void Dispose()
    {
        SqliteConnection.ClearAllPools();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task An_intent_is_written_once_and_found_again_with_its_session()
    {
        (RescanIntent first, bool created) = await store.GetOrAddIntentAsync(Intent("one"), default);
        Assert.True(await store.TryClaimSessionAsync(first, "s1", default));
        (RescanIntent again, bool twice) = await store.GetOrAddIntentAsync(Intent("one"), default);

        Assert.Equal((true, false, "s1"), (created, twice, again.SessionId));
        Assert.True(await store.TryClaimSessionAsync(first, "s1", default));
    }

    [Fact]
    public async Task A_session_is_claimed_by_one_intent_only()
    {
        RescanIntent[] intents = [.. Enumerable.Range(0, 8).Select(i => Intent($"r{i}"))];
        foreach (RescanIntent intent in intents)
        {
            await store.GetOrAddIntentAsync(intent, default);
        }

        bool[] claims = await Task.WhenAll(intents.Select(i => Task.Run(() => store.TryClaimSessionAsync(i, "s", default))));

        Assert.Single(claims, c => c);
        Assert.Equal(["s"], await store.GetClaimedSessionsAsync("a", ["s", "t"], default));
    }

    [Fact]
    public async Task An_outcome_is_recorded_once_and_the_newest_is_found()
    {
        Assert.True(await store.TryRecordAsync("one", Ended(Outcome.Failed), default));
        Assert.False(await store.TryRecordAsync("one", Ended(Outcome.Warning), default));
        Assert.True(await store.TryRecordAsync("two", Ended(Outcome.Succeeded), default));

        Assert.Equal(Outcome.Succeeded, Assert.Single(await store.GetRecentAsync("rescan-a-r", 1, default)).Outcome);
        Assert.Equal([Outcome.Succeeded, Outcome.Failed], (await store.ListAsync(new OutcomeQuery(), default)).Items.Select(i => i.Outcome.Outcome));
    }

    private static RescanIntent Intent(string request) => new(request, "a", "r", DateTimeOffset.UnixEpoch, null);

    private static RescanOutcome Ended(Outcome outcome) => new()
    {
        Id = "rescan-a-r",
        Appliance = "a",
        Repository = new RepositoryRef("r", "Repository"),
        Outcome = outcome,
        StartedAt = DateTimeOffset.UnixEpoch,
        FinishedAt = DateTimeOffset.UnixEpoch.AddMinutes(1),
        DurationSeconds = 60,
    };
}
