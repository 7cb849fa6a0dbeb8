using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using Rescan.Local.Simulator;
using YamlDotNet.RepresentationModel;

namespace Rescan.Tests.Integration.Telemetry;

/// <summary>What Prometheus gets of <c>rescan serve</c>, and whether the alert rules and the dashboard read what there is.</summary>
public sealed partial class MetricsPathTests : IAsyncLifetime
{
    private const string Key = "a-key-of-the-metrics-tests";
    private readonly string folder = Directory.CreateTempSubdirectory("rescan-metrics-").FullName;
    private SimulatedAppliance appliance = null!;

    public async Task InitializeAsync() => appliance = await SimulatedAppliance.StartAsync(
        new SimulatorOptions
        {
            SessionDuration = TimeSpan.FromMilliseconds(200),
            Repositories = [SimulatedRepository.Defaults[0] with { Name = "a \"quoted\" } name\\" }],
        },
        default);

    public async Task DisposeAsync()
    {
        await appliance.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task Whatever_the_alert_rules_and_the_dashboard_read_is_there_after_one_run()
    {
        await using ServeProcess serve = await ServeProcess.StartAsync(folder, appliance);
        using HttpResponseMessage run = await serve.Http.PostAsJsonAsync("/api/rescans", new { filter = new { } });
        run.EnsureSuccessStatusCode();
        string scraped = await UntilAsync(serve, s => s.Contains("rescan_runs_total{", StringComparison.Ordinal));
        string[] read = [.. Expressions().SelectMany(e => Name().Matches(e)).Select(m => m.Value).Distinct()];

        Assert.True(read.Length > 10);
        Assert.All(read, name => Assert.Matches($@"\b{name}\b", scraped));
        Assert.Contains("rescan_repository=\"a \\\"quoted\\\" } name\\\\\"", scraped, StringComparison.Ordinal);
        Assert.Contains("service_name=\"rescan\"", scraped, StringComparison.Ordinal);
        Assert.Contains("rescan_run_result=\"Succeeded\"", scraped, StringComparison.Ordinal);
        Assert.Matches("rescan_appliance_answers{[^}]*rescan_appliance=\"demo\"} 1", scraped);
        await serve.StopAsync();
    }

    [Fact]
    public async Task Where_a_key_is_set_a_scrape_shows_it()
    {
        await using ServeProcess serve = await ServeProcess.StartAsync(folder, appliance, [("Rescan__Key", Key)]);

        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(serve, null));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(serve, new("Bearer", Key + "!")));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(serve, new("Basic", Key)));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(serve, new("Bearer", Key)));
        await serve.StopAsync();
    }

    private static async Task<HttpStatusCode> StatusAsync(ServeProcess serve, AuthenticationHeaderValue? shown)
    {
        using HttpRequestMessage request = new(HttpMethod.Get, "/metrics") { Headers = { Authorization = shown } };
        using HttpResponseMessage answer = await serve.Http.SendAsync(request);
        return answer.StatusCode;
    }

    private static async Task<string> UntilAsync(ServeProcess serve, Func<string, bool> isSo)
    {
        using CancellationTokenSource patience = new(TimeSpan.FromSeconds(60));
        while (true)
        {
            string scraped = await serve.Http.GetStringAsync("/metrics", patience.Token);
            if (isSo(scraped))
            {
                return scraped;
            }

            await Task.Delay(200, patience.Token);
        }
    }

    /// <summary>Every expression of the rules and of the dashboard.</summary>
    private static IEnumerable<string> Expressions()
    {
        YamlStream rules = [];
        rules.Load(new StringReader(SourceTree.Read("deploy/prometheus/rescan.rules.yml")));
        foreach (YamlNode node in rules.Documents[0].AllNodes)
        {
            if (node is YamlMappingNode rule && rule.Children.TryGetValue("alert", out _))
            {
                yield return rule["expr"].ToString();
            }
        }

        using JsonDocument dashboard = JsonDocument.Parse(SourceTree.Read("deploy/grafana/rescan.json"));
        foreach (JsonElement panel in dashboard.RootElement.GetProperty("panels").EnumerateArray())
        {
            foreach (JsonElement target in panel.GetProperty("targets").EnumerateArray())
            {
                yield return target.GetProperty("expr").GetString()!;
            }
        }
    }

    [GeneratedRegex(@"\brescan_\w+")]
    private static partial Regex Name();
}
