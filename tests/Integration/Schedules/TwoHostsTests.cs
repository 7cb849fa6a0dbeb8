using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Rescan.Functions.Schedules;
using Rescan.Functions.Storage;
using Rescan.Local.Simulator;

namespace Rescan.Tests.Integration.Schedules;

/// <summary>Two hosts on one task hub of Azure Storage.</summary>
public sealed class TwoHostsTests
{
    [Fact]
    public async Task A_run_that_is_due_begins_once_though_both_find_it_due_at_once()
    {
        string hub = "Two" + Guid.NewGuid().ToString("N")[..12];
        string[] repositories = ["archive", "staging", "prod-eu-central"];
        Dictionary<string, string?> settings = new() { ["Rescan:Outcomes:Table"] = hub + "Outcomes" };
        foreach ((int i, string repository) in repositories.Index())
        {
            settings[$"Rescan:Schedules:{i}:Name"] = repository;
            settings[$"Rescan:Schedules:{i}:Cron"] = "0 0 1 1 *";
            settings[$"Rescan:Schedules:{i}:Include:0"] = repository;
        }

        string storage = await AzureTestHub.StorageAsync();
        SimulatorOptions quick = new() { SessionDuration = TimeSpan.FromMilliseconds(200) };
        await using ApiHost one = await ApiHost.StartAsync([quick], settings, storage: storage, hub: hub);
        await using ApiHost two = await ApiHost.StartAsync([], one.Settings, storage: storage, hub: hub);
        ScheduleStore store = one.Host.Services.GetRequiredService<ScheduleStore>();
        foreach (string repository in repositories)
        {
            await store.AdvanceAsync(new ScheduleMark(repository, "0 0 1 1 * UTC", DateTimeOffset.UtcNow.AddDays(-366)), default);
        }

        await Task.WhenAll(new[] { one, two }.Select(h => Task.Run(
            () => h.Host.Services.GetRequiredService<ScheduleTicker>().TickAsync(h.Host.Client, default))));
        JsonElement runs = await two.UntilAsync(
            "/api/runs", r => r.GetProperty("items").EnumerateArray()
            .Count(i => i.GetProperty("status").GetString() == "Completed") == repositories.Length);

        Assert.Equal(repositories.Length, runs.GetProperty("items").GetArrayLength());
        Assert.All(
            runs.GetProperty("items").EnumerateArray(),
            r => Assert.Contains("when the app was down.", r.GetProperty("reason").GetString(), StringComparison.Ordinal));
        Assert.Equal(repositories.Length, one.Appliances[0].Ledger.Count(e => e.Kind == "rescan"));
        Assert.All(
            (await two.GetAsync("/api/schedule")).GetProperty("schedules").EnumerateArray(),
            s => Assert.Equal("Completed", s.GetProperty("lastStarted").GetProperty("status").GetString()));
    }
}
