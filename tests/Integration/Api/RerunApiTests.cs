using System.Text.Json;
using Rescan.Local.Simulator;
using Rescan.Local.Simulator.Faults;

namespace Rescan.Tests.Integration.Api;

/// <summary>Repeating what was not rescanned in a run, over real HTTP.</summary>
public sealed class RerunApiTests
{
    private static readonly SimulatorOptions Quick = new() { SessionDuration = TimeSpan.FromMilliseconds(200) };
    private static readonly Fault Refused = new("wrong-role", After: 1, Times: 1);

    [Fact]
    public async Task What_failed_and_appliances_that_could_not_be_asked_are_rescanned_again_and_both_runs_tell_of_each_other()
    {
        await using ApiHost api = await ApiHost.StartAsync(
            [Quick with { Scenario = [Refused] }, Quick with { Scenario = [new Fault("wrong-role", "repositories", Times: 1)] }]);
        JsonElement first = await EndOfAsync(api, await StartAsync(api, new { filter = new { exclude = (string[])["staging"] } }));
        Assert.Equal((1, 2), (Count(first, "Rejected"), Count(first, "Succeeded")));
        Assert.Single(first.GetProperty("errors").EnumerateArray());
        Assert.True(first.GetProperty("canBeRepeated").GetBoolean());

        (int status, JsonElement accepted, HttpResponseMessage answer) = await api.SendAsync(HttpMethod.Post, RerunOf(first));
        Assert.Equal((202, false), (status, accepted.GetProperty("joined").GetBoolean()));
        JsonElement second = await EndOfAsync(api, answer.Headers.Location!.ToString());

        Assert.Equal((4, 0), (Count(second, "Succeeded"), second.GetProperty("errors").GetArrayLength()));
        Assert.Equal(
            ["one", "two", "two", "two"], second.GetProperty("items").EnumerateArray().Select(i => i.GetProperty("appliance").GetString()));
        Assert.Equal(Id(first), second.GetProperty("repeats").GetProperty("runId").GetString());
        Assert.False(second.GetProperty("canBeRepeated").GetBoolean());
        JsonElement old = await api.GetAsync("/api/runs/" + Id(first));
        Assert.Equal(Id(second), Assert.Single(old.GetProperty("repeatedBy").EnumerateArray()).GetProperty("runId").GetString());
        Assert.Equal([4, 3], api.Appliances.Select(a => a.Ledger.Count(e => e.Kind == "rescan")));
        (int again, JsonElement problem, _) = await api.SendAsync(HttpMethod.Post, RerunOf(second));
        Assert.Equal(409, again);
        Assert.Equal(
            $"Nothing failed in run '{Id(second)}': all of its repositories were rescanned.", problem.GetProperty("detail").GetString());
    }

    [Fact]
    public async Task A_run_that_goes_on_cannot_be_repeated_and_what_was_canceled_only_when_asked_for()
    {
        await using ApiHost api = await ApiHost.StartAsync(
            [Quick with { SessionDuration = TimeSpan.FromMinutes(10) }], new() { ["Rescan:Appliances:0:MaxConcurrentRescans"] = "1" });
        string self = await StartAsync(api, new { appliance = "one" });
        await api.UntilAsync(self, r => r.GetProperty("items").GetArrayLength() == 4);
        Assert.Equal(409, (await api.SendAsync(HttpMethod.Post, self + "/rerun")).Status);
        await api.SendAsync(HttpMethod.Delete, self);
        await EndOfAsync(api, self);

        (int status, JsonElement problem, _) = await api.SendAsync(HttpMethod.Post, self + "/rerun");
        Assert.Equal(409, status);
        Assert.Contains(
            "but 4 of it were canceled. Repeat those too with ?canceled=true", problem.GetProperty("detail").GetString(),
            StringComparison.Ordinal);
        (status, JsonElement accepted, _) = await api.SendAsync(HttpMethod.Post, self + "/rerun?canceled=true");

        Assert.Equal(202, status);
        await api.UntilAsync(LinkOf(accepted), r => r.GetProperty("items").GetArrayLength() == 4);
    }

