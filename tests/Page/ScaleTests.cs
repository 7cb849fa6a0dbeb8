using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using Rescan.Functions.Appliances;
using Rescan.Functions.Rescans;
using Rescan.Functions.Storage;
using Rescan.Local.Simulator;
using Rescan.Tests.Integration.Durability;
using Rescan.Tests.Integration.Runtime.Hosting;
using static Microsoft.Playwright.Assertions;

namespace Rescan.Tests.Page;

[Collection("browser")]
public sealed class ScaleTests(Browser browser)
{
    private const int Repositories = 1000;
    private const int Past = 3;

    [Fact]
    public async Task A_thousand_repositories_take_less_than_a_second_of_the_main_thread()
    {
        SimulatedRepository[] repositories = [.. Enumerable.Range(0, Repositories).Select(i => new SimulatedRepository(
            string.Create(CultureInfo.InvariantCulture, $"6f1c1f0a-4d1e-4b55-9d0a-{i:d12}"),
            string.Create(CultureInfo.InvariantCulture, $"backup-{i:d4}"), "bucket", $"folder-{i}"))];
        await using ApiHost api = await ApiHost.StartAsync([new SimulatorOptions { Repositories = repositories }]);
        await RecordAsync(api.Host.Services.GetRequiredService<OutcomeStore>(), repositories);
        await using Tab tab = await browser.OpenAsync(new Uri("about:blank"));
        ICDPSession devtools = await tab.Page.Context.NewCDPSessionAsync(tab.Page);

        // Of processor time, so that what else the machine does has no say in it.
        await devtools.SendAsync("Performance.enable", new Dictionary<string, object> { ["timeDomain"] = "threadTicks" });
        await tab.Page.GotoAsync(new Uri(api.Host.BaseAddress, "api/").AbsoluteUri);
        await Expect(tab.Page.Locator("tbody tr"))
            .ToHaveCountAsync(Repositories, new LocatorAssertionsToHaveCountOptions { Timeout = 120_000 });
        await tab.Page.EvaluateAsync("() => new Promise(resolve => requestAnimationFrame(() => setTimeout(resolve)))");
        Dictionary<string, double> used = await ReadAsync(devtools);
        await tab.PictureAsync("overview-1000-light");
        await tab.Page.GetByRole(AriaRole.Searchbox).FillAsync("backup-0999");
        await Expect(tab.Page.Locator("tbody tr")).ToHaveCountAsync(1);

        Assert.True(used["TaskDuration"] is > 0.01 and < 1, string.Join(", ", used.Select(u => $"{u.Key} {u.Value}")));
    }

    private static async Task<Dictionary<string, double>> ReadAsync(ICDPSession devtools)
    {
        JsonElement metrics = (await devtools.SendAsync("Performance.getMetrics"))!.Value;
        return metrics.GetProperty("metrics").EnumerateArray()
            .ToDictionary(m => m.GetProperty("name").GetString()!, m => m.GetProperty("value").GetDouble());
    }

    private static async Task RecordAsync(OutcomeStore store, SimulatedRepository[] repositories)
    {
        for (int night = Past; night > 0; night--)
        {
            DateTimeOffset midnight = DateTimeOffset.UtcNow.AddDays(1 - night);
            await Parallel.ForAsync(0, repositories.Length, async (i, cancellationToken) => await store.TryRecordAsync(
                string.Create(CultureInfo.InvariantCulture, $"past-{night}-{i}"),
                new RescanOutcome
                {
                    Id = RescanRequest.InstanceIdOf("one", repositories[i].Id),
                    Appliance = "one",
                    Repository = new RepositoryRef(repositories[i].Id, repositories[i].Name),
                    Outcome = (i * night % 97) switch { 1 => Outcome.Failed, 2 => Outcome.Warning, _ => Outcome.Succeeded },
                    StartedAt = midnight.AddMinutes(-60 - (i % 120)),
                    FinishedAt = midnight.AddMinutes(-50 - (i % 120)),
                    DurationSeconds = 300 + (i * 31 * night % 400),
                },
                cancellationToken));
        }
    }
}
