using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.Extensions.Time.Testing;
using Rescan.Local.Simulator;
using Rescan.Local.Simulator.Faults;
using Rescan.Tests.Integration.Durability;

namespace Rescan.Tests.Integration.Appliances;

/// <summary>The simulated appliance speaks as the documentation says, asked by a plain HTTP client.</summary>
public sealed class SimulatedApplianceTests : IAsyncDisposable
{
    private readonly FakeTimeProvider time = new(new DateTimeOffset(2026, 5, 1, 2, 0, 0, TimeSpan.Zero));
    private SimulatedAppliance appliance = null!;
    private HttpClient http = null!;

    public async ValueTask DisposeAsync()
    {
        http.Dispose();
        await appliance.DisposeAsync();
    }

    [Fact]
    public async Task Tokens_come_in_pairs_with_their_times_and_a_refresh_gives_a_new_pair_once()
    {
        await StartAsync(new SimulatorOptions { TokenLifetime = TimeSpan.FromMinutes(15) });
        JsonElement first = await TokenAsync(("grant_type", "password"), ("username", "rescan"), ("password", "demo-password"));

        Assert.Equal(900, first.GetProperty("expires_in").GetInt32());
        Assert.Equal("2026-05-01T02:00:00.000000", first.GetProperty(".issued").GetString());
        Assert.Equal("2026-05-01T02:15:00.000000", first.GetProperty(".expires").GetString());
        Assert.Equal(("rescan", "Portal Operator"), (first.GetProperty("username").GetString(), first.GetProperty("roleName").GetString()));

        string renewal = first.GetProperty("refresh_token").GetString()!;
        JsonElement second = await TokenAsync(("grant_type", "refresh_token"), ("refresh_token", renewal));
        Assert.NotEqual(first.GetProperty("access_token").GetString(), second.GetProperty("access_token").GetString());
        Assert.Equal(
            HttpStatusCode.Unauthorized, (await AskTokenAsync(("grant_type", "refresh_token"), ("refresh_token", renewal))).StatusCode);

        Sign(second);
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("repositories")).StatusCode);
        time.Advance(TimeSpan.FromMinutes(15));
        Assert.Equal(HttpStatusCode.Unauthorized, (await http.GetAsync("repositories")).StatusCode);
    }

    [Theory]
    [InlineData(null, "apiVersionUnspecified")]
    [InlineData("9.9-rev0", "unsupportedApiVersion")]
    [InlineData("new", "invalidApiVersion")]
    public async Task A_revision_is_asked_for_even_by_the_token_endpoint(string? revision, string problem)
    {
        await StartAsync(new SimulatorOptions());
        http.DefaultRequestHeaders.Remove("x-api-version");
        if (revision is not null)
        {
            http.DefaultRequestHeaders.Add("x-api-version", revision);
        }

        using HttpResponseMessage answer = await AskTokenAsync(("grant_type", "password"));

        Assert.Equal(
            (HttpStatusCode.BadRequest, "application/problem+json"), (answer.StatusCode, answer.Content.Headers.ContentType!.MediaType));
        Assert.EndsWith(
            problem, (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("type").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Revisions_without_rescan_do_not_have_the_route()
    {
        await StartAsync(new SimulatorOptions().OfProduct("7.0"), "1.4-rev0");
        await SignInAsync();

        Assert.Equal(HttpStatusCode.NotFound, (await RescanAsync()).StatusCode);
        http.DefaultRequestHeaders.Remove("x-api-version");
        http.DefaultRequestHeaders.Add("x-api-version", "1.3-rev0");
        Assert.Equal(HttpStatusCode.Accepted, (await RescanAsync()).StatusCode);
    }

    [Fact]
    public async Task Repositories_come_by_pages_by_pattern_and_in_order()
    {
        await StartAsync(
            new SimulatorOptions { Repositories = SimulatedRepository.WithTwin(SimulatedRepository.Many(249), "archive"), PageSize = 100 });
        await SignInAsync();

        Assert.Equal((250, 100), Page(await GetAsync("repositories")));
        Assert.Equal((250, 50), Page(await GetAsync("repositories?Offset=200")));
        Assert.Equal((250, 250), Page(await GetAsync("repositories?Limit=-1")));
        Assert.Equal((2, 2), Page(await GetAsync("repositories?SearchPattern=arch*")));
        JsonElement sorted = await GetAsync("repositories?Sort=nameDesc&Limit=1");
        Assert.Equal("staging", sorted.GetProperty("results")[0].GetProperty("name").GetString());
        Assert.Equal(HttpStatusCode.BadRequest, (await http.GetAsync("repositories?Limit=-2")).StatusCode);
    }

    [Fact]
    public async Task A_session_waits_runs_and_ends_and_its_log_grows_and_changes_in_place()
    {
        await StartAsync(new SimulatorOptions { PendingDuration = TimeSpan.FromSeconds(10), SessionDuration = TimeSpan.FromSeconds(100) });
        await SignInAsync();
        string id = (await (await RescanAsync()).Content.ReadFromJsonAsync<JsonElement>()).GetProperty("sessionId").GetString()!;

        Assert.Equal("NeverExecuted", (await GetAsync($"sessions/{id}")).GetProperty("status").GetString());
        Assert.False((await GetAsync($"sessions/{id}/log")).TryGetProperty("log", out _));
        time.Advance(TimeSpan.FromSeconds(15));
        Assert.Equal(("Running", "Running"), Stand(await GetAsync($"sessions/{id}")));
        Assert.Equal(["Running"], await LogStatusesAsync(id));
        time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(["Success", "Running"], await LogStatusesAsync(id));
        time.Advance(TimeSpan.FromSeconds(65));
        string before = await LastMessageAsync(id);
        time.Advance(TimeSpan.FromSeconds(5));
        Assert.NotEqual(before, await LastMessageAsync(id));
        time.Advance(TimeSpan.FromSeconds(20));
        JsonElement ended = await GetAsync($"sessions/{id}");
        Assert.Equal(("Succeeded", "Success"), Stand(ended));
        Assert.Equal("2026-05-01T02:00:10.000000", ended.GetProperty("executionStartTime").GetString());
        Assert.Equal("2026-05-01T02:01:50.000000", ended.GetProperty("executionStopTime").GetString());
    }

    [Fact]
    public async Task A_stopped_session_is_canceled_in_both_spellings()
    {
        await StartAsync(new SimulatorOptions());
        await SignInAsync();
        string id = (await (await RescanAsync()).Content.ReadFromJsonAsync<JsonElement>()).GetProperty("sessionId").GetString()!;

        Assert.Equal(HttpStatusCode.Accepted, (await http.PostAsync($"sessions/{id}/stop", null)).StatusCode);

        Assert.Equal(("Canceled", "Cancelled"), Stand(await GetAsync($"sessions/{id}")));
    }

    [Fact]
    public async Task Other_work_starts_sessions_too_and_the_list_is_filtered()
    {
        await StartAsync(new SimulatorOptions { OtherSessionsEvery = TimeSpan.FromSeconds(10) });
        await SignInAsync();
        time.Advance(TimeSpan.FromSeconds(35));
        await RescanAsync();

        Assert.Equal(4, Page(await GetAsync("sessions")).Total);
        Assert.Equal(1, Page(await GetAsync("sessions?Types=ImportPolicy")).Total);
        Assert.Equal(2, Page(await GetAsync("sessions?FromUtc=2026-05-01T02:00:30Z")).Total);
        Assert.Equal(4, Page(await GetAsync("sessions?Status=Running&Status=NeverExecuted")).Total);
        Assert.Equal(
            "ImportPolicy",
            (await GetAsync("sessions?Sort=startTimeDesc&Limit=1")).GetProperty("results")[0].GetProperty("type").GetString());
    }

    [Fact]
    public async Task A_reboot_refuses_connections_forgets_tokens_and_fails_what_ran()
    {
        await StartAsync(new SimulatorOptions());
        await SignInAsync();
        string id = (await (await RescanAsync()).Content.ReadFromJsonAsync<JsonElement>()).GetProperty("sessionId").GetString()!;

        Task back = appliance.RebootAsync(TimeSpan.FromSeconds(30));
        while (await Record.ExceptionAsync(() => http.GetAsync("repositories")) is null)
        {
        }

        while (!back.IsCompleted)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(5);
        }

        await back;
        Assert.Equal(HttpStatusCode.Unauthorized, (await http.GetAsync("repositories")).StatusCode);
        await SignInAsync();
        Assert.Equal(("Failed", "Failed"), Stand(await GetAsync($"sessions/{id}")));
    }

    [Fact]
    public async Task A_second_rescan_is_refused_where_only_one_may_run()
    {
        await StartAsync(new SimulatorOptions { OneRescanAtATime = true });
        await SignInAsync();

        Assert.Equal(HttpStatusCode.Accepted, (await RescanAsync()).StatusCode);
        Assert.Equal(HttpStatusCode.Conflict, (await RescanAsync()).StatusCode);
    }

    [Fact]
    public async Task Faults_strike_the_request_they_name_after_and_as_often_as_they_say()
    {
        await StartAsync(new SimulatorOptions { Scenario = [new Fault("throttled", "repositories", After: 1, Times: 2, Seconds: 7)] });
        await SignInAsync();
        List<string> seen = [];
        for (int i = 0; i < 4; i++)
        {
            using HttpResponseMessage answer = await http.GetAsync("repositories");
            seen.Add($"{(int)answer.StatusCode} {answer.Headers.RetryAfter}".TrimEnd());
        }

        Assert.Equal(["200", "429 7", "429 7", "200"], seen);
        Assert.Equal(2, appliance.Ledger.Count(e => e.Fault == "throttled"));
    }

    [Fact]
    public async Task Faults_and_the_account_are_changed_by_calls()
    {
        await StartAsync(new SimulatorOptions());
        Assert.Equal(
            HttpStatusCode.NoContent, (await http.PostAsJsonAsync("/_admin/faults", new { name = "html", request = "other" })).StatusCode);
        Assert.Equal(1, (await http.GetFromJsonAsync<JsonElement>("/_admin/faults")).GetArrayLength());
        Assert.Equal(
            HttpStatusCode.BadRequest, (await http.PostAsJsonAsync("/_admin/faults", new { name = "mfa", request = "log" })).StatusCode);
        Assert.Equal(HttpStatusCode.NoContent, (await http.DeleteAsync("/_admin/faults")).StatusCode);
        Assert.Equal(HttpStatusCode.NoContent, (await http.PostAsJsonAsync("/_admin/password", new { password = "next" })).StatusCode);
        Assert.Equal("next", appliance.Password);
    }

    [Theory]
    [InlineData("{\"faults\": [{\"name\": \"nonsense\"}]}", "nonsense")]
    [InlineData("{\"faults\": [{\"name\": \"mfa\", \"request\": \"log\"}]}", "cannot strike")]
    [InlineData("{\"faults\": [{\"name\": \"html\", \"wen\": 1}]}", "wen")]
    [InlineData("{}", "faults")]
    [InlineData("[", "not a scenario")]
    public void A_scenario_that_is_none_is_refused_with_the_reason(string text, string reason)
    {
        string file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, text);
            Assert.Contains(reason, Assert.Throws<FormatException>(() => FaultScenario.Read(file)).Message, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static (int Total, int Rows) Page(JsonElement page) =>
        (page.GetProperty("totalCount").GetInt32(), page.GetProperty("results").GetArrayLength());

    private static (string?, string?) Stand(JsonElement session) =>
        (session.GetProperty("status").GetString(), session.GetProperty("result").GetString());

    private async Task StartAsync(SimulatorOptions options, string revision = "1.0-rev0")
    {
        appliance = await SimulatedAppliance.StartAsync(options with { Time = time }, default);
        http = new HttpClient(new SocketsHttpHandler
        {
            SslOptions =
                { RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate!.GetCertHashString(
                    HashAlgorithmName.SHA256) == appliance.Thumbprint },
        })
        {
            BaseAddress = new Uri(appliance.BaseAddress, "/api/v1/"),
        };
        http.DefaultRequestHeaders.Add("x-api-version", revision);
    }

    private async Task SignInAsync() =>
        Sign(await TokenAsync(("grant_type", "password"), ("username", "rescan"), ("password", "demo-password")));

    private void Sign(JsonElement token) =>
        http.DefaultRequestHeaders.Authorization = new("Bearer", token.GetProperty("access_token").GetString());

    private async Task<JsonElement> TokenAsync(params (string Name, string Value)[] form)
    {
        using HttpResponseMessage answer = await AskTokenAsync(form);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return await answer.Content.ReadFromJsonAsync<JsonElement>();
    }

    private async Task<HttpResponseMessage> AskTokenAsync(params (string Name, string Value)[] form)
    {
        using FormUrlEncodedContent content = new(form.Select(f => new KeyValuePair<string, string>(f.Name, f.Value)));
        return await http.PostAsync("token", content);
    }

    private Task<HttpResponseMessage> RescanAsync() => http.PostAsync($"repositories/{SimulatedRepository.Defaults[0].Id}/rescan", null);

    private Task<JsonElement> GetAsync(string path) => http.GetFromJsonAsync<JsonElement>(path);

    private async Task<string[]> LogStatusesAsync(string id) =>
        [.. (await GetAsync($"sessions/{id}/log")).GetProperty("log").EnumerateArray().Select(i => i.GetProperty("status").GetString()!)];

    private async Task<string> LastMessageAsync(string id) =>
        (await GetAsync($"sessions/{id}/log")).GetProperty("log").EnumerateArray().Last().GetProperty("message").GetString()!;
}