    [Fact]
    public async Task Whoever_asks_again_while_it_is_repeated_gets_the_run_that_does_so_and_a_key_gets_its_first_answer()
    {
        await using ApiHost api = await ApiHost.StartAsync([Quick with { Scenario = [Refused] }]);
        JsonElement first = await EndOfAsync(api, await StartAsync(api, new { appliance = "one" }));

        (int Status, JsonElement Body, HttpResponseMessage)[] accepted =
            await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => api.SendAsync(HttpMethod.Post, RerunOf(first))));
        string id = Assert.Single(accepted.Select(a => Id(a.Body)).Distinct());
        await EndOfAsync(api, "/api/runs/" + id);
        (string, string) key = ("Idempotency-Key", "monday");
        (_, JsonElement one, _) = await api.SendAsync(HttpMethod.Post, RerunOf(first), null, key);
        (_, JsonElement two, HttpResponseMessage replayed) = await api.SendAsync(HttpMethod.Post, RerunOf(first), null, key);

        Assert.Equal((Id(one), "true"), (Id(two), replayed.Headers.GetValues("Idempotency-Replayed").Single()));
        Assert.NotEqual(id, Id(one));
        Assert.Equal(422, (await api.SendAsync(HttpMethod.Post, RerunOf(first) + "?canceled=true", null, key)).Status);
        await EndOfAsync(api, "/api/runs/" + Id(one));
        Assert.Equal(2, (await api.GetAsync("/api/runs/" + Id(first))).GetProperty("repeatedBy").GetArrayLength());
    }

    [Fact]
    public async Task A_run_that_was_ended_by_hand_is_repeated_for_what_it_had_not_done()
    {
        await using ApiHost api = await ApiHost.StartAsync(
            [Quick with { SessionDuration = TimeSpan.FromSeconds(1) }], new() { ["Rescan:Appliances:0:MaxConcurrentRescans"] = "2" });
        string self = await StartAsync(api, new { appliance = "one" });
        await api.UntilAsync(self, r => Count(r, "Succeeded") > 0);
        await api.Host.Client.TerminateInstanceAsync(self["/api/runs/".Length..], "by hand");
        await EndOfAsync(api, self);

        (_, JsonElement accepted, _) = await api.SendAsync(HttpMethod.Post, self + "/rerun");
        JsonElement second = await EndOfAsync(api, LinkOf(accepted));

        Assert.Equal("Completed", second.GetProperty("status").GetString());
        Assert.InRange(Count(second, "Succeeded"), 1, 3);
    }

    [Theory]
    [InlineData("/api/runs/run-none/rerun", null, 404, "No run has the id")]
    [InlineData("/api/runs/rescan-x/rerun", null, 400, "run-")]
    [InlineData("/api/runs/run-none/rerun?canceled=yes", null, 400, "canceled is true or false.")]
    [InlineData("/api/runs/run-none/rerun", """{"canceled":true}""", 400, "takes no body")]
    public async Task What_is_wrong_with_a_request_is_told(string path, string? body, int status, string detail)
    {
        await using ApiHost api = await ApiHost.StartAsync([Quick]);

        object? sent = body is null ? null : JsonSerializer.Deserialize<JsonElement>(body);
        (int answered, JsonElement problem, _) = await api.SendAsync(HttpMethod.Post, path, sent);

        Assert.Equal(status, answered);
        Assert.Contains(detail, problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    private static string Id(JsonElement run) => run.GetProperty("id").GetString()!;

    private static string LinkOf(JsonElement accepted) => accepted.GetProperty("links").GetProperty("self").GetString()!;

    private static string RerunOf(JsonElement run) => $"/api/runs/{Id(run)}/rerun";

    private static int Count(JsonElement run, string outcome) =>
        run.GetProperty("counts").TryGetProperty(outcome, out JsonElement n) ? n.GetInt32() : 0;

    private static async Task<string> StartAsync(ApiHost api, object body)
    {
        (int status, JsonElement accepted, _) = await api.SendAsync(HttpMethod.Post, "/api/rescans", body);
        Assert.True(status == 202, accepted.ToString());
        return LinkOf(accepted);
    }

    private static Task<JsonElement> EndOfAsync(ApiHost api, string self) =>
        api.UntilAsync(self, r => r.GetProperty("status").GetString() != "Running");
}
