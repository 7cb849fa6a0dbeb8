using System.Net;
using System.Reflection;
using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Microsoft.DurableTask.Converters;
using Microsoft.DurableTask.Protobuf;
using Rescan.Functions.Api.Callers;
using Rescan.Functions.Appliances;
using Rescan.Functions.Configuration;
using Rescan.Functions.Rescans;
using Rescan.Functions.Runs;
using Rescan.Functions.Schedules;
using Rescan.Functions.Storage;
using Rescan.Tests.Integration.Durability;
using Rescan.Tests.Integration.Runtime.Hosting;

namespace Rescan.Tests.Integration.Parity.Worker;

/// <summary>
/// The app as it deploys, a worker process with Microsoft's packages, driven through the protocol that the Functions host speaks.
/// </summary>
public sealed class WorkerTests
{
    private static readonly Dictionary<string, string?> Settings = new()
    {
        ["AzureWebJobsStorage"] = "UseDevelopmentStorage=true",
        ["Rescan__Appliances__0__Name"] = "one",
        ["Rescan__Appliances__0__BaseUrl"] = "https://127.0.0.1:1",
        ["Rescan__Appliances__0__Username"] = "u",
        ["Rescan__Appliances__0__Password"] = "p",
    };

    internal static string Worker =>
        typeof(WorkerTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "WorkerPath").Value!;

    [Fact]
    public async Task The_worker_offers_every_function_of_the_app_and_answers_over_http()
    {
        await using FunctionsHost host = await FunctionsHost.StartAsync(Worker, Settings);

        string[] written = [.. typeof(RescanOptions).Assembly.GetExportedTypes().SelectMany(t => t.GetMethods())
            .Select(m => m.GetCustomAttribute<Microsoft.Azure.Functions.Worker.FunctionAttribute>()?.Name).OfType<string>().Order(
                StringComparer.Ordinal)];
        Assert.Equal(written, host.Functions.Keys.Order(StringComparer.Ordinal));
        using HttpResponseMessage health = await host.GetAsync("Liveness", "/api/health/live");
        Assert.Equal(HttpStatusCode.OK, health.StatusCode);
        Assert.Contains("Healthy", await health.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        using HttpResponseMessage page = await host.GetAsync("StatusPage", "/api/");
        Assert.Equal("text/html", page.Content.Headers.ContentType?.MediaType);
        using HttpResponseMessage script = await host.GetAsync("StatusPageFile", "/api/page/app.js", ("file", "app.js"));
        Assert.Equal("text/javascript", script.Content.Headers.ContentType?.MediaType);
    }

    [Fact]
    public async Task The_timer_of_the_schedules_fires_every_minute_and_starts_what_is_due_by_its_inner_schedule()
    {
        await using FunctionsHost host = await FunctionsHost.StartAsync(Worker, new Dictionary<string, string?>(Settings)
        {
            ["AzureWebJobsStorage"] = await AzureTestHub.StorageAsync(),
            ["Rescan__Outcomes__Table"] = "Timer" + Guid.NewGuid().ToString("N")[..12],
            ["Rescan__Schedules__0__Name"] = "often",
            ["Rescan__Schedules__0__Cron"] = "* * * * * *",
            ["Rescan__Schedules__0__Zone"] = "W. Europe Standard Time",
            ["Rescan__Schedules__1__Name"] = "seldom",
            ["Rescan__Schedules__1__Cron"] = "0 0 29 2 *",
        });

        JsonElement trigger = host.Functions[nameof(StartScheduledRuns)].Texts(10).Select(b => JsonSerializer.Deserialize<JsonElement>(b))
            .Single(b => b.GetProperty("type").GetString() == "timerTrigger");
        Assert.Equal(("0 * * * * *", false), (trigger.GetProperty("schedule").GetString(), trigger.GetProperty("useMonitor").GetBoolean()));
        Assert.False(trigger.TryGetProperty("runOnStartup", out JsonElement atStart) && atStart.GetBoolean());

        await host.RunTimerAsync(nameof(StartScheduledRuns));

        CreateInstanceRequest started = Assert.Single(host.Started);
        Assert.Equal(nameof(RunOrchestration), started.Name);
        Assert.Matches("^run-scheduled-often-[0-9]{8}t[0-9]{6}z$", started.InstanceId);
    }

    [Theory]
    [InlineData(null, null, "Operator")]
    [InlineData(null, "Rescan.Viewer", "Operator")]
    [InlineData("True", "Rescan.Viewer", "Viewer")]
    [InlineData("True", "Rescan.Operator", "Operator")]
    [InlineData("True", null, "None")]
    public async Task Roles_come_from_the_platforms_headers_only_where_the_platform_sets_them(
        string? authentication, string? role, string expected)
    {
        await using FunctionsHost host = await FunctionsHost.StartAsync(
            Worker,
            new Dictionary<string, string?>(Settings) { ["WEBSITE_AUTH_ENABLED"] = authentication, ["WEBSITE_SITE_NAME"] = "func" });
        string principal = $$"""{"auth_typ":"aad","role_typ":"roles","claims":[{"typ":"roles","val":"{{role}}"}]}""";
        (string, string)[] headers = role is null ? [] :
        [
            ("X-MS-CLIENT-PRINCIPAL-NAME", "alice@example.com"),
            ("X-MS-CLIENT-PRINCIPAL", Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(principal))),
        ];

        using HttpResponseMessage answer = await host.SendAsync("GetCallerApi", HttpMethod.Get, "/api/caller", headers);
        using HttpResponseMessage list = await host.SendAsync("GetScheduleApi", HttpMethod.Get, "/api/schedule", headers);

        JsonElement caller = JsonSerializer.Deserialize<JsonElement>(await answer.Content.ReadAsStringAsync());
        Assert.Equal(expected, caller.GetProperty("role").GetString());
        Assert.Equal(authentication is null || role is null ? null : "alice@example.com", caller.GetProperty("name").GetString());
        Assert.Equal(expected == "None", list.StatusCode == HttpStatusCode.Unauthorized);
    }

