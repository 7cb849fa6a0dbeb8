using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;
using Rescan.Local.Simulator;
using Rescan.Local.Simulator.Faults;
using Rescan.Tests.Integration.Durability;

namespace Rescan.Tests.Integration.Api;

public sealed class RunsApiTests
{
    private static readonly SimulatorOptions Quick = new() { SessionDuration = TimeSpan.FromMilliseconds(500) };
    private static readonly SimulatorOptions Slow = new() { SessionDuration = TimeSpan.FromMinutes(10) };

    [Fact]
    public async Task A_run_reports_every_repository_and_what_was_found_and_warns_of_shared_folders()
    {
        await using ApiHost api = await ApiHost.StartAsync([Quick, Quick with { Outcome = "warning" }]);

        JsonElement run = await EndOfAsync(api, await StartAsync(api, new { filter = new { } }));

        Assert.Equal("Completed", run.GetProperty("status").GetString());
        Assert.Equal((4, 4), (Count(run, "Succeeded"), Count(run, "Warning")));
        JsonElement[] items = [.. run.GetProperty("items").EnumerateArray()];
        Assert.Equal(8, items.Length);
        Assert.All(items, i => Assert.Contains("48 restore points", i.GetProperty("found").GetString(), StringComparison.Ordinal));
        Assert.All(items, i => Assert.InRange(i.GetProperty("durationSeconds").GetDouble(), 0.4, 0.6));
        Assert.Equal("2 restore points could not be read.", items[^1].GetProperty("reason").GetString());
        Assert.Equal(4, run.GetProperty("warnings").GetArrayLength());
        Assert.Contains("archive on one, archive on two", run.GetProperty("warnings").ToString(), StringComparison.Ordinal);
        JsonElement listed = Assert.Single((await api.GetAsync("/api/runs")).GetProperty("items").EnumerateArray());
        Assert.Equal((run.GetProperty("id").GetString(), 4), (listed.GetProperty("id").GetString(), Count(listed, "Warning")));
    }

    [Fact]
    public async Task A_bad_appliance_and_a_bad_repository_never_stop_the_rest()
    {
        await using ApiHost api = await ApiHost.StartAsync([Quick with { Faults = ["wrong-password"] }, Quick, Quick]);
        await PlayAsync(api.Appliances[1], new Fault("wrong-role", After: 1, Times: 1));

        JsonElement run = await EndOfAsync(api, await StartAsync(api, new { filter = new { } }));

        Assert.Equal("Completed", run.GetProperty("status").GetString());
        Assert.StartsWith("one: ", Assert.Single(run.GetProperty("errors").EnumerateArray()).GetString(), StringComparison.Ordinal);
        Assert.Equal(
            ["three", "two"], run.GetProperty("items").EnumerateArray().Select(i => i.GetProperty("appliance").GetString()).Distinct());
        Assert.Equal((1, 7), (Count(run, "Rejected"), Count(run, "Succeeded")));
        Assert.Equal(4, api.Appliances[2].Ledger.Count(e => e.Kind == "rescan"));
    }

    [Theory]
    [InlineData("""{"include":["PROD-*"]}""", "prod-eu-central prod-us-east")]
    [InlineData("""{"include":["*"],"exclude":["prod-?u-*","st*"]}""", "archive prod-us-east")]
    [InlineData("""{"bucket":"acme-archive","folder":"/veeam/"}""", "archive")]
    [InlineData("""{"bucket":"acme-archive","folder":"other"}""", "")]
    public async Task A_filter_takes_those_that_meet_every_condition(string filter, string names)
    {
        await using ApiHost api = await ApiHost.StartAsync([Quick]);

        JsonElement run = await EndOfAsync(
            api, await StartAsync(api, new { appliance = "ONE", filter = JsonSerializer.Deserialize<JsonElement>(filter) }));

        Assert.Equal(
            names, string.Join(
                ' ', run.GetProperty("items").EnumerateArray().Select(i => i.GetProperty("repository").GetProperty("name").GetString())));
        Assert.Equal(names.Length == 0 ? 1 : 0, run.GetProperty("warnings").GetArrayLength());
    }

