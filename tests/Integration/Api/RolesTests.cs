using System.Net;
using System.Net.Http.Json;
using System.Reflection;
using System.Text.Json;
using Microsoft.Azure.Functions.Worker;
using Rescan.Functions.Rescans;
using Rescan.Local.Simulator;
using Rescan.Tests.Support;

namespace Rescan.Tests.Integration.Api;

/// <summary>What the callers of each key may do, and what is kept of who did it.</summary>
public sealed class RolesTests : IAsyncLifetime
{
    private const string ViewerKey = "a-key-to-look-with";
    private const string OperatorKey = "a-key-to-work-with";
    private const string PlainKey = "a-key-without-a-name";
    private static readonly Dictionary<string, string?> Keys = new()
    {
        ["Rescan:Key"] = PlainKey,
        ["Rescan:Keys:0:Name"] = "auditor",
        ["Rescan:Keys:0:Key"] = ViewerKey,
        ["Rescan:Keys:0:Role"] = "Viewer",
        ["Rescan:Keys:1:Name"] = "backup-team",
        ["Rescan:Keys:1:Key"] = OperatorKey,
    };

    private ApiHost api = null!;

    public async Task InitializeAsync() =>
        api = await ApiHost.StartAsync([new SimulatorOptions { SessionDuration = TimeSpan.FromMinutes(30) }], Keys);

    public async Task DisposeAsync() => await api.DisposeAsync();

