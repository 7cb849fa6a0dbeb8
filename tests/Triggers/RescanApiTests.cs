using System.Text.Json;
using Rescan.Local.Appliance;

namespace Rescan.Tests.Triggers;

public sealed class RescanApiTests : IAsyncLifetime
{
    private ApiHost api = null!;

    public async Task InitializeAsync() => api = await ApiHost.StartAsync([new SimulatorOptions { SessionDuration = TimeSpan.FromSeconds(1) }]);

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
        Assert.Contains("Rescan found", (await api.GetAsync(self + "/log" + request)).GetProperty("log").EnumerateArray().Last().GetProperty("message").GetString(), StringComparison.Ordinal);
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
        Assert.Equal(["Succeeded", "Succeeded"], archive.GetProperty("history").EnumerateArray().Select(p => p.GetProperty("outcome").GetString()));
        Assert.Equal("Succeeded", archive.GetProperty("lastOutcome").GetProperty("outcome").GetString());
        Assert.False(archive.GetProperty("running").GetBoolean());
        Assert.True(items.Single(i => i.GetProperty("name").GetString() == "staging").GetProperty("running").GetBoolean());
    }

    private static string? Name(JsonElement rescan) => rescan.GetProperty("repository").GetProperty("name").GetString();

    private async Task<JsonElement[]> ListAsync(string query) => [.. (await api.GetAsync("/api/rescans?" + query)).GetProperty("items").EnumerateArray()];

    private async Task<JsonElement> StartAsync(string repository)
    {
        (int status, JsonElement body, _) = await api.SendAsync(HttpMethod.Post, "/api/rescans", new { appliance = "one", repository });
        Assert.Equal(202, status);
        return body;
    }

    private Task<JsonElement> EndOfAsync(string path) => api.UntilAsync(path, r => r.GetProperty("outcome").ValueKind == JsonValueKind.Object);
}