    [Fact]
    public async Task A_rescan_that_runs_already_is_joined_and_outlives_the_cancel_that_ends_the_others()
    {
        await using ApiHost api = await ApiHost.StartAsync([Slow], new() { ["Rescan:Appliances:0:MaxConcurrentRescans"] = "3" });
        (_, JsonElement single, _) = await api.SendAsync(
            HttpMethod.Post, "/api/rescans", new { appliance = "one", repository = "prod-eu-central" });
        string self = await StartAsync(api, new { appliance = "one" });
        await api.UntilAsync(self, r => States(r).Count(s => s == "Running") == 3);
        await UntilAsync(() => api.Appliances[0].Ledger.Count(e => e.Kind == "rescan") == 3);

        Assert.Equal(202, (await api.SendAsync(HttpMethod.Delete, self)).Status);
        JsonElement run = await EndOfAsync(api, self);

        Assert.Equal("Canceled", run.GetProperty("status").GetString());
        Assert.Equal((3, 1), (Count(run, "Canceled"), Count(run, "None")));
        JsonElement joined = run.GetProperty("items").EnumerateArray().Single(i => i.GetProperty("joined").GetBoolean());
        Assert.Equal(single.GetProperty("requestId").GetString(), joined.GetProperty("requestId").GetString());
        Assert.Equal(
            (3, 2), (api.Appliances[0].Ledger.Count(e => e.Kind == "rescan"), api.Appliances[0].Ledger.Count(e => e.Kind == "stop")));
        Assert.Equal(
            "Running", (await api.GetAsync(single.GetProperty("links").GetProperty("self").GetString()!)).GetProperty("status")
            .GetString());
        Assert.Equal(409, (await api.SendAsync(HttpMethod.Delete, self)).Status);
    }

    [Fact]
    public async Task Runs_at_the_same_time_share_the_appliances_limit()
    {
        await using ApiHost api = await ApiHost.StartAsync([Slow], new() { ["Rescan:Appliances:0:MaxConcurrentRescans"] = "2" });
        string first = await StartAsync(api, new { filter = new { include = (string[])["prod-*"] } });
        await api.UntilAsync(first, r => States(r).Count(s => s == "Running") == 2);
        string second = await StartAsync(api, new { filter = new { } });

        JsonElement run = await api.UntilAsync(second, r => States(r).Count(s => s == "Running") == 2);

        Assert.Equal("Waiting Running Running Waiting", string.Join(' ', States(run)));
        Assert.Equal(
            [false, true, true, false], run.GetProperty("items").EnumerateArray().Select(i => i.GetProperty("joined").GetBoolean()));
    }

    [Fact]
    public async Task A_run_goes_on_after_a_restart()
    {
        await using ApiHost api = await ApiHost.StartAsync(
            [Quick with { SessionDuration = TimeSpan.FromSeconds(2) }], new() { ["Rescan:Appliances:0:MaxConcurrentRescans"] = "2" });
        string self = await StartAsync(api, new { appliance = "one" });
        await UntilAsync(() => api.Appliances[0].Ledger.Count(e => e.Kind == "rescan") == 2);

        await api.RestartAsync();
        JsonElement run = await EndOfAsync(api, self);

        Assert.Equal(4, Count(run, "Succeeded"));
        Assert.Equal(4, api.Appliances[0].Ledger.Count(e => e.Kind == "rescan"));
    }

    [Fact]
    public async Task A_run_that_was_terminated_by_hand_is_told_as_failed()
    {
        await using ApiHost api = await ApiHost.StartAsync([Slow]);
        string self = await StartAsync(api, new { appliance = "one" });
        await api.UntilAsync(self, r => States(r).Contains("Running"));

        await api.Host.Client.TerminateInstanceAsync(self["/api/runs/".Length..], "by hand");
        JsonElement run = await EndOfAsync(api, self);

        Assert.Equal("Failed", run.GetProperty("status").GetString());
        Assert.Equal(
            "Failed", Assert.Single((await api.GetAsync("/api/runs")).GetProperty("items").EnumerateArray()).GetProperty("status")
            .GetString());
    }

