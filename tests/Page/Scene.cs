using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Rescan.Functions.Storage;
using Rescan.Local.Cli;
using Rescan.Local.Simulator;
using Rescan.Tests.Integration.Durability;
using Rescan.Tests.Integration.Runtime.Hosting;

namespace Rescan.Tests.Page;

/// <summary>Two appliances with a past, two rescans that run and a run that has ended.</summary>
public sealed class Scene : IAsyncLifetime
{
    private ApiHost api = null!;

    public Uri Page => new(api.Host.BaseAddress, "api/");

    public async Task InitializeAsync()
    {
        SimulatorOptions[] appliances =
        [
            new() { SessionDuration = TimeSpan.FromMinutes(4) },
            new()
            {
                SessionDuration = TimeSpan.FromSeconds(1),
                Outcome = "warning",
                Repositories =
                [
                    new("6f1c1f0a-4d1e-4b55-9d0a-0c8f4a5d1e21", "prod-ap-southeast", "acme-backup-ap", "prod"),
                    new("6f1c1f0a-4d1e-4b55-9d0a-0c8f4a5d1e22", "payroll-2026", "acme-payroll", "veeam"),
                    new("6f1c1f0a-4d1e-4b55-9d0a-0c8f4a5d1e23", "warehouse", "acme-warehouse", "backups"),
                ],
            },
        ];
        Dictionary<string, string?> settings =
            new() { ["Rescan:Appliances:0:Name"] = "frankfurt", ["Rescan:Appliances:1:Name"] = "sydney" };
        if (Tab.TakesPictures)
        {
            settings["Rescan:Polling:MinInterval"] = "00:00:02";
            settings["Rescan:Polling:MaxInterval"] = "00:00:15";
        }

        api = await ApiHost.StartAsync(appliances, settings);
        OutcomeStore outcomes = api.Host.Services.GetRequiredService<OutcomeStore>();
        await DemoHistory.WriteAsync(
            outcomes, "frankfurt", appliances[0].Repositories, TimeSpan.FromMinutes(4), DateTimeOffset.UtcNow, default);
        await DemoHistory.WriteAsync(
            outcomes, "sydney", appliances[1].Repositories, TimeSpan.FromMinutes(11), DateTimeOffset.UtcNow, default);
        JsonElement run = await StartAsync(new { appliance = "sydney", filter = new { exclude = new[] { "warehouse" } } });
        await StartAsync(new { appliance = "frankfurt", repository = "prod-eu-central" });
        await api.UntilAsync("/api/runs/" + run.GetProperty("id").GetString(), b => b.GetProperty("status").GetString() == "Completed");

        // Pictures show more when the session has come some way.
        string message = Tab.TakesPictures ? "Found 4" : "Starting rescan";
        TimeSpan patience = Tab.TakesPictures ? TimeSpan.FromMinutes(4) : ApiHost.Patience;
        using CancellationTokenSource limit = new(patience);
        while (!(await api.GetAsync("/api/rescans?state=running")).GetProperty("items")[0].GetProperty("lastMessage").ToString()
            .StartsWith(message, StringComparison.Ordinal))
        {
            await Task.Delay(200, limit.Token);
        }

        await StartAsync(new { appliance = "frankfurt", repository = "prod-us-east" });
        await api.UntilAsync(
            "/api/rescans?state=running",
            b => b.GetProperty("items").EnumerateArray().Count(r => r.GetProperty("polls").GetInt32() > 0) == 2);
    }

    public async Task DisposeAsync() => await api.DisposeAsync();

    private async Task<JsonElement> StartAsync(object wish)
    {
        (int status, JsonElement accepted, _) = await api.SendAsync(HttpMethod.Post, "/api/rescans", wish);
        Assert.Equal(202, status);
        return accepted;
    }
}