    [Theory]
    [InlineData("True", "func", "Anonymous", 401, 403)]
    [InlineData("True", null, "Function", 200, 200)]
    [InlineData(null, "func", "Function", 200, 200)]
    public async Task The_host_asks_for_no_key_where_the_platform_signs_callers_in_and_nobody_comes_in_without_a_role(
        string? authentication, string? site, string level, int nobody, int stranger)
    {
        await using FunctionsHost host = await FunctionsHost.StartAsync(
            Worker, new Dictionary<string, string?>(Settings) { ["WEBSITE_AUTH_ENABLED"] = authentication, ["WEBSITE_SITE_NAME"] = site });
        string principal = Convert.ToBase64String("""{"claims":[{"typ":"roles","val":"Guest"}]}"""u8);

        Assert.All(KeylessHost.Keyed, f => Assert.Equal(level, LevelOf(host, f), ignoreCase: true));
        Assert.All(
            host.Functions.Keys.Except(KeylessHost.Keyed),
            f => Assert.Equal("Anonymous", LevelOf(host, f) ?? "Anonymous", ignoreCase: true));
        using HttpResponseMessage unknown = await host.SendAsync("ListAppliancesApi", HttpMethod.Get, "/api/appliances", []);
        Assert.Equal(nobody, (int)unknown.StatusCode);
        using HttpResponseMessage guest = await host.SendAsync(
            "ListAppliancesApi", HttpMethod.Get, "/api/appliances",
            [("X-MS-CLIENT-PRINCIPAL", principal), ("X-MS-CLIENT-PRINCIPAL-NAME", "mallory")]);
        Assert.Equal(stranger, (int)guest.StatusCode);
        using HttpResponseMessage hook = await host.SendAsync("RescanHook", HttpMethod.Post, "/api/hooks/rescan", []);
        Assert.Equal(HttpStatusCode.NotFound, hook.StatusCode);
    }

    /// <summary>What the host lets in without a key, the app itself must stop: each function, one by one.</summary>
    [Fact]
    public async Task Where_the_platform_signs_callers_in_no_function_answers_one_without_a_role_or_a_viewer_who_changes_something()
    {
        await using FunctionsHost host = await FunctionsHost.StartAsync(
            Worker, new Dictionary<string, string?>(Settings) { ["WEBSITE_AUTH_ENABLED"] = "True", ["WEBSITE_SITE_NAME"] = "func" });
        (string, string)[] viewer =
        [
            ("X-MS-CLIENT-PRINCIPAL", Convert.ToBase64String("""{"claims":[{"typ":"roles","val":"Rescan.Viewer"}]}"""u8)),
            ("X-MS-CLIENT-PRINCIPAL-NAME", "alice"),
        ];
        int changing = 0;
        foreach (string function in KeylessHost.Keyed.Where(f => f != "GetCallerApi"))
        {
            JsonElement trigger = TriggerOf(host, function)!.Value;
            HttpMethod method = new(trigger.GetProperty("methods")[0].GetString()!.ToUpperInvariant());
            string path = "/api/" + trigger.GetProperty("route").GetString()!.Replace("{id}", "x", StringComparison.Ordinal);
            using HttpResponseMessage nobody = await host.SendAsync(function, method, path, []);
            Assert.True(nobody.StatusCode == HttpStatusCode.Unauthorized, $"{function}: {nobody.StatusCode}");
            if (method != HttpMethod.Get)
            {
                changing++;
                using HttpResponseMessage looks = await host.SendAsync(function, method, path, viewer);
                Assert.True(looks.StatusCode == HttpStatusCode.Forbidden, $"{function}: {looks.StatusCode}");
            }
        }

        Assert.True(changing >= 5, $"{changing} functions change something.");
    }

