using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Extensions.Time.Testing;
using Rescan.Local.Simulator;
using Rescan.Local.Simulator.Faults;
using Rescan.Tests.Integration.Durability;

namespace Rescan.Tests.Integration.Api;

/// <summary>A run whose appliances do not do as they should: what it says of them, and when.</summary>
public sealed class RunTroubleTests
{
    private static readonly SimulatorOptions Quick = new() { SessionDuration = TimeSpan.FromMilliseconds(300) };
    private static readonly SimulatorOptions Slow = new() { SessionDuration = TimeSpan.FromHours(5) };

    [Fact]
    public async Task An_appliance_that_does_not_answer_shows_at_once_and_one_that_refuses_is_an_error_while_the_run_goes_on()
    {
        await using ApiHost api = await ApiHost.StartAsync([Slow, Quick, Quick with { Faults = ["wrong-password"] }]);
        await api.Appliances[1].DisposeAsync();

        string self = await StartAsync(api, new { filter = new { } });
        JsonElement run = await api.UntilAsync(
            self, r => r.GetProperty("troubles").GetArrayLength() == 1 && r.GetProperty("errors").GetArrayLength() == 1);

        Assert.Equal("Running", run.GetProperty("status").GetString());
        JsonElement trouble = run.GetProperty("troubles")[0];
        Assert.Equal("two", trouble.GetProperty("appliance").GetString());
        Assert.Contains("no answer from", trouble.GetProperty("trouble").GetString(), StringComparison.Ordinal);
        Assert.Equal(
            TimeSpan.FromHours(1), trouble.GetProperty("givesUpAt").GetDateTimeOffset() - trouble.GetProperty("since").GetDateTimeOffset());
        Assert.StartsWith("three: ", run.GetProperty("errors")[0].GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_appliance_that_lists_nothing_is_a_warning_though_others_list_theirs()
    {
        await using ApiHost api = await ApiHost.StartAsync([Quick, Quick with { Repositories = [] }]);

        JsonElement run = await api.UntilAsync(
            await StartAsync(api, new { filter = new { } }), r => r.GetProperty("status").GetString() == "Completed");

        Assert.Equal(
            "two: the appliance answers but lists no repository. Its account may not see them.",
            Assert.Single(run.GetProperty("warnings").EnumerateArray()).GetString());
        Assert.Equal("Api", run.GetProperty("startedBy").GetProperty("kind").GetString());
    }

    [Fact]
    public async Task A_silent_appliance_is_told_after_ten_minutes_and_again_when_it_answers()
    {
        FakeTimeProvider time = new(new DateTimeOffset(2026, 3, 1, 1, 30, 0, TimeSpan.Zero));
        await using Receiver receiver = await Receiver.StartAsync();
        await using ApiHost api = await ApiHost.StartAsync([Quick with { Time = time }], ChannelAt(receiver), time: time);
        using (HttpClientHandler any = new() { ServerCertificateCustomValidationCallback = (_, _, _, _) => true })
        using (HttpClient http = new(any) { BaseAddress = api.Appliances[0].BaseAddress })
        {
            (await http.PostAsJsonAsync(
                "/_admin/faults", new Fault("throttled-bare", Request: "repositories", After: 0, Times: 14))).EnsureSuccessStatusCode();
        }

        string self = await StartAsync(api, new { filter = new { } });
        DateTimeOffset toldBy = default;
        string? statusThen = null;
        using CancellationTokenSource patience = new(TimeSpan.FromMinutes(2));
        while (receiver.All.Count < 2)
        {
            if (receiver.All.Count == 1)
            {
                statusThen ??= (await api.SendAsync(HttpMethod.Get, self)).Body.GetProperty("status").GetString();
            }

            if (api.Host.IsIdle)
            {
                toldBy = receiver.All.IsEmpty ? time.GetUtcNow() : toldBy;
                time.Advance(TimeSpan.FromSeconds(20));
            }

            await Task.Delay(5, patience.Token);
        }

        Received[] told = [.. receiver.All];
        Assert.Equal(["appliance.unreachable", "appliance.reachable"], told.Select(t => t.Json.GetProperty("type").GetString()));
        Assert.Equal("Running", statusThen);
        Assert.InRange(toldBy - time.Start, TimeSpan.FromMinutes(9.5), TimeSpan.FromMinutes(11));
        JsonElement data = told[0].Json.GetProperty("data");
        Assert.Equal(
            ("one", self["/api/runs/".Length..]), (data.GetProperty("appliance").GetString(), data.GetProperty("runId").GetString()));
    }

    [Fact]
    public async Task A_run_that_rescanned_nothing_is_told_as_one()
    {
        await using Receiver receiver = await Receiver.StartAsync();
        await using ApiHost api = await ApiHost.StartAsync([Quick], ChannelAt(receiver));

        await StartAsync(api, new { filter = new { include = (string[])["no-such-*"] } });
        Received told = Assert.Single(await receiver.WaitAsync("/runs", 1));

        JsonElement data = told.Json.GetProperty("data");
        Assert.Equal("Run rescanned nothing: no repository to rescan", data.GetProperty("summary").GetString());
        Assert.True(data.GetProperty("rescannedNothing").GetBoolean());
        Assert.Contains(
            "fits the filter", Assert.Single(data.GetProperty("warnings").EnumerateArray()).GetString(), StringComparison.Ordinal);
    }

    private static Dictionary<string, string?> ChannelAt(Receiver receiver) => new()
    {
        ["Rescan:Notifications:Channels:0:Kind"] = "webhook",
        ["Rescan:Notifications:Channels:0:Url"] = new Uri(receiver.Url, "/runs").AbsoluteUri,
        ["Rescan:Notifications:Channels:0:Secret"] = NotifyingApp.Secret,
        ["Rescan:Polling:MaxInterval"] = "00:10:00",
    };

    private static async Task<string> StartAsync(ApiHost api, object body)
    {
        (int status, JsonElement accepted, _) = await api.SendAsync(HttpMethod.Post, "/api/rescans", body);
        Assert.True(status == 202, accepted.ToString());
        return accepted.GetProperty("links").GetProperty("self").GetString()!;
    }
}
