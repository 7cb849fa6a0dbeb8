using System.Globalization;
using System.Net.Http.Json;
using System.Runtime.Versioning;
using System.Text.Json;
using Microsoft.Extensions.Configuration;
using Rescan.Crash;
using Rescan.Functions.Storage;
using Rescan.Functions.Storage.AzureTables;
using Rescan.Local.Runtime.Durable;
using Rescan.Local.Simulator;
using Rescan.Local.Simulator.Faults;

namespace Rescan.Tests.Integration.Durability;

/// <summary>Runs by the real <c>rescan serve</c>, which is killed with -9 on their way, on files and on a storage account.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class KilledRunTests : IAsyncLifetime
{
    /// <summary>Due once a year, so that it is caught up and comes once.</summary>
    private const string Cron = "0 0 1 1 *";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);

    private readonly string folder = Directory.CreateTempSubdirectory("rescan-killed-").FullName;
    private readonly string hub = "K" + Guid.NewGuid().ToString("N")[..12];
    private readonly List<SimulatedAppliance> appliances = [];
    private readonly Dictionary<string, string> settings = new()
    {
        ["Rescan__LostAnswerWait"] = "00:00:03",
        ["Rescan__Polling__Kappa"] = "0.1",
        ["Rescan__Polling__MinInterval"] = "00:00:00.3",
        ["Rescan__Polling__MaxInterval"] = "00:00:01",
    };

    private NoticeReceiver receiver = null!;
    private string? storage;
    private int repositories;

    public async Task InitializeAsync() => receiver = await NoticeReceiver.StartAsync();

    public async Task DisposeAsync()
    {
        await receiver.DisposeAsync();
        foreach (SimulatedAppliance appliance in appliances)
        {
            await appliance.DisposeAsync();
        }

        Directory.Delete(folder, recursive: true);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_nightly_run_over_both_kinds_that_is_killed_twice_posts_each_repository_once(bool onAzurite)
    {
        await ConfigureAsync(onAzurite, 6, 2, SimulatedKind.VeeamBackupForAws, SimulatedKind.VeeamBackupAndReplication);
        settings["Rescan__Schedules__0__Name"] = "nightly";
        settings["Rescan__Schedules__0__Cron"] = Cron;
        await OweAsync();

        // Sessions that were posted have been polled: no answer is under way that the kill could lose, so none may be posted again.
        foreach (int posted in (int[])[2, 4])
        {
            await using ServedApp killed = Serve();
            Assert.True(await killed.ReadyAsync() is not null, killed.Said);
            await UntilAsync(() => Task.FromResult(appliances.TrueForAll(a => Posts(a) >= posted && AllPolled(a))));
            await killed.KillAsync();
        }

        await using ServedApp last = Serve();
        HttpClient http = (await last.ReadyAsync())!;
        JsonElement run = await EndOfAsync(http, await OnlyRunAsync(http));

        Assert.Equal("Completed", run.GetProperty("status").GetString());
        Assert.Equal(
            [repositories, repositories],
            run.GetProperty("items").EnumerateArray().GroupBy(i => i.GetProperty("appliance").GetString()).Select(g => g.Count()));
        Assert.Equal(2 * repositories, run.GetProperty("counts").GetProperty("Succeeded").GetInt32());
        Assert.Equal([repositories, repositories], appliances.Select(Posts));
        Assert.All(appliances, a => Assert.Equal(repositories, SessionsOf(a).Select(s => s.RepositoryId).Distinct().Count()));
        JsonElement[] outcomes = [
            .. (await http.GetFromJsonAsync<JsonElement>("/api/rescans?state=ended&limit=200")).GetProperty("items").EnumerateArray()];
        Assert.Equal(2 * repositories, outcomes.Length);
        Assert.Equal(2 * repositories, outcomes.Select(o => o.GetProperty("sessionId").GetString()).Distinct().Count());
        Assert.Equal(0, await last.StopAsync());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_retry_that_is_killed_while_it_waits_and_while_it_runs_comes_once_and_is_told_once(bool onAzurite)
    {
        await ConfigureAsync(onAzurite, 3, 1, SimulatedKind.VeeamBackupForAws);
        settings["Rescan__Retry__AtMost"] = "1";
        settings["Rescan__Retry__After"] = "00:00:10";
        Notify();
        appliances[0].Add(new Fault("purged", "session", After: 1, Times: 1));
        string id;
        await using (ServedApp first = Serve())
        {
            HttpClient http = (await first.ReadyAsync())!;
            id = await StartAsync(http);
            JsonElement run = await EndOfAsync(http, id);
            Assert.Equal(1, run.GetProperty("counts").GetProperty("Lost").GetInt32());
            Assert.Equal(JsonValueKind.String, run.GetProperty("retry").GetProperty("dueAt").ValueKind);
            await first.KillAsync();
        }

        await using (ServedApp second = Serve())
        {
            Assert.True(await second.ReadyAsync() is not null, second.Said);
            await UntilAsync(() => Task.FromResult(Posts(appliances[0]) > repositories && AllPolled(appliances[0])));
            await second.KillAsync();
        }

        await using ServedApp last = Serve();
        await AssertRepeatedOnceAsync((await last.ReadyAsync())!, id);
        await UntilAsync(() => Task.FromResult(!receiver.Ids.IsEmpty));
        Assert.Equal(0, await last.StopAsync());
        Assert.Single(receiver.Ids.Distinct());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_rerun_that_is_asked_for_again_after_each_kill_comes_once(bool onAzurite)
    {
        await ConfigureAsync(onAzurite, 3, 1, SimulatedKind.VeeamBackupForAws);
        appliances[0].Add(new Fault("purged", "session", After: 1, Times: 1));
        string id;
        await using (ServedApp first = Serve())
        {
            HttpClient http = (await first.ReadyAsync())!;
            id = await StartAsync(http);
            await EndOfAsync(http, id);
            Assert.Equal(0, await first.StopAsync());
        }

        // The kill meets the request wherever it is by then, or the answer.
        foreach (int milliseconds in onAzurite ? (int[])[40] : [0, 10, 40])
        {
            await using ServedApp killed = Serve();
            Task<HttpResponseMessage> asked = RerunAsync((await killed.ReadyAsync())!, id);
            await Task.WhenAny(asked, Task.Delay(milliseconds));
            await killed.KillAsync();
            await Record.ExceptionAsync(() => asked);
        }

        // Posted and not answered: the session is found, and not posted again.
        await using (ServedApp killed = Serve("appliance rescan during#1"))
        {
            await Record.ExceptionAsync(async () => await RerunAsync((await killed.ReadyAsync())!, id));
            Assert.Equal(137, await killed.ExitAsync());
        }

        await using ServedApp last = Serve();
        HttpClient served = (await last.ReadyAsync())!;
        using HttpResponseMessage answer = await RerunAsync(served, id);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        await AssertRepeatedOnceAsync(served, id);
        Assert.Equal(0, await last.StopAsync());
    }

    private static int Posts(SimulatedAppliance appliance) => appliance.Ledger.Count(e => e is { Kind: "rescan", Status: 201 or 202 });

    private static SimulatedSession[] SessionsOf(SimulatedAppliance appliance) =>
        [.. appliance.State.Sessions.All.Where(s => s.RepositoryId is not null)];

    private static bool AllPolled(SimulatedAppliance appliance)
    {
        IReadOnlyList<LedgerEntry> ledger = appliance.Ledger;
        return SessionsOf(appliance).All(
            s => ledger.Any(e => e is { Kind: "session", Method: "GET", Status: 200 } && e.Path.Contains(s.Id, StringComparison.Ordinal)));
    }

    private static async Task UntilAsync(Func<Task<bool>> wanted)
    {
        using CancellationTokenSource patience = new(Patience);
        while (!await wanted())
        {
            await Task.Delay(20, patience.Token);
        }
    }

    private static async Task<string> StartAsync(HttpClient http)
    {
        using HttpResponseMessage answer = await http.PostAsJsonAsync(new Uri("/api/rescans", UriKind.Relative), new { appliance = "one" });
        answer.EnsureSuccessStatusCode();
        return (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString()!;
    }

    private static Task<HttpResponseMessage> RerunAsync(HttpClient http, string id)
    {
        HttpRequestMessage request = new(HttpMethod.Post, $"/api/runs/{id}/rerun") { Headers = { { "Idempotency-Key", "monday" } } };
        return http.SendAsync(request);
    }

    private static async Task<string> OnlyRunAsync(HttpClient http) =>
        Assert.Single((await http.GetFromJsonAsync<JsonElement>("/api/runs")).GetProperty("items").EnumerateArray()).GetProperty("id")
        .GetString()!;

    private static async Task<JsonElement> EndOfAsync(HttpClient http, string run)
    {
        JsonElement seen = default;
        await UntilAsync(async () =>
        {
            seen = await http.GetFromJsonAsync<JsonElement>("/api/runs/" + run);
            return seen.GetProperty("status").GetString() is not "Running";
        });
        return seen;
    }

    private async Task AssertRepeatedOnceAsync(HttpClient http, string id)
    {
        JsonElement run = await http.GetFromJsonAsync<JsonElement>("/api/runs/" + id);
        JsonElement repeat = Assert.Single(run.GetProperty("repeatedBy").EnumerateArray());
        JsonElement second = await EndOfAsync(http, repeat.GetProperty("runId").GetString()!);
        Assert.Equal(
            ("Completed", 1), (second.GetProperty("status").GetString(), second.GetProperty("counts").GetProperty("Succeeded").GetInt32()));
        Assert.Equal(1, second.GetProperty("items").GetArrayLength());
        Assert.Equal(2, (await http.GetFromJsonAsync<JsonElement>("/api/runs")).GetProperty("items").GetArrayLength());
        Assert.Equal(repositories + 1, Posts(appliances[0]));
    }

    private async Task ConfigureAsync(bool onAzurite, int count, int atOnce, params SimulatedKind[] kinds)
    {
        repositories = count;
        storage = onAzurite ? await AzureTestHub.StorageAsync() : null;
        foreach (SimulatedKind kind in kinds)
        {
            SimulatorOptions options = SimulatorOptions.Of(kind) with
            {
                SessionDuration = TimeSpan.FromSeconds(2),
                Repositories = SimulatedRepository.Many(repositories),
            };
            SimulatedAppliance appliance = await SimulatedAppliance.StartAsync(options, default);
            string key = string.Create(CultureInfo.InvariantCulture, $"Rescan__Appliances__{appliances.Count}__");
            settings[key + "Name"] = appliances.Count == 0 ? "one" : "two";
            settings[key + "Kind"] = kind.ToString();
            settings[key + "BaseUrl"] = appliance.BaseAddress.AbsoluteUri;
            settings[key + "Username"] = options.Username;
            settings[key + "Password"] = options.Password;
            settings[key + "Thumbprints__0"] = appliance.Thumbprint;
            settings[key + "MaxConcurrentRescans"] = atOnce.ToString(CultureInfo.InvariantCulture);
            settings[key + "ApiVersion"] = kind == SimulatedKind.VeeamBackupAndReplication ? "auto" : "";
            appliances.Add(appliance);
        }
    }

    private void Notify()
    {
        const string key = "Rescan__Notifications__Channels__0__";
        settings[key + "Kind"] = "webhook";
        settings[key + "Url"] = receiver.Address;
        settings[key + "Secret"] = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        settings[key + "When"] = "never";
        settings[key + "Runs"] = "always";
    }

    /// <summary>Has the schedule owe its run: it was last seen to more than a year ago.</summary>
    private async Task OweAsync()
    {
        ScheduleMark mark = new("nightly", Cron + " UTC", DateTimeOffset.UtcNow.AddDays(-366));
        if (storage is not null)
        {
            await new ScheduleStore(AzureTable.Of(new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
            {
                ["Rescan:Outcomes:Table"] = hub + "Outcomes", ["AzureWebJobsStorage"] = storage,
            }).Build())).AdvanceAsync(mark, default);
            return;
        }

        await using TaskHub state = await TaskHub.OpenAsync(new TaskHubOptions { StateFile = Path.Combine(folder, "state.db") }, default);
        await new ScheduleStore(state.Table!).AdvanceAsync(mark, default);
    }

    private ServedApp Serve(string? point = null) => ServedApp.Start(
        point is null ? settings : new Dictionary<string, string>([.. settings, .. ServedApp.Failpoints(point, null)]),
        ["--state", folder, .. storage is null ? Array.Empty<string>() : ["--storage", storage, "--hub", hub]]);
}