    [Fact]
    public async Task The_scheduled_run_takes_what_the_settings_say_and_the_next_is_skipped_while_it_goes_on()
    {
        using FakeLoggerProvider log = new();
        await using ApiHost api = await ApiHost.StartAsync(
            [Slow], new() { ["Rescan:Schedules:0:Cron"] = "*/1 * * * * *", ["Rescan:Schedules:0:Exclude:0"] = "prod-*" }, timers: true,
            log: log);

        JsonElement runs = await api.UntilAsync(
            "/api/runs?limit=100", r => r.GetProperty("items").EnumerateArray().Any(i => i.GetProperty("status").GetString() == "Skipped"));

        JsonElement first = runs.GetProperty("items").EnumerateArray().Last();
        JsonElement skipped = runs.GetProperty("items").EnumerateArray().First(i => i.GetProperty("status").GetString() == "Skipped");
        Assert.Equal("Running", first.GetProperty("status").GetString());
        Assert.Contains(first.GetProperty("id").GetString()!, skipped.GetProperty("reason").GetString(), StringComparison.Ordinal);
        Assert.Contains(
            log.Collector.GetSnapshot(), r => r.Level == LogLevel.Warning && r.Message.Contains("is skipped", StringComparison.Ordinal));
        JsonElement run = await api.UntilAsync("/api/runs/" + first.GetProperty("id").GetString(), r => States(r).Length > 0);
        Assert.Equal(
            ["archive", "staging"],
            run.GetProperty("items").EnumerateArray().Select(i => i.GetProperty("repository").GetProperty("name").GetString()));
        Assert.Equal(
            "Skipped", (await api.GetAsync("/api/runs/" + skipped.GetProperty("id").GetString())).GetProperty("status").GetString());
    }

    [Theory]
    [InlineData("/api/runs/run-unknown", 404)]
    [InlineData("/api/runs/rescan-one-x", 400)]
    [InlineData("/api/runs?continuationToken=x", 400)]
    public async Task What_does_not_exist_is_told(string path, int status)
    {
        await using ApiHost api = await ApiHost.StartAsync([Quick]);

        Assert.Equal(status, (await api.SendAsync(HttpMethod.Get, path)).Status);
    }

    private static int Count(JsonElement run, string outcome) =>
        run.GetProperty("counts").TryGetProperty(outcome, out JsonElement n) ? n.GetInt32() : 0;

    private static string?[] States(JsonElement run) =>
        [.. run.GetProperty("items").EnumerateArray().Select(i => i.GetProperty("state").GetString())];

    private static async Task<string> StartAsync(ApiHost api, object body)
    {
        (int status, JsonElement accepted, HttpResponseMessage answer) = await api.SendAsync(HttpMethod.Post, "/api/rescans", body);
        Assert.True(status == 202, accepted.ToString());
        string self = accepted.GetProperty("links").GetProperty("self").GetString()!;
        Assert.Equal(self, answer.Headers.Location?.ToString());
        return self;
    }

    private static async Task PlayAsync(SimulatedAppliance appliance, Fault fault)
    {
        using HttpClientHandler any = new() { ServerCertificateCustomValidationCallback = (_, _, _, _) => true };
        using HttpClient http = new(any) { BaseAddress = appliance.BaseAddress };
        (await http.PostAsJsonAsync("/_admin/faults", fault)).EnsureSuccessStatusCode();
    }

    private static Task<JsonElement> EndOfAsync(ApiHost api, string self) =>
        api.UntilAsync(self, r => r.GetProperty("status").GetString() != "Running");

    private static async Task UntilAsync(Func<bool> wanted)
    {
        using CancellationTokenSource patience = new(ApiHost.Patience);
        while (!wanted())
        {
            await Task.Delay(20, patience.Token);
        }
    }
}
