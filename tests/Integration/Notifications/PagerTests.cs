using System.Text;
using System.Text.Json;
using Rescan.Functions.Notifications;
using Rescan.Functions.Storage;
using Rescan.Tests.Integration.Rescans;
using Rescan.Tests.Integration.Runtime.Hosting;

namespace Rescan.Tests.Integration.Notifications;

/// <summary>PagerDuty and ntfy, against receivers that hold what comes against the public contracts.</summary>
public sealed class PagerTests : IAsyncLifetime
{
    private const string RoutingKey = "0123456789abcdef0123456789abcdef";
    private const string Token = "tk_AgQdq7mVBoFD37zQVN29RhuMzNIz2";
    private const string Nasty = "\"<b>*x*</b>\"\r\nX-Evil: 1\u202E 🚨 Zürich ";

    private readonly PagerDutyContract pagerDuty = new(RoutingKey);
    private Receiver receiver = null!;

    public async Task InitializeAsync()
    {
        receiver = await Receiver.StartAsync();
        receiver.Contracts["/v2/enqueue"] = pagerDuty.Judge;
        receiver.Contracts["/"] = new NtfyContract("backups_x1", Token).Judge;
    }

    public async Task DisposeAsync() => await receiver.DisposeAsync();

    [Fact]
    public async Task Each_problem_is_an_alert_of_its_own_that_the_next_success_resolves()
    {
        await using NotifierHarness app = await NotifierHarness.StartAsync(PagerDuty());

        await app.RunAsync(
            1, new Dictionary<string,
            Outcome>
            { ["a"] = Outcome.Failed, ["b"] = Outcome.Rejected, ["c"] = Outcome.Succeeded, ["d"] = Outcome.TimedOut },
            "appliance-2: no answer");
        Assert.Equal(
            ["rescan/appliance-1/a-id error", "rescan/appliance-1/b-id critical", "rescan/appliance-1/d-id warning",
                "rescan/appliance-2 critical"],
            pagerDuty.Open.Select(o => $"{o.Key} {o.Value}").Order(StringComparer.Ordinal));

        await app.RestartAsync();
        await app.RunAsync(
            2, new Dictionary<string, Outcome> { ["a"] = Outcome.Failed, ["b"] = Outcome.Succeeded, ["d"] = Outcome.Warning });
        await app.RescanAsync("a", Outcome.Succeeded, 3);

        Assert.Equal(["rescan/appliance-2"], pagerDuty.Open.Keys);
        Assert.Equal(4, pagerDuty.Opened.Count);
        Assert.Equal(7, receiver.At("/v2/enqueue").Count);
        JsonElement first = receiver.At("/v2/enqueue")[1].Json;
        Assert.Equal("Rescan failed: a on appliance-1. why", first.GetProperty("payload").GetProperty("summary").GetString());
        Assert.Equal("https://rescan.example/api/#/runs/run-scheduled-1", first.GetProperty("links")[0].GetProperty("href").GetString());
    }

    [Fact]
    public async Task Throttled_in_the_middle_it_goes_on_with_the_alerts_that_are_left()
    {
        await using NotifierHarness app = await NotifierHarness.StartAsync(PagerDuty());
        receiver.Answer("/v2/enqueue", (202, "{}"), (429, ""));

        Notification? told = null;
        DeliveryFailedException failed = await Assert.ThrowsAsync<DeliveryFailedException>(async () =>
            await app.RunAsync(
                1, new Dictionary<string, Outcome> { ["a"] = Outcome.Failed, ["b"] = Outcome.Failed, ["c"] = Outcome.Failed }));
        Assert.Equal("answered 429", failed.Detail);
        told = new Notification("run-scheduled-1")
        {
            Run = new RunSummary(
                "run-scheduled-1", NotifierHarness.FirstNight, NotifierHarness.FirstNight, 3, new Dictionary<string,
                int>
                { ["Failed"] = 3 }, [], []),
        };
        await app.Notifier.DeliverAsync("pagerduty", told, default);

        Assert.Equal(
            ["a", "b", "b", "c"],
            receiver.At("/v2/enqueue").Select(r => r.Json.GetProperty("payload").GetProperty("component").GetString()!));
    }

