using System.Text.Json;
using Rescan.Local.Simulator;

namespace Rescan.Tests.Integration.Api;

/// <summary>Who started and who canceled is kept with what came of it.</summary>
public sealed class WhoDidItTests
{
    private static readonly SimulatorOptions Slow = new() { SessionDuration = TimeSpan.FromHours(5) };

    [Fact]
    public async Task A_canceled_rescan_tells_who_started_and_who_canceled_it_while_it_stops_and_afterwards()
    {
        await using ApiHost api = await ApiHost.StartAsync([Slow]);
        (_, JsonElement accepted, _) = await api.SendAsync(
            HttpMethod.Post, "/api/rescans", new { appliance = "one", repository = "archive" });
        string self = accepted.GetProperty("links").GetProperty("self").GetString()!;
        JsonElement running = await api.UntilAsync(self, r => r.GetProperty("phase").GetString() == "Watching");
        Assert.Equal(("Api", null), Who(running, "startedBy"));
        Assert.Equal(JsonValueKind.Null, running.GetProperty("canceledBy").ValueKind);

        Assert.Equal(202, (await api.SendAsync(HttpMethod.Delete, self)).Status);

        JsonElement ended = await api.UntilAsync(self, r => r.GetProperty("outcome").ValueKind == JsonValueKind.Object);
        Assert.Equal("Canceled", ended.GetProperty("outcome").GetProperty("outcome").GetString());
        Assert.Equal(("Api", null), Who(ended, "canceledBy"));
        Assert.Equal(("Api", null), Who(ended.GetProperty("outcome"), "canceledBy"));
        Assert.Equal(("Api", null), Who(ended.GetProperty("outcome"), "startedBy"));
    }

    [Fact]
    public async Task A_canceled_run_tells_who_canceled_it_and_its_rescans_that_it_was_the_run()
    {
        await using ApiHost api = await ApiHost.StartAsync([Slow], new() { ["Rescan:Appliances:0:MaxConcurrentRescans"] = "1" });
        (_, JsonElement accepted, _) = await api.SendAsync(HttpMethod.Post, "/api/rescans", new { appliance = "one" });
        string id = accepted.GetProperty("id").GetString()!;
        JsonElement run = await api.UntilAsync("/api/runs/" + id, r => ItemIn(r, "Running") is not null);
        JsonElement item = ItemIn(run, "Running")!.Value;
        string rescan = $"/api/rescans/{item.GetProperty("id").GetString()}?requestId={item.GetProperty("requestId").GetString()}";

        Assert.Equal(202, (await api.SendAsync(HttpMethod.Delete, "/api/runs/" + id)).Status);

        run = await api.UntilAsync("/api/runs/" + id, r => r.GetProperty("status").GetString() == "Canceled");
        Assert.Equal(("Api", null), Who(run, "canceledBy"));
        JsonElement ended = await api.UntilAsync(rescan, r => r.GetProperty("outcome").ValueKind == JsonValueKind.Object);
        Assert.Equal(("Run", id), Who(ended, "startedBy"));
        Assert.Equal(("Run", id), Who(ended, "canceledBy"));
        JsonElement listed = (await api.GetAsync("/api/runs")).GetProperty("items")[0];
        Assert.Equal(("Api", null), Who(listed, "canceledBy"));
    }

    [Fact]
    public async Task A_pause_tells_who_paused()
    {
        await using ApiHost api = await ApiHost.StartAsync([Slow]);

        (_, JsonElement view, _) = await api.SendAsync(
            HttpMethod.Post, "/api/schedule/pause", new Dictionary<string, string> { ["for"] = "08:00:00" });

        Assert.Equal(("Api", null), Who(view.GetProperty("paused"), "by"));
        Assert.Equal(("Api", null), Who(view.GetProperty("schedules")[0].GetProperty("paused"), "by"));
    }

    private static (string? Kind, string? Name) Who(JsonElement of, string property)
    {
        JsonElement who = of.GetProperty(property);
        return (who.GetProperty("kind").GetString(), who.GetProperty("name").GetString());
    }

    private static JsonElement? ItemIn(JsonElement run, string state) => run.GetProperty("items").EnumerateArray()
        .Where(i => i.GetProperty("state").GetString() == state).Select(i => (JsonElement?)i).FirstOrDefault();
}
