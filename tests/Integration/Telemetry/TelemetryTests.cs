using System.Text.RegularExpressions;
using Rescan.Local.Simulator;
using Rescan.Tests.Integration.Runtime.Hosting;

namespace Rescan.Tests.Integration.Telemetry;

/// <summary>A rescan by HTTP against a simulated appliance, and what a real OTLP receiver gets of it.</summary>
public sealed class TelemetryTests : IAsyncLifetime
{
    private readonly string folder = Directory.CreateTempSubdirectory("rescan-telemetry-").FullName;
    private SimulatedAppliance appliance = null!;
    private OtlpReceiver receiver = null!;

    public async Task InitializeAsync()
    {
        appliance = await SimulatedAppliance.StartAsync(new SimulatorOptions { SessionDuration = TimeSpan.FromSeconds(5) }, default);
        receiver = await OtlpReceiver.StartAsync();
    }

    public async Task DisposeAsync()
    {
        await appliance.DisposeAsync();
        await receiver.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    // The engine adds the version.
    private const string Orchestration = "orchestration:RescanOrchestration@(1.0)";

    [Fact]
    public async Task One_trace_leads_from_the_HTTP_request_to_the_appliance_through_a_restart()
    {
        string id;
        await using (ServeProcess first = await StartAsync())
        {
            id = await first.RescanAsync("archive");
            await first.UntilAsync(id, r => r.GetProperty("polls").GetInt32() > 0);
            await first.StopAsync();
        }

        // The orchestration is replayed here, and must tell nothing twice.
        await using (ServeProcess second = await StartAsync())
        {
            await second.OutcomeAsync(id);
            await WaitAsync(() => receiver.Spans.Any(s => s.Name == Orchestration));
            await second.StopAsync();
        }

        OtlpSpan root = Assert.Single(receiver.Spans, s => s.Name == "POST /api/rescans");
        OtlpSpan[] tree = [.. receiver.Spans.Where(s => s.Trace == root.Trace)];
        Dictionary<string, OtlpSpan> byId = tree.ToDictionary(s => s.Id);
        Assert.All(tree.Where(s => s != root), s => Assert.True(byId.ContainsKey(s.Parent), $"{s.Name} has no parent in the trace"));
        Assert.Empty(root.Parent);
        OtlpSpan created = Assert.Single(tree, s => s.Name == "create_orchestration:RescanOrchestration");
        OtlpSpan orchestration = Assert.Single(tree, s => s.Name == Orchestration);
        Assert.Equal(created.Id, orchestration.Parent);
        foreach (string once in (string[])["activity:SignIn@(1.0)", "activity:StartRescan@(1.0)", "activity:RecordOutcome@(1.0)"])
        {
            // The engine's own: one for the call, and within it one for the run.
            OtlpSpan call = Assert.Single(tree, s => s.Name == once && s.Parent == orchestration.Id);
            Assert.Equal(call.Id, Assert.Single(tree, s => s.Name == once && s.Parent != orchestration.Id).Parent);
        }

        OtlpSpan post = Assert.Single(tree, s => s.Name == "POST /api/v1/repositories/{id}/rescan");
        Assert.Equal("activity:StartRescan@(1.0)", byId[post.Parent].Name);
        Assert.Equal(
            ("POST", "202", "127.0.0.1", "rescan"),
            (post.Attributes["http.request.method"], post.Attributes["http.response.status_code"], post.Attributes["server.address"],
                post.Attributes["rescan.appliance.call"]));
        Assert.All(tree.Where(s => s.Name == "GET /api/v1/sessions/{id}"),
            s => Assert.Equal("activity:PollSession@(1.0)", byId[s.Parent].Name));
        OtlpSpan recorded = Assert.Single(tree, s => s.Name == "activity:RecordOutcome@(1.0)" && s.Parent != orchestration.Id);
        Assert.Equal(id, recorded.Attributes["rescan.instance.id"]);

        // Every request that the rescan sent is in its trace, save those of the HTTP request's own repository list, which is in it too.
        string[] seen = [
            .. appliance.Ledger.Select(e => e.Method + " " + Regex.Replace(e.Path, "(?<=/(repositories|sessions)/)[^/]+", "{id}")).Order()];
        Assert.Equal(seen, receiver.Spans.Where(s => s.Scope == "Rescan").Select(s => s.Name).Order());

        OtlpLog ended = Assert.Single(receiver.Logs, l => l.Body.StartsWith("Rescan ended: outcome=Succeeded", StringComparison.Ordinal));
        Assert.Equal(
            (root.Trace, id, recorded.Attributes["rescan.session.id"]),
            (ended.Trace, ended.Attributes["rescan.instance.id"], ended.Attributes["rescan.session.id"]));
        Assert.Equal("rescan", receiver.Resource["service.name"]);
        Assert.All(receiver.Spans.SelectMany(s => s.Attributes.Values),
            v => Assert.DoesNotContain("demo-password", v, StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_metrics_tell_outcomes_durations_delays_polls_requests_and_ages()
    {
        await using (ServeProcess serve = await StartAsync())
        {
            string id = await serve.RescanAsync("staging");
            await serve.SessionAsync(id);
            await WaitAsync(() => receiver.Points.Any(p => p.Name == "rescan.running"));
            await serve.OutcomeAsync(id);
            await serve.StopAsync();
        }

        OtlpPoint Last(string name) => receiver.Points.Last(p => p.Name == name);
        Assert.Equal(
            (1, "{rescan}", "Succeeded", "demo"),
            (Last("rescan.rescans").Value, Last("rescan.rescans").Unit, Last("rescan.rescans").Attributes["rescan.outcome"],
                Last("rescan.rescans").Attributes["rescan.appliance"]));
        Assert.Equal("s", Last("rescan.duration").Unit);
        Assert.InRange(Last("rescan.duration").Value, 1.5, 60);
        Assert.True(Last("rescan.detection.delay").Value >= 0);
        Assert.Equal(appliance.Ledger.Count(e => e.Kind == "session"), Last("rescan.polls").Value);
        Assert.Equal(1, receiver.Points.First(p => p.Name == "rescan.running").Value);
        Assert.Equal(
            1, receiver.Points.Last(
                p => p.Name == "rescan.appliance.requests" && p.Attributes["rescan.appliance.call"] == "rescan"
                && p.Attributes["http.response.status_code"] == "202").Value);
        Assert.Equal("staging", Last("rescan.last_success.age").Attributes["rescan.repository"]);
    }

    [Fact]
    public void Every_name_stands_in_the_documentation()
    {
        string docs = SourceTree.Read("docs/telemetry.md");
        string[] names = [.. typeof(Rescan.Functions.Telemetry.TelemetryNames).GetFields().Select(f => (string)f.GetRawConstantValue()!)];

        Assert.All(names, n => Assert.Contains($"`{n}`", docs, StringComparison.Ordinal));
        foreach (Match documented in Regex.Matches(docs, @"^\| `(rescan\.[a-z_.]+)`", RegexOptions.Multiline))
        {
            Assert.Contains(documented.Groups[1].Value, names);
        }
    }

    private static async Task WaitAsync(Func<bool> isSo)
    {
        using CancellationTokenSource patience = new(TimeSpan.FromSeconds(60));
        while (!isSo())
        {
            await Task.Delay(20, patience.Token);
        }
    }

    // A process of its own: sources and meters are the process's, and other tests run hosts in this one.
    private Task<ServeProcess> StartAsync() => ServeProcess.StartAsync(
        folder, appliance, [("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.Url.AbsoluteUri), ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
        ("OTEL_BSP_SCHEDULE_DELAY", "100"), ("OTEL_BLRP_SCHEDULE_DELAY", "100"), ("OTEL_METRIC_EXPORT_INTERVAL", "200")]);
}