    [Fact]
    public async Task A_viewer_may_look_at_everything_and_change_nothing()
    {
        HttpTriggerAttribute[] triggers = [.. typeof(RescanApi).Assembly.GetExportedTypes().SelectMany(t => t.GetMethods())
            .Where(m => m.GetCustomAttribute<FunctionAttribute>() is not null)
            .SelectMany(m => m.GetParameters().Select(p => p.GetCustomAttribute<HttpTriggerAttribute>()).OfType<HttpTriggerAttribute>())
            .Where(t => t.AuthLevel == AuthorizationLevel.Function)];
        Assert.True(triggers.Length > 10, "Few functions were found.");
        foreach (HttpTriggerAttribute trigger in triggers)
        {
            foreach (string method in trigger.Methods!)
            {
                string path = "/api/" + trigger.Route!.Replace(
                    "{id}", trigger.Route.StartsWith("runs", StringComparison.Ordinal) ? "run-x" : "rescan-a-b", StringComparison.Ordinal);
                using HttpResponseMessage answer = await SendAsync(ViewerKey, method, path);
                bool looks = method is "get" or "head";
                Assert.True(
                    looks == (answer.StatusCode != HttpStatusCode.Forbidden),
                    $"{method} {path} answered a viewer with {(int)answer.StatusCode}.");
                if (!looks)
                {
                    string problem = (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("detail").GetString()!;
                    Assert.Equal("auditor has the role Viewer; this needs Operator.", problem);
                }
            }
        }
    }

    [Theory]
    [InlineData(ViewerKey, "auditor", "Viewer")]
    [InlineData(OperatorKey, "backup-team", "Operator")]
    [InlineData(PlainKey, null, "Operator")]
    public async Task A_caller_is_told_who_it_is(string key, string? name, string role)
    {
        using HttpResponseMessage answer = await SendAsync(key, "get", "/api/caller");
        JsonElement caller = await answer.Content.ReadFromJsonAsync<JsonElement>();

        Assert.Equal((name, role), (caller.GetProperty("name").GetString(), caller.GetProperty("role").GetString()));
    }

    [Fact]
    public async Task Headers_of_the_platform_count_for_nothing_where_there_is_none()
    {
        using HttpRequestMessage request = new(HttpMethod.Get, "/api/caller");
        request.Headers.Add("x-functions-key", ViewerKey);
        request.Headers.Add("X-MS-CLIENT-PRINCIPAL-NAME", "mallory@example.com");
        request.Headers.Add("X-MS-CLIENT-PRINCIPAL", Convert.ToBase64String("""{"claims":[{"typ":"roles","val":"Rescan.Operator"}]}"""u8));
        using HttpClient http = new() { BaseAddress = api.Host.BaseAddress };
        using HttpResponseMessage answer = await http.SendAsync(request);

        Assert.Equal("Viewer", (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("role").GetString());
    }

    [Fact]
    public async Task Who_started_and_who_canceled_a_rescan_is_kept_with_its_outcome()
    {
        using HttpResponseMessage started = await SendAsync(
            OperatorKey, "post", "/api/rescans", new { appliance = "one", repository = "archive" });
        string self = (await started.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("links").GetProperty("self").GetString()!;
        Assert.Equal("backup-team", (await api.GetAsync(self)).GetProperty("startedBy").GetProperty("name").GetString());
        using (HttpResponseMessage canceled = await SendAsync(PlainKey, "delete", self))
        {
            Assert.Equal(HttpStatusCode.Accepted, canceled.StatusCode);
        }

        // Whoever comes second did not do it.
        (await SendAsync(OperatorKey, "delete", self)).Dispose();

        JsonElement outcome = (await api.UntilAsync(self, r => r.GetProperty("outcome").ValueKind == JsonValueKind.Object)).GetProperty(
            "outcome");
        Assert.Equal("backup-team", outcome.GetProperty("startedBy").GetProperty("name").GetString());
        Assert.Equal("Api", outcome.GetProperty("canceledBy").GetProperty("kind").GetString());
        Assert.Equal(JsonValueKind.Null, outcome.GetProperty("canceledBy").GetProperty("name").ValueKind);
    }

    [Fact]
    public async Task Who_canceled_a_run_is_kept_with_the_run_and_its_rescans_name_the_run()
    {
        using HttpResponseMessage started = await SendAsync(
            OperatorKey, "post", "/api/rescans", new { appliance = "one", filter = new { } });
        string self = (await started.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("links").GetProperty("self").GetString()!;
        await api.UntilAsync(self, r => r.GetProperty("items").EnumerateArray().Any(i => i.GetProperty("state").GetString() == "Running"));
        (await SendAsync(OperatorKey, "delete", self)).Dispose();

        JsonElement run = await api.UntilAsync(self, r => r.GetProperty("status").GetString() == "Canceled");

        Assert.Equal("backup-team", run.GetProperty("startedBy").GetProperty("name").GetString());
        Assert.Equal("backup-team", run.GetProperty("canceledBy").GetProperty("name").GetString());
        JsonElement rescans = await api.GetAsync("/api/rescans?state=ended");
        JsonElement[] outcomes = [.. rescans.GetProperty("items").EnumerateArray().Select(i => i.GetProperty("outcome"))];
        Assert.NotEmpty(outcomes);
        Assert.All(outcomes,
            o => Assert.Equal(run.GetProperty("id").GetString(), o.GetProperty("canceledBy").GetProperty("name").GetString()));
    }

    [Fact]
    public async Task Who_paused_is_told()
    {
        using HttpResponseMessage paused = await SendAsync(
            OperatorKey, "post", "/api/schedule/pause", new { @for = "02:00:00", reason = "Maintenance." });
        JsonElement schedule = await paused.Content.ReadFromJsonAsync<JsonElement>();

        Assert.Equal("backup-team", schedule.GetProperty("paused").GetProperty("by").GetProperty("name").GetString());
    }

    private async Task<HttpResponseMessage> SendAsync(string key, string method, string path, object? body = null)
    {
        using HttpClient http = new() { BaseAddress = api.Host.BaseAddress };
        using HttpRequestMessage request = new(new HttpMethod(method.ToUpperInvariant()), path)
        {
            Content = body is null ? null : JsonContent.Create(body),
        };
        request.Headers.Add("x-functions-key", key);
        return await http.SendAsync(request);
    }
}