    /// <summary>The level of a function's HTTP trigger; null where it has none.</summary>
    private static string? LevelOf(FunctionsHost host, string function) => TriggerOf(host, function)?.GetProperty("authLevel").GetString();

    private static JsonElement? TriggerOf(FunctionsHost host, string function) => host.Functions[function].Texts(10)
        .Select(b => JsonSerializer.Deserialize<JsonElement>(b)).Where(b => b.GetProperty("type").GetString() == "httpTrigger")
        .Select(b => (JsonElement?)b).SingleOrDefault();

    [Fact]
    public async Task The_worker_does_not_start_with_a_setting_that_nothing_reads()
    {
        InvalidOperationException e = await Assert.ThrowsAsync<InvalidOperationException>(
            () => FunctionsHost.StartAsync(Worker, new Dictionary<string, string?>(Settings) { ["Rescan__Deadlin"] = "01:00:00" }));

        Assert.Contains("Rescan__Deadlin: no setting has this name. Did you mean Rescan__Deadline?", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_worker_runs_a_turn_of_the_rescan_orchestration()
    {
        await using FunctionsHost host = await FunctionsHost.StartAsync(Worker, Settings);
        Timestamp now = Timestamp.FromDateTime(DateTime.UtcNow);
        RescanRequest input = new("one", new RepositoryRef("r1", "nightly"), TimeSpan.FromHours(1), new PollingOptions());
        OrchestratorRequest turn = new()
        {
            InstanceId = "rescan-one-r1",
            ExecutionId = "1",
            NewEvents =
            {
                new HistoryEvent { EventId = -1, Timestamp = now, OrchestratorStarted = new OrchestratorStartedEvent() },
                new HistoryEvent
                {
                    EventId = -1,
                    Timestamp = now,
                    ExecutionStarted = new ExecutionStartedEvent
                    {
                        Name = nameof(RescanOrchestration),
                        Input = JsonDataConverter.Default.Serialize(input),
                        OrchestrationInstance = new OrchestrationInstance { InstanceId = "rescan-one-r1", ExecutionId = "1" },
                    },
                },
            },
        };

        string answer = await host.InvokeAsync(
            nameof(RescanOrchestration), Guid.NewGuid().ToString(), ("context", turn.ToByteString().ToBase64()));

        OrchestratorResponse response = OrchestratorResponse.Parser.ParseFrom(Convert.FromBase64String(answer));
        OrchestratorAction action = Assert.Single(response.Actions);
        Assert.Equal((nameof(SignIn), """[{"Appliance":"one"}]"""), (action.ScheduleTask.Name, action.ScheduleTask.Input));
        Assert.Contains(nameof(RescanPhase.SigningIn), response.CustomStatus, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_worker_goes_on_with_the_trace_of_the_host_and_sends_it_itself()
    {
        await using OtlpReceiver receiver = await OtlpReceiver.StartAsync();
        await using FunctionsHost host = await FunctionsHost.StartAsync(Worker, new Dictionary<string, string?>(Settings)
        {
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = receiver.Url.AbsoluteUri,
            ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
            ["OTEL_BSP_SCHEDULE_DELAY"] = "100",
        });

        await host.InvokeAsync(nameof(SignIn), Guid.NewGuid().ToString(), ("input", """{"Appliance":"one"}"""));
        using CancellationTokenSource patience = new(TimeSpan.FromSeconds(60));
        while (receiver.Spans.All(s => s.Scope != "Rescan") || receiver.Spans.All(s => s.Parent != host.TraceParent.Split('-')[2]))
        {
            await Task.Delay(20, patience.Token);
        }

        string trace = host.TraceParent.Split('-')[1];
        OtlpSpan invocation = Assert.Single(receiver.Spans, s => s.Parent == host.TraceParent.Split('-')[2]);
        Assert.Equal(trace, invocation.Trace);
        Assert.All(receiver.Spans.Where(s => s.Scope == "Rescan"), s => Assert.Equal((trace, invocation.Id), (s.Trace, s.Parent)));
        Assert.Equal(("function SignIn", "True"), (invocation.Name, host.Capabilities["WorkerOpenTelemetryEnabled"]));
        Assert.DoesNotContain(receiver.Spans, s => s.Name == "activity:SignIn");
    }

    [Fact]
    public async Task The_worker_runs_an_activity_with_the_services_it_asks_for()
    {
        await using FunctionsHost host = await FunctionsHost.StartAsync(Worker, Settings);

        string answer = await host.InvokeAsync(nameof(SignIn), Guid.NewGuid().ToString(), ("input", """{"Appliance":"one"}"""));

        ActivityResult<SignInResult> result = JsonDataConverter.Default.Deserialize<ActivityResult<SignInResult>>(answer)!;
        Assert.Equal(ApplianceFailure.Transient, result.Error!.Failure);
        Assert.Contains("127.0.0.1:1", result.Error.Message, StringComparison.Ordinal);
    }
}
