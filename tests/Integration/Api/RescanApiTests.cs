using System.Text.Json;
using Rescan.Local.Simulator;
using Rescan.Tests.Integration.Durability;

namespace Rescan.Tests.Integration.Api;

public sealed class RescanApiTests : IAsyncLifetime
{
    private ApiHost api = null!;

    public async Task InitializeAsync() =>
        api = await ApiHost.StartAsync([new SimulatorOptions { SessionDuration = TimeSpan.FromSeconds(1) }]);

    public async Task DisposeAsync() => await api.DisposeAsync();

    [Fact]
    public async Task A_rescan_is_told_by_its_request_while_it_runs_and_ever_after()
    {
        JsonElement first = await StartAsync("archive");
        string self = first.GetProperty("links").GetProperty("self").GetString()!;
        string request = "?requestId=" + first.GetProperty("requestId").GetString();
        Assert.Equal("archive", (await api.GetAsync(self + request)).GetProperty("repository").GetProperty("name").GetString());
        JsonElement ended = await EndOfAsync(self + request);
        JsonElement second = await StartAsync("archive");

        Assert.NotEqual(first.GetProperty("requestId").GetString(), second.GetProperty("requestId").GetString());
        JsonElement again = await api.GetAsync(self + request);
        Assert.Equal(ended.GetProperty("sessionId").GetString(), again.GetProperty("sessionId").GetString());
        Assert.Equal("Succeeded", again.GetProperty("outcome").GetProperty("outcome").GetString());
        Assert.Equal(second.GetProperty("requestId").GetString(), (await api.GetAsync(self)).GetProperty("requestId").GetString());
        Assert.Contains(
            "Rescan found",
            (await api.GetAsync(self + "/log" + request)).GetProperty("log").EnumerateArray().Last().GetProperty("message").GetString(),
            StringComparison.Ordinal);
        Assert.Equal(404, (await api.SendAsync(HttpMethod.Get, self + "?requestId=unknown")).Status);
    }

    [Fact]
    public async Task A_second_wish_joins_the_first_and_its_request()
    {
        JsonElement first = await StartAsync("archive");
        JsonElement second = await StartAsync("archive");

        Assert.Equal((false, true), (first.GetProperty("joined").GetBoolean(), second.GetProperty("joined").GetBoolean()));
        Assert.Equal(first.GetProperty("requestId").GetString(), second.GetProperty("requestId").GetString());
    }

    [Fact]
    public async Task The_list_has_running_rescans_then_ended_ones_by_pages_and_filters()
    {
        foreach (string name in (string[])["archive", "staging", "archive"])
        {
            await EndOfAsync((await StartAsync(name)).GetProperty("links").GetProperty("self").GetString()!);
        }

        await StartAsync("prod-us-east");
        List<JsonElement> all = [];
        string? token = null;
        do
        {
            JsonElement page = await api.GetAsync("/api/rescans?limit=2" + (token is null ? "" : "&continuationToken=" + token));
            all.AddRange(page.GetProperty("items").EnumerateArray());
            token = page.GetProperty("continuationToken").GetString();
        }
        while (token is not null);

        Assert.Equal(["prod-us-east", "archive", "staging", "archive"], all.Select(Name));
        Assert.Equal(4, all.Select(i => i.GetProperty("requestId").GetString()).Distinct().Count());
        Assert.Equal(["archive", "archive"], (await ListAsync("state=ended&repository=ARCHIVE&appliance=ONE")).Select(Name));
        Assert.Equal(["prod-us-east"], (await ListAsync("state=running")).Select(Name));
        Assert.Empty(await ListAsync("state=running&repository=archive"));
        Assert.Empty(await ListAsync("appliance=two"));
    }

    [Theory]
    [InlineData("state=over")]
    [InlineData("limit=0")]
    [InlineData("limit=201")]
    [InlineData("limit=1&limit=2")]
    [InlineData("continuationToken=bm9uc2Vuc2U")]
    [InlineData("continuationToken=!!")]
    public async Task A_query_that_makes_no_sense_is_refused(string query) =>
        Assert.Equal(400, (await api.SendAsync(HttpMethod.Get, "/api/rescans?" + query)).Status);

