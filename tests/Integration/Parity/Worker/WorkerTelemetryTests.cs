using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Microsoft.DurableTask.Protobuf;
using Rescan.Functions.Rescans;
using Rescan.Local.Simulator;
using Rescan.Tests.Integration.Runtime.Hosting;

namespace Rescan.Tests.Integration.Parity.Worker;

/// <summary>What leaves the app as it deploys, by traces, logs and metrics; and what the host is told of it.</summary>
public sealed class WorkerTelemetryTests : IAsyncLifetime
{
    private const string Key = "k3y-of-a-caller-that-must-not-leave";
    private const string Password = "demo-password";

    private OtlpReceiver receiver = null!;
    private SimulatedAppliance appliance = null!;

    public async Task InitializeAsync()
    {
        receiver = await OtlpReceiver.StartAsync();
        appliance = await SimulatedAppliance.StartAsync(new SimulatorOptions(), default);
    }

    public async Task DisposeAsync()
    {
        await appliance.DisposeAsync();
        await receiver.DisposeAsync();
    }

    [Fact]
    public async Task A_host_without_spans_of_its_own_has_one_trace_from_the_request_to_the_appliance()
    {
        await using FunctionsHost host = await StartAsync(hasSpans: false);

        await PostAsync(host, "");
        string request = host.TraceParent.Split('-')[2];
        string trace = host.TraceParent.Split('-')[1];
        CreateInstanceRequest started = Assert.Single(host.Started);
        OrchestratorAction scheduled = Assert.Single((await RunTurnAsync(host, started)).Actions);
        Assert.Equal(nameof(SignIn), scheduled.ScheduleTask.Name);

        // The token is there by now, so signing in would ask nothing of the appliance.
        string carried = JsonNode.Parse(scheduled.ScheduleTask.Input)![0]!["traceParent"]!.GetValue<string>();
        await host.RunActivityAsync(
            nameof(PollSession), "input", $$"""[{"Appliance":"one","SessionId":"{{Guid.NewGuid()}}","traceParent":"{{carried}}"}]""");
        await WaitAsync(() => receiver.Spans.Any(s => s.Name == "activity:PollSession"));

        Assert.All(receiver.Spans, s => Assert.Equal(trace, s.Trace));
        Dictionary<string, OtlpSpan> byId = receiver.Spans.ToDictionary(s => s.Id);
        Assert.All(receiver.Spans,
            s => Assert.True(s.Parent == request || byId.ContainsKey(s.Parent), $"{s.Name} has no parent in the trace"));
        OtlpSpan asked = Assert.Single(receiver.Spans, s => s.Parent == request);
        Assert.Equal("function StartRescanApi", asked.Name);
        OtlpSpan activity = Assert.Single(receiver.Spans, s => s.Name == "activity:PollSession");
        Assert.Equal((asked.Id, "instance"), (activity.Parent, activity.Attributes["durabletask.task.instance_id"]));
        Assert.Contains(receiver.Spans, s => s.Parent == activity.Id && s.Name == "GET /api/v1/sessions/{id}");
        Assert.DoesNotContain(receiver.Spans, s => s.Name.Contains(started.InstanceId, StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task No_key_password_or_token_leaves_by_any_signal()
    {
        await using FunctionsHost host = await StartAsync(hasSpans: true, ("AzureFunctionsJobHost__logging__logLevel__default", "Debug"));

        await PostAsync(host, "?code=" + Key);
        await host.RunActivityAsync(nameof(SignIn), "input", """[{"Appliance":"one"}]""");
        using HttpResponseMessage refused = await host.SendAsync(
            "StartRescanApi", HttpMethod.Post, "/api/rescans?code=" + Key, new StringContent("{", Encoding.UTF8, "application/json"));
        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);

        // All three signals have come, and the last of what was done is among them.
        await WaitAsync(
            () => receiver.Logs.Any(l => l.Body.Contains("refused with 400", StringComparison.Ordinal))
            && receiver.Points.Any(p => p.Name == "rescan.appliance.requests")
            && receiver.Spans.Count(s => s.Name == "function StartRescanApi") == 2);
        string[] secrets = [Key, Password, .. appliance.TokensGranted];
        Assert.True(secrets.Length > 2);
        byte[][] left = [.. receiver.Bodies.ToArray(), .. host.Received.ToArray()];
        Assert.All(secrets, s => Assert.DoesNotContain(left, b => b.AsSpan().IndexOf(Encoding.UTF8.GetBytes(s)) >= 0));
    }

    [Fact]
    public async Task Levels_are_those_of_host_json()
    {
        await using FunctionsHost host = await StartAsync(hasSpans: true);

        await PostAsync(host, "");
        using HttpResponseMessage refused = await host.SendAsync(
            "StartRescanApi", HttpMethod.Post, "/api/rescans", new StringContent("{", Encoding.UTF8, "application/json"));
        await WaitAsync(() => receiver.Logs.Any(l => l.Body.Contains("refused with 400", StringComparison.Ordinal)));

        Assert.DoesNotContain(
            receiver.Logs,
            l => l.Body.StartsWith("Request ", StringComparison.Ordinal) || l.Body.StartsWith("Execut", StringComparison.Ordinal));
        Assert.DoesNotContain(host.Logs, l => l.Text.StartsWith("Request ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_caller_who_hangs_up_is_no_error()
    {
        using TcpListener silent = new(IPAddress.Loopback, 0);
        silent.Start();
        await using FunctionsHost host = await StartAsync(
            hasSpans: true, ("Rescan__Appliances__0__BaseUrl", "https://" + silent.LocalEndpoint));
        using CancellationTokenSource hangUp = new();

        Task asked = host.SendAsync("StartRescanApi", HttpMethod.Post, "/api/rescans", Body("archive"), hangUp.Token);
        using TcpClient waiting = await silent.AcceptTcpClientAsync();
        await hangUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asked);

        using HttpResponseMessage alive = await host.GetAsync("Liveness", "/api/health/live");
        Assert.Equal(HttpStatusCode.OK, alive.StatusCode);
        Assert.DoesNotContain(host.Logs, l => l.Level >= 4);
    }

    [Theory]
    [InlineData((256 * 1024) + 1)]
    [InlineData(40 * 1024 * 1024)]
    public async Task A_body_that_the_host_lets_through_but_is_too_large_is_refused_in_our_words(int length)
    {
        await using FunctionsHost host = await StartAsync(hasSpans: true);

        using ByteArrayContent body = new(new byte[length]);
        body.Headers.ContentType = new("application/json");
        using HttpResponseMessage refused = await host.SendAsync("StartRescanApi", HttpMethod.Post, "/api/rescans", body);

        Assert.Equal(
            (HttpStatusCode.RequestEntityTooLarge, "application/problem+json"),
            (refused.StatusCode, refused.Content.Headers.ContentType?.MediaType));
        Assert.Contains("256 KiB", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.DoesNotContain(host.Logs, l => l.Level >= 4);
    }

    private static JsonContent Body(string repository) => JsonContent.Create(new { appliance = "one", repository });

    private static async Task PostAsync(FunctionsHost host, string query)
    {
        using JsonContent body = Body("archive");
        await body.LoadIntoBufferAsync();
        using HttpResponseMessage accepted = await host.SendAsync("StartRescanApi", HttpMethod.Post, "/api/rescans" + query, body);
        Assert.True(accepted.StatusCode == HttpStatusCode.Accepted,
            await accepted.Content.ReadAsStringAsync() + string.Join(Environment.NewLine, host.Logs));
    }

    /// <summary>
    /// The first turn of an instance, as the host hands it to the worker; without spans of its own it keeps no trace of who started it.
    /// </summary>
    private static async Task<OrchestratorResponse> RunTurnAsync(FunctionsHost host, CreateInstanceRequest started)
    {
        Timestamp now = Timestamp.FromDateTime(DateTime.UtcNow);
        ExecutionStartedEvent start = new()
        {
            Name = started.Name,
            Input = started.Input,
            OrchestrationInstance = new OrchestrationInstance { InstanceId = started.InstanceId, ExecutionId = "1" },
        };
        start.Tags.Add(started.Tags);
        OrchestratorRequest turn = new()
        {
            InstanceId = started.InstanceId,
            ExecutionId = "1",
            NewEvents =
            {
                new HistoryEvent { EventId = -1, Timestamp = now, OrchestratorStarted = new OrchestratorStartedEvent() },
                new HistoryEvent { EventId = -1, Timestamp = now, ExecutionStarted = start },
            },
        };
        string answer = await host.InvokeAsync(started.Name, Guid.NewGuid().ToString(), ("context", turn.ToByteString().ToBase64()));
        return OrchestratorResponse.Parser.ParseFrom(Convert.FromBase64String(answer));
    }

    private static async Task WaitAsync(Func<bool> isSo)
    {
        using CancellationTokenSource patience = new(TimeSpan.FromSeconds(60));
        while (!isSo())
        {
            await Task.Delay(20, patience.Token);
        }
    }

    private Task<FunctionsHost> StartAsync(bool hasSpans, params (string Name, string Value)[] more)
    {
        Dictionary<string, string?> settings = new()
        {
            ["AzureWebJobsStorage"] = "UseDevelopmentStorage=true",
            ["Rescan__Appliances__0__Name"] = "one",
            ["Rescan__Appliances__0__BaseUrl"] = appliance.BaseAddress.AbsoluteUri,
            ["Rescan__Appliances__0__Username"] = "rescan",
            ["Rescan__Appliances__0__Password"] = Password,
            ["Rescan__Appliances__0__Thumbprints__0"] = appliance.Thumbprint,
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = receiver.Url.AbsoluteUri,
            ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
            ["OTEL_BSP_SCHEDULE_DELAY"] = "100",
            ["OTEL_BLRP_SCHEDULE_DELAY"] = "100",
            ["OTEL_METRIC_EXPORT_INTERVAL"] = "200",
        };
        foreach ((string name, string value) in more)
        {
            settings[name] = value;
        }

        return FunctionsHost.StartAsync(WorkerTests.Worker, settings, hasSpans);
    }
}