    [Fact]
    public async Task Names_and_reasons_from_outside_stay_within_every_limit()
    {
        await using NotifierHarness app = await NotifierHarness.StartAsync(new([.. PagerDuty(), .. Ntfy(1, Token)]));
        string reason = string.Concat(Enumerable.Repeat(Nasty, 2000));

        IReadOnlyList<DeliveryResult> results = await app.RescanAsync(Nasty + new string('n', 3000), Outcome.Failed, 1, reason);
        results = [.. results,
            .. await app.RunAsync(2, Enumerable.Range(0, 60).ToDictionary(i => $"{i}{Nasty}{new string('"', 400)}", _ => Outcome.Lost))];

        Assert.Equal(4, results.Count);
        Assert.All(results, r => Assert.True(r.Delivered, r.Detail));
        Assert.Equal(61, pagerDuty.Open.Count);
        foreach (Received message in receiver.All)
        {
            string text = Encoding.UTF8.GetString(message.Body);
            Assert.DoesNotContain("\u202E", text, StringComparison.Ordinal);
            Assert.DoesNotContain("\uFFFD", text, StringComparison.Ordinal);
            Assert.DoesNotContain("x-evil", message.Headers.Keys);
        }
    }

    [Fact]
    public async Task Ntfy_gets_title_priority_tags_and_link()
    {
        await using NotifierHarness app = await NotifierHarness.StartAsync(Ntfy(0, Token));

        await app.RescanAsync("archive", Outcome.Failed, 1);
        await app.RescanAsync("archive", Outcome.Succeeded, 2);

        JsonElement[] got = [.. receiver.At("/").Select(r => r.Json)];
        Assert.Equal(
            [("Rescan failed", 4, "x"), ("Rescan succeeded again", 2, "white_check_mark")],
            got.Select(
                m => (m.GetProperty("title").GetString()!, m.GetProperty("priority").GetInt32(), m.GetProperty("tags")[0].GetString()!)));
        Assert.StartsWith(
            "archive on appliance-1\nRepository: archive\n", got[0].GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.StartsWith(
            "https://rescan.example/api/#/rescans/rescan-appliance-1-archive-id/", got[0].GetProperty("click").GetString(),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_sample_says_that_nothing_is_to_be_done_and_leaves_no_alert()
    {
        await using NotifierHarness app = await NotifierHarness.StartAsync(new([.. PagerDuty(), .. Ntfy(1, Token)]));

        foreach (string channel in app.Test.Channels)
        {
            Assert.True((await app.Test.SendAsync(channel, default)).Delivered);
        }

        Assert.Empty(pagerDuty.Open);
        Assert.Equal(["trigger", "resolve"], receiver.At("/v2/enqueue").Select(r => r.Json.GetProperty("event_action").GetString()));
        Assert.StartsWith(
            "Nothing: ",
            receiver.At("/v2/enqueue")[0].Json.GetProperty("payload").GetProperty("custom_details").GetProperty("What to do").GetString(),
            StringComparison.Ordinal);
        Assert.Contains(
            "What to do: Nothing: ", Assert.Single(receiver.At("/")).Json.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_refusal_says_why_and_repeats_no_secret()
    {
        await using NotifierHarness app = await NotifierHarness.StartAsync(
            new([.. PagerDuty("f" + RoutingKey[1..]), .. Ntfy(1, "tk_wrong")]));

        DeliveryResult refused = await app.Notifier.DeliverAsync("pagerduty", Failure("r1"), default);
        DeliveryFailedException forbidden = await Assert.ThrowsAsync<DeliveryFailedException>(
            () => app.Notifier.DeliverAsync("ntfy", Failure("r2"), default));
        receiver.Answer("/v2/enqueue", (400, JsonSerializer.Serialize(new { errors = new[] { $"key f{RoutingKey[1..]} is not known" } })));
        DeliveryResult echoed = await app.Notifier.DeliverAsync("pagerduty", Failure("r3"), default);

        Assert.Equal(
            (false, "answered 400 (Length of 'routing_key' is incorrect (should be 32 characters))"), (refused.Delivered, refused.Detail));
        Assert.Equal("answered 403 (forbidden)", forbidden.Detail);
        Assert.Equal("answered 400 (key … is not known)", echoed.Detail);
    }

    private static Notification Failure(string id) => new(id) { Rescan = NotifierHarness.Outcome("archive", Outcome.Failed, 1) };

    private Dictionary<string, string?> PagerDuty(string key = RoutingKey) => new()
    {
        ["Rescan:PublicUrl"] = "https://rescan.example",
        ["Rescan:Notifications:Channels:0:Kind"] = "pagerduty",
        ["Rescan:Notifications:Channels:0:Url"] = new Uri(receiver.Url, "/v2/enqueue").AbsoluteUri,
        ["Rescan:Notifications:Channels:0:Secret"] = key,
    };

    private Dictionary<string, string?> Ntfy(int channel, string token)
    {
        Dictionary<string, string?> settings = new()
        {
            [$"Rescan:Notifications:Channels:{channel}:Kind"] = "ntfy",
            [$"Rescan:Notifications:Channels:{channel}:Url"] = new Uri(receiver.Url, "/backups_x1").AbsoluteUri,
            [$"Rescan:Notifications:Channels:{channel}:Secret"] = token,
        };
        if (channel == 0)
        {
            settings["Rescan:PublicUrl"] = "https://rescan.example";
        }

        return settings;
    }
}