    [Fact]
    public async Task Repositories_tell_their_history_and_whether_a_rescan_runs()
    {
        for (int i = 0; i < 2; i++)
        {
            await EndOfAsync((await StartAsync("archive")).GetProperty("links").GetProperty("self").GetString()!);
        }

        await StartAsync("staging");
        JsonElement[] items = [.. (await api.GetAsync("/api/repositories")).GetProperty("items").EnumerateArray()];

        JsonElement archive = items.Single(i => i.GetProperty("name").GetString() == "archive");
        Assert.Equal(
            ["Succeeded", "Succeeded"], archive.GetProperty("history").EnumerateArray().Select(p => p.GetProperty("outcome").GetString()));
        Assert.Equal("Succeeded", archive.GetProperty("lastOutcome").GetProperty("outcome").GetString());
        Assert.False(archive.GetProperty("running").GetBoolean());
        Assert.True(items.Single(i => i.GetProperty("name").GetString() == "staging").GetProperty("running").GetBoolean());
    }

    [Fact]
    public async Task A_post_repeated_under_its_key_gets_the_first_answer_and_starts_nothing_even_after_a_restart_and_the_end()
    {
        (string, string) key = ("Idempotency-Key", "\"b7d0f5a2\"");
        object wish = new { appliance = "one", repository = "archive" };
        (_, JsonElement first, HttpResponseMessage answer) = await api.SendAsync(HttpMethod.Post, "/api/rescans", wish, key);
        Assert.Equal("false", answer.Headers.GetValues("Idempotency-Replayed").Single());
        await EndOfAsync(first.GetProperty("links").GetProperty("self").GetString()!);

        await api.RestartAsync();
        (int status, JsonElement second, HttpResponseMessage again) = await api.SendAsync(HttpMethod.Post, "/api/rescans", wish, key);

        Assert.Equal(
            (202, first.ToString(), "true"), (status, second.ToString(), again.Headers.GetValues("Idempotency-Replayed").Single()));
        Assert.Equal(answer.Headers.Location, again.Headers.Location);
        Assert.Equal(
            422, (await api.SendAsync(HttpMethod.Post, "/api/rescans", new { appliance = "one", repository = "staging" }, key)).Status);
        Assert.Equal(1, api.Appliances[0].Ledger.Count(e => e.Kind == "rescan"));
        Assert.Equal(400, (await api.SendAsync(HttpMethod.Post, "/api/rescans", wish, ("Idempotency-Key", new string('k', 300)))).Status);
    }

    [Fact]
    public async Task A_refused_post_frees_its_key()
    {
        (string, string) key = ("Idempotency-Key", "k1");
        Assert.Equal(
            404, (await api.SendAsync(HttpMethod.Post, "/api/rescans", new { appliance = "one", repository = "nothing" }, key)).Status);
        Assert.Equal(
            202, (await api.SendAsync(HttpMethod.Post, "/api/rescans", new { appliance = "one", repository = "archive" }, key)).Status);
    }

    [Fact]
    public async Task Posts_at_once_under_one_key_start_one_run()
    {
        (int Status, JsonElement Body, HttpResponseMessage)[] answers = await Task.WhenAll(
            Enumerable.Range(0, 8).Select(
                _ => api.SendAsync(HttpMethod.Post, "/api/rescans", new { appliance = "one" }, ("Idempotency-Key", "k2"))));

        Assert.All(answers, a => Assert.True(a.Status is 202 or 409, $"{a.Status}"));
        Assert.Single(answers.Where(a => a.Status == 202).Select(a => a.Body.GetProperty("id").GetString()).Distinct());
        Assert.Single(
            (await api.UntilAsync("/api/runs", r => r.GetProperty("items").GetArrayLength() > 0)).GetProperty("items").EnumerateArray());
    }

