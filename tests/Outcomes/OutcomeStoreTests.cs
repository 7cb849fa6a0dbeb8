using System.Globalization;
using Azure.Data.Tables;
using Microsoft.Data.Sqlite;
using Rescan.Functions.Appliances;
using Rescan.Functions.Storage.AzureTables;
using Rescan.Functions.Storage;
using Rescan.Tests.Runtime.Durable;

namespace Rescan.Tests.Outcomes;

/// <summary>Intents, claims, recording, moving and pruning: the same on every store.</summary>
public abstract class OutcomeStoreTests : IAsyncLifetime
{
    private static readonly DateTimeOffset Then = new(2026, 3, 1, 0, 0, 0, TimeSpan.Zero);
    private IOutcomeStore outcomes = null!;

    private IIntentStore Intents => (IIntentStore)outcomes;

    private IOutcomeArchive Archive => (IOutcomeArchive)outcomes;

    public async Task InitializeAsync()
    {
        outcomes = await CreateAsync();
        await Archive.OpenAsync(default);
    }

    public abstract Task DisposeAsync();

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
        Assert.Equal([("held", "holder"), ("open", "")], (await Intents.GetClaimsAsync("a", ["held", "open"], default)).Select(c => (c.Key, c.Value)).Order());
    }

    [Fact]
    public async Task An_intent_is_open_from_a_post_without_an_answer_until_it_has_a_session()
    {
        (RescanIntent intent, _) = await Intents.GetOrAddIntentAsync(Intent("one"), default);
        Assert.Empty(await Intents.GetOpenIntentsAsync("a", Then.AddDays(-1), default));

        RescanIntent posted = intent with { FirstPostAt = Then, LastPostAt = Then.AddMinutes(2) };
        await Intents.SetPostsAsync(posted, default);
        Assert.Equal(posted, Assert.Single(await Intents.GetOpenIntentsAsync("A", Then.AddMinutes(2), default)));
        Assert.Empty(await Intents.GetOpenIntentsAsync("a", Then.AddMinutes(3), default));
        Assert.Empty(await Intents.GetOpenIntentsAsync("b", Then, default));

        await Intents.TryClaimSessionAsync(posted, "s", default);
        await Intents.SetPostsAsync(intent, default);
        Assert.Empty(await Intents.GetOpenIntentsAsync("a", Then, default));
        Assert.Equal("s", (await Intents.GetOrAddIntentAsync(intent, default)).Intent.SessionId);
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
        Assert.Equal([Outcome.Succeeded, Outcome.Failed], (await outcomes.ListAsync(new OutcomeQuery(), default)).Items.Select(i => i.Outcome.Outcome));
    }

    [Fact]
    public async Task What_is_old_is_pruned_and_nothing_else()
    {
        foreach ((string request, int minute) in ((string, int)[])[("old", 1), ("new", 10)])
        {
            (RescanIntent intent, _) = await Intents.GetOrAddIntentAsync(Intent(request) with { CreatedAt = Then.AddMinutes(minute) }, default);
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

        string folder = Directory.CreateTempSubdirectory("rescan-import-").FullName;
        SqliteOutcomeStore copy = new(Path.Combine(folder, "outcomes.db"));
        foreach (OutcomeArchiveItem item in items.Concat(items))
        {
            await copy.ImportAsync(item, default);
        }

        List<OutcomeArchiveItem> again = await copy.ExportAsync(default).ToListAsync();
        Assert.Equal(items.Select(Text).Order(), again.Select(Text).Order());
        Assert.Equal(Outcome.Succeeded, Assert.Single(await copy.GetLatestAsync(default)).Outcome);
        Assert.Equal("one", (await copy.GetClaimsAsync("a", ["s"], default))["s"]);
        Assert.Equal(["run-2", "run-1"], (await copy.ListRunsAsync(10, null, default)).Items.Select(r => r.Id));
        SqliteConnection.ClearAllPools();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task Pruning_takes_runs_that_ended_before_with_their_items()
    {
        await RunAsync("run-old", Then.AddMinutes(1));
        await RunAsync("run-new", Then.AddMinutes(9));
        await RunAsync("run-open", null);

        await Archive.PruneAsync(Then.AddMinutes(5), default);

        IRunStore runs = (IRunStore)outcomes;
        Assert.Equal(["run-new", "run-open"], (await runs.ListRunsAsync(10, null, default)).Items.Select(r => r.Id).Order(StringComparer.Ordinal));
        Assert.Null(await runs.GetRunAsync("run-old", default));
        Assert.Empty(await runs.GetItemsAsync("run-old", null, null, 10, default));
        Assert.Single(await runs.GetItemsAsync("run-new", null, null, 10, default));
    }

    protected abstract Task<IOutcomeStore> CreateAsync();

    private async Task RunAsync(string id, DateTimeOffset? finishedAt)
    {
        IRunStore runs = (IRunStore)outcomes;
        RunRecord run = new() { Id = id, Status = finishedAt is null ? RunStatus.Running : RunStatus.Completed, StartedAt = finishedAt is null ? Then.AddMinutes(4) : Then, FinishedAt = finishedAt };
        await runs.AddRunAsync(run, default);
        await runs.AddItemsAsync(id, [new RunItem { Appliance = "a", Repository = new RepositoryRef("r", "nightly"), Turn = 0, RequestId = "one" }], default);
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

public sealed class SqliteOutcomeStoreTests : OutcomeStoreTests
{
    private readonly string folder = Directory.CreateTempSubdirectory("rescan-outcomes-").FullName;

    private string StoreFile => Path.Combine(folder, "outcomes.db");

    public override Task DisposeAsync()
    {
        SqliteConnection.ClearAllPools();
        Directory.Delete(folder, recursive: true);
        return Task.CompletedTask;
    }

    [Fact]
    public async Task A_file_of_version_1_is_brought_forward()
    {
        Clear();
        Sql("""
            CREATE TABLE intents (request TEXT PRIMARY KEY, appliance TEXT NOT NULL, repository TEXT NOT NULL, created TEXT NOT NULL, session TEXT);
            CREATE UNIQUE INDEX one_intent_a_session ON intents (appliance, session) WHERE session IS NOT NULL;
            CREATE TABLE outcomes (seq INTEGER PRIMARY KEY AUTOINCREMENT, request TEXT NOT NULL UNIQUE, instance TEXT NOT NULL, outcome TEXT NOT NULL);
            CREATE INDEX outcomes_by_instance ON outcomes (instance, seq);
            INSERT INTO intents VALUES ('one', 'a', 'r', '2026-03-01T00:00:00.0000000+00:00', 's'), ('open', 'a', 'r', '2026-03-01T00:00:00.0000000+00:00', NULL);
            INSERT INTO outcomes (request, instance, outcome) VALUES ('one', 'rescan-a-r', '{"Id":"rescan-a-r","Appliance":"a","Repository":{"Id":"r","Name":"n"},"Outcome":"Failed","StartedAt":"2026-03-01T00:00:00+00:00","FinishedAt":"2026-03-01T00:01:00+00:00","DurationSeconds":60}');
            """);

        SqliteOutcomeStore store = new(StoreFile);

        Assert.Equal("s", (await store.GetOrAddIntentAsync(new RescanIntent("one", "a", "r", default, null), default)).Intent.SessionId);
        Assert.Equal("one", (await store.GetClaimsAsync("A", ["s"], default))["s"]);
        Assert.Equal("open", Assert.Single(await store.GetOpenIntentsAsync("a", DateTimeOffset.UnixEpoch, default)).RequestId);
        Assert.Equal(Outcome.Failed, (await store.GetAsync("one", default))!.Outcome);
    }

    [Fact]
    public void A_file_from_a_newer_version_is_refused()
    {
        Sql("PRAGMA user_version = 99");

        Assert.Contains("newer version", Refusal(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_damaged_file_is_refused()
    {
        Clear();
        File.WriteAllText(StoreFile, new string('x', 8192));

        Assert.Contains("damaged", Refusal(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_was_lost_is_not_begun_anew()
    {
        SqliteOutcomeStore store = new(StoreFile);
        Clear();

        await Assert.ThrowsAsync<OutcomeStoreException>(() => store.GetLatestAsync(default));
        Assert.Contains("is missing", Refusal(), StringComparison.Ordinal);
        Assert.False(File.Exists(StoreFile));
    }

    protected override Task<IOutcomeStore> CreateAsync() => Task.FromResult<IOutcomeStore>(new SqliteOutcomeStore(StoreFile));

    private string Refusal() => Assert.Throws<OutcomeStoreException>(() => new SqliteOutcomeStore(StoreFile)).Message;

    private void Clear()
    {
        SqliteConnection.ClearAllPools();
        foreach (string part in (string[])["", "-wal", "-shm"])
        {
            File.Delete(StoreFile + part);
        }
    }

    private void Sql(string text)
    {
        using SqliteConnection connection = new(string.Create(CultureInfo.InvariantCulture, $"Data Source={StoreFile};Pooling=False"));
        connection.Open();
        using SqliteCommand command = connection.CreateCommand();
#pragma warning disable CA2100 // Every text is a constant of this file.
        command.CommandText = text;
#pragma warning restore CA2100
        command.ExecuteNonQuery();
    }
}

public sealed class TableOutcomeStoreTests : OutcomeStoreTests
{
    private TableClient table = null!;

    public override async Task DisposeAsync() => await table.DeleteAsync();

    [Fact]
    public async Task Rows_of_version_1_are_brought_forward_and_a_claim_cut_off_halfway_is_made_whole()
    {
        await table.DeleteEntityAsync("meta", "schema");
        DateTimeOffset at = new(2026, 3, 1, 0, 0, 0, TimeSpan.Zero);
        await table.AddEntityAsync(new TableEntity("intent", "cut") { ["Appliance"] = "A", ["Repository"] = "r", ["Created"] = at });
        await table.AddEntityAsync(new TableEntity("claims-a", "5DBC7E0A") { ["Request"] = "cut", ["Session"] = "s" });

        TableOutcomeStore store = new(table);

        RescanIntent open = Assert.Single(await store.GetOpenIntentsAsync("a", at, default));
        Assert.Equal("cut", (await store.GetClaimsAsync("a", ["s"], default))["s"]);
        Assert.True(await store.TryClaimSessionAsync(open, "s", default));
        Assert.Equal("s", (await store.GetOrAddIntentAsync(open, default)).Intent.SessionId);
    }

    [Fact]
    public async Task A_table_from_a_newer_version_is_refused()
    {
        await table.UpsertEntityAsync(new TableEntity("meta", "schema") { ["Version"] = 99 });

        Assert.Contains("newer version", (await Assert.ThrowsAsync<OutcomeStoreException>(() => new TableOutcomeStore(table).OpenAsync(default))).Message, StringComparison.Ordinal);
    }

    protected override async Task<IOutcomeStore> CreateAsync()
    {
        table = new TableClient(await AzureTestHub.StorageAsync(), "Outcomes" + Guid.NewGuid().ToString("N"));
        return new TableOutcomeStore(table);
    }
}
