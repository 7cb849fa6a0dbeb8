using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Rescan.Functions.Notifications;
using Rescan.Functions.Rescans;
using Rescan.Functions.Runs;
using Rescan.Functions.Schedules;
using Rescan.Functions.Storage;
using Rescan.Local.Simulator;
using Rescan.Tests.Integration.Runtime.Hosting;

namespace Rescan.Tests.Integration.Notifications;

/// <summary>Pings of scheduled runs, as the documentation of Healthchecks has them.</summary>
public sealed class PingTests
{
    private const string Check = "/5bf66975-d4c7-4bf5-bcc8-b8d8a82ea278";

    [Fact]
    public async Task A_scheduled_run_pings_start_and_end_by_one_id_and_no_other_run_does()
    {
        await using Receiver receiver = await Receiver.StartAsync();
        await using NotifierHarness app = await NotifierHarness.StartAsync(new()
        {
            ["Rescan:Notifications:Channels:0:Kind"] = "ping",
            ["Rescan:Notifications:Channels:0:Url"] = new Uri(receiver.Url, Check).AbsoluteUri,
        });

        await app.TellAsync(Start("run-1"));
        await app.TellAsync(End("run-1", failed: 0));
        await app.TellAsync(Start("run-2"));
        await app.TellAsync(End("run-2", failed: 70));
        Assert.Empty(await app.TellAsync(End("run-3", failed: 1) with { IsScheduled = false }));
        Assert.Empty(await app.RescanAsync("archive", Outcome.Failed, 1));

        Received[] pings = [.. receiver.All];
        Assert.Equal([Check + "/start", Check, Check + "/start", Check + "/fail"], pings.Select(p => p.Path));
        string[] runs = [.. pings.Select(p => p.Query.Replace("?rid=", "", StringComparison.Ordinal))];
        Assert.All(runs, r => Assert.Equal(r, Guid.Parse(r).ToString()));
        Assert.Equal((runs[0], runs[2]), (runs[1], runs[3]));
        Assert.NotEqual(runs[0], runs[2]);
        Assert.All(pings, p => Assert.Equal("text/plain; charset=utf-8", p.ContentType));
        string body = Encoding.UTF8.GetString(pings[3].Body);
        Assert.StartsWith("Run ended with failures\n70 of 70 repositories failed\n", body, StringComparison.Ordinal);
        Assert.InRange(pings[3].Body.Length, 100, 100_000);
        Assert.DoesNotContain("\u202E", body, StringComparison.Ordinal);
        Assert.All(app.Logs.GetSnapshot(), l => Assert.DoesNotContain(Check[1..9], l.Message, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_start_that_comes_after_the_end_is_not_told_and_an_unknown_check_is_tried_again()
    {
        await using Receiver receiver = await Receiver.StartAsync();
        await using NotifierHarness app = await NotifierHarness.StartAsync(new()
        {
            ["Rescan:Notifications:Channels:0:Kind"] = "ping",
            ["Rescan:Notifications:Channels:0:Url"] = new Uri(receiver.Url, Check + "?create=1").AbsoluteUri,
        });
        await app.RunAsync(1, new Dictionary<string, Outcome> { ["a"] = Outcome.Succeeded });

        Assert.Equal("the run has ended meanwhile", Assert.Single(await app.TellAsync(Start("run-scheduled-1"))).Detail);
        receiver.Answer(Check, (404, "not found"));
        Assert.Equal(
            "answered 404", (await Assert.ThrowsAsync<DeliveryFailedException>(() => app.TellAsync(End("run-2", failed: 0)))).Detail);
        Assert.StartsWith("?create=1&rid=", Assert.Single(receiver.All).Query, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_schedule_s_own_run_pings_and_one_by_hand_does_not()
    {
        await using Receiver receiver = await Receiver.StartAsync();
        await using ApiHost api = await ApiHost.StartAsync(
            [new SimulatorOptions { SessionDuration = TimeSpan.FromMilliseconds(100) }], new()
            {
                ["Rescan:Notifications:Channels:0:Kind"] = "ping",
                ["Rescan:Notifications:Channels:0:Url"] = new Uri(receiver.Url, Check).AbsoluteUri,
            });

        RunStarter starter = api.Host.Services.GetRequiredService<RunStarter>();
        await starter.StartScheduledAsync(
            api.Host.Client, ScheduledRunId.Of("nightly", DateTimeOffset.UtcNow), [], new RepositoryFilter(),
            new ScheduledStart(new Initiator(InitiatorKind.Schedule, "nightly"), DateTimeOffset.UtcNow, null), default);
        Received end = Assert.Single(await receiver.WaitAsync(Check, 1));
        await api.SendAsync(HttpMethod.Post, "/api/rescans", new { filter = new { } });
        await api.UntilAsync(
            "/api/runs", r => r.GetProperty("items").EnumerateArray().Count(i => i.GetProperty("status").GetString() == "Completed") == 2);

        Assert.Equal(end.Query, Assert.Single(receiver.At(Check + "/start")).Query);
        Assert.StartsWith("Run succeeded\n", Encoding.UTF8.GetString(end.Body), StringComparison.Ordinal);
        Assert.Equal(2, receiver.All.Count);
    }

    private static Notification Start(string run) => new(run + "-start") { Started = new RunStart(run, NotifierHarness.FirstNight) };

    private static Notification End(string run, int failed) => new(run)
    {
        IsScheduled = true,
        Run = new RunSummary(
            run, NotifierHarness.FirstNight, NotifierHarness.FirstNight.AddMinutes(3), Math.Max(1, failed), failed == 0
                ? new Dictionary<string, int> { ["Succeeded"] = 1 }
                : new Dictionary<string, int> { ["Failed"] = failed },
            [.. Enumerable.Range(0, Math.Min(failed, RunSummary.MaxProblems))
                .Select(i => new RunProblem("appliance-1", new RepositoryRef($"{i}", "r\u202E" + i), Outcome.Failed, 1, "why\u202E"))], []),
    };
}