    [Fact]
    public async Task A_caller_may_wait_for_the_end_and_is_told_when_it_has_not_come()
    {
        string self = (await StartAsync("archive")).GetProperty("links").GetProperty("self").GetString()!;
        Assert.Equal("Succeeded", (await api.GetAsync(self + "?wait=60")).GetProperty("outcome").GetProperty("outcome").GetString());

        await using ApiHost slow = await ApiHost.StartAsync([new SimulatorOptions { SessionDuration = TimeSpan.FromMinutes(10) }]);
        (_, JsonElement started, _) = await slow.SendAsync(
            HttpMethod.Post, "/api/rescans", new { appliance = "one", repository = "archive" });
        Assert.Equal(
            "Running",
            (await slow.GetAsync(started.GetProperty("links").GetProperty("self").GetString() + "?wait=1")).GetProperty("status")
                .GetString());
        Assert.Equal(400, (await api.SendAsync(HttpMethod.Get, self + "?wait=231")).Status);
    }

    [Theory]
    [InlineData("?wait=60")]
    [InlineData("?look=true")]
    [InlineData("/log?look=true")]
    public async Task While_somebody_looks_on_the_session_is_polled_often(string query)
    {
        // Left alone, the first poll would come after minutes.
        await using ApiHost slow = await ApiHost.StartAsync(
            [new SimulatorOptions { SessionDuration = TimeSpan.FromSeconds(3) }], new()
            {
                ["Rescan:Polling:Kappa"] = "600", ["Rescan:Polling:MaxInterval"] = "01:00:00",
            });
        (_, JsonElement started, _) = await slow.SendAsync(
            HttpMethod.Post, "/api/rescans", new { appliance = "one", repository = "archive" });
        string self = started.GetProperty("links").GetProperty("self").GetString()!;
        JsonElement watching = await slow.UntilAsync(
            self, r => r.GetProperty("phase").GetString() == "Watching" && r.GetProperty("nextPollAt").ValueKind == JsonValueKind.String);
        Assert.True(watching.GetProperty("nextPollAt").GetDateTimeOffset() > DateTimeOffset.UtcNow + TimeSpan.FromMinutes(1));

        await slow.GetAsync(self + query);

        Assert.Equal(
            "Succeeded",
            (await slow.UntilAsync(self, r => r.GetProperty("status").GetString() == "Completed")).GetProperty("outcome")
                .GetProperty("outcome").GetString());
    }

    [Theory]
    [InlineData("text/plain", "{}", 415)]
    [InlineData("application/json", "{", 400)]
    [InlineData("application/json", "{}", 400)]
    [InlineData("application/json", "", 400)]
    [InlineData("application/json", """{"appliance":"one","repository":"archve"}""", 404)]
    [InlineData("application/json", """{"appliance":"none"}""", 404)]
    [InlineData("application/json", """{"appliance":"one","repo":"archive"}""", 400)]
    public async Task A_body_that_makes_no_sense_is_refused_and_starts_nothing(string type, string body, int status)
    {
        using StringContent content = new(body, System.Text.Encoding.UTF8, type);
        using HttpResponseMessage answer = await api.Http.PostAsync("/api/rescans", content);

        Assert.Equal((status, "application/problem+json"), ((int)answer.StatusCode, answer.Content.Headers.ContentType?.MediaType));
        Assert.DoesNotContain(api.Appliances[0].Ledger, e => e.Kind == "rescan");
    }

    [Fact]
    public async Task Head_is_get_without_a_body()
    {
        (int status, JsonElement body, HttpResponseMessage answer) = await api.SendAsync(HttpMethod.Head, "/api/rescans");

        Assert.Equal(
            (200, JsonValueKind.Undefined, "application/json"), (status, body.ValueKind, answer.Content.Headers.ContentType?.MediaType));
    }

    private static string? Name(JsonElement rescan) => rescan.GetProperty("repository").GetProperty("name").GetString();

    private async Task<JsonElement[]> ListAsync(string query) =>
        [.. (await api.GetAsync("/api/rescans?" + query)).GetProperty("items").EnumerateArray()];

    private async Task<JsonElement> StartAsync(string repository)
    {
        (int status, JsonElement body, _) = await api.SendAsync(HttpMethod.Post, "/api/rescans", new { appliance = "one", repository });
        Assert.Equal(202, status);
        return body;
    }

    private Task<JsonElement> EndOfAsync(string path) =>
        api.UntilAsync(path, r => r.GetProperty("outcome").ValueKind == JsonValueKind.Object);
}
