using System.Text.Json;
using Rescan.Functions.Notifications;
using Rescan.Functions.Storage;
using Rescan.Tests.Integration.Rescans;
using Rescan.Tests.Integration.Runtime.Hosting;

namespace Rescan.Tests.Integration.Notifications;

/// <summary>A problem that lasts is told once, and once that it is over.</summary>
public sealed class ProblemTests : IAsyncLifetime
{
    private Receiver receiver = null!;

    public async Task InitializeAsync() => receiver = await Receiver.StartAsync();

    public async Task DisposeAsync() => await receiver.DisposeAsync();

    [Fact]
    public async Task A_repository_that_fails_night_after_night_is_told_once_and_once_when_it_succeeds_across_restarts()
    {
        await using NotifierHarness app = await NotifierHarness.StartAsync(
            new([.. Hook(0, "once"), .. Hook(1, "each"),
                KeyValuePair.Create<string, string?>("Rescan:Notifications:Channels:1:When", "every")]));

        await app.RescanAsync("archive", Outcome.Failed, 1);
        await app.RestartAsync();
        await app.RescanAsync("archive", Outcome.TimedOut, 2);
        await app.RescanAsync("archive", Outcome.Canceled, 3);
        await app.RescanAsync("other", Outcome.Failed, 3);
        await app.RestartAsync();
        await app.RescanAsync("archive", Outcome.Succeeded, 4);
        await app.RescanAsync("archive", Outcome.Succeeded, 5);
        await app.RescanAsync("archive", Outcome.Failed, 6);

        Assert.Equal(
            ["Rescan failed: archive on appliance-1", "Rescan failed: other on appliance-1",
                "Rescan succeeded again: archive on appliance-1", "Rescan failed: archive on appliance-1"],
            Summaries("/once"));
        Assert.Equal(4, receiver.At("/each").Count);
    }

    [Fact]
    public async Task What_was_not_taken_is_told_by_the_next_failure()
    {
        await using NotifierHarness app = await NotifierHarness.StartAsync(Hook(0, "once"));
        receiver.Answer("/once", (410, "gone"));

        Assert.False(Assert.Single(await app.RescanAsync("archive", Outcome.Failed, 1)).Delivered);
        Assert.True(Assert.Single(await app.RescanAsync("archive", Outcome.Failed, 2)).Delivered);
        Assert.Empty(await app.RescanAsync("archive", Outcome.Failed, 3));
    }

    [Fact]
    public async Task A_failure_that_could_not_be_told_before_the_next_success_is_told_no_more()
    {
        await using NotifierHarness app = await NotifierHarness.StartAsync(Hook(0, "once"));
        receiver.Answer("/once", (503, "later"));

        await Assert.ThrowsAsync<DeliveryFailedException>(() => app.RescanAsync("archive", Outcome.Failed, 1));
        await app.RescanAsync("archive", Outcome.Succeeded, 2);
        Notification again = new("request-1") { Rescan = NotifierHarness.Outcome("archive", Outcome.Failed, 1) };

        Assert.Equal("nothing that it does not know", (await app.Notifier.DeliverAsync("once", again, default)).Detail);
        Assert.Single(receiver.At("/once"));
    }

    [Fact]
    public async Task A_run_tells_what_is_new_and_what_is_over_and_counts_what_is_known()
    {
        await using NotifierHarness app = await NotifierHarness.StartAsync(Hook(0, "runs"));

        await app.RunAsync(1, new Dictionary<string, Outcome> { ["a"] = Outcome.Failed, ["b"] = Outcome.Lost, ["c"] = Outcome.Succeeded });
        await app.RunAsync(
            2, new Dictionary<string, Outcome> { ["a"] = Outcome.Failed, ["b"] = Outcome.Failed, ["c"] = Outcome.Succeeded });
        await app.RestartAsync();
        await app.RunAsync(
            3, new Dictionary<string, Outcome> { ["a"] = Outcome.Failed, ["b"] = Outcome.Succeeded, ["c"] = Outcome.Unreachable },
            "appliance-2: no answer");
        await app.RunAsync(
            4, new Dictionary<string, Outcome> { ["a"] = Outcome.Warning, ["b"] = Outcome.Succeeded, ["c"] = Outcome.Succeeded },
            "appliance-2: no answer");
        await app.RunAsync(
            5, new Dictionary<string, Outcome> { ["a"] = Outcome.Succeeded, ["b"] = Outcome.Succeeded, ["c"] = Outcome.Succeeded },
            "appliance-2: no answer");

        IReadOnlyList<Received> told = receiver.At("/runs");
        Assert.Equal(
            [("a b", "", 0), ("c appliance-2", "b", 1), ("", "a c", 1)],
            told.Select(t => t.Json.GetProperty("data")).Select(
                d => (Names(d, "new"), Names(d, "over"), d.GetProperty("known").GetInt32())));
    }

    [Fact]
    public async Task A_rescan_by_hand_ends_what_a_run_told()
    {
        await using NotifierHarness app = await NotifierHarness.StartAsync(Hook(0, "once"));

        await app.RunAsync(1, new Dictionary<string, Outcome> { ["a"] = Outcome.Failed });
        await app.RescanAsync("a", Outcome.Succeeded, 2);
        await app.RunAsync(3, new Dictionary<string, Outcome> { ["a"] = Outcome.Succeeded });

        Assert.Equal(["Run ended with failures: 1 of 1 repository failed", "Rescan succeeded again: a on appliance-1"], Summaries("/once"));
    }

    [Fact]
    public async Task An_appliance_that_is_down_for_nights_is_told_once_until_it_answers()
    {
        await using NotifierHarness app = await NotifierHarness.StartAsync(Hook(0, "once"));

        await app.TellAsync(Notice("n1", ApplianceEvent.DoesNotAnswer));
        await app.RunAsync(1, new Dictionary<string, Outcome>(), "appliance-1: no answer");
        await app.TellAsync(Notice("n2", ApplianceEvent.DoesNotAnswer));
        await app.TellAsync(Notice("n3", ApplianceEvent.AnswersAgain));
        await app.TellAsync(Notice("n4", ApplianceEvent.AnswersAgain));

        Assert.Equal(
            ["appliance.unreachable", "appliance.reachable"], receiver.At("/once").Select(r => r.Json.GetProperty("type").GetString()!));
    }

    private static Notification Notice(string id, ApplianceEvent what) =>
        new(id)
        {
            Appliance = new ApplianceNotice(
                "appliance-1", what, NotifierHarness.FirstNight, NotifierHarness.FirstNight.AddMinutes(10), "no answer", "run-1"),
        };

    private static string Names(JsonElement data, string list) => string.Join(' ', data.GetProperty(list).EnumerateArray()
        .Select(
            p => p.GetProperty("repository") is { ValueKind: JsonValueKind.Object } repository
                ? repository.GetProperty("name").GetString()
                : p.GetProperty("appliance").GetString())
        .OrderBy(n => n!.Length).ThenBy(n => n, StringComparer.Ordinal));

    private string[] Summaries(string path) =>
        [.. receiver.At(path).Select(r => r.Json.GetProperty("data").GetProperty("summary").GetString()!)];

    private Dictionary<string, string?> Hook(int channel, string name) => new()
    {
        [$"Rescan:Notifications:Channels:{channel}:Name"] = name,
        [$"Rescan:Notifications:Channels:{channel}:Kind"] = "webhook",
        [$"Rescan:Notifications:Channels:{channel}:Url"] = new Uri(receiver.Url, "/" + name).AbsoluteUri,
        [$"Rescan:Notifications:Channels:{channel}:Secret"] = NotifyingApp.Secret,
    };
}
