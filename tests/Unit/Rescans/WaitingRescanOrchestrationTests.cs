using Rescan.Functions.Configuration;
using Rescan.Functions.Notifications;
using Rescan.Functions.Rescans;
using Rescan.Functions.Storage;
using Rescan.Tests.Support;

namespace Rescan.Tests.Unit.Rescans;

/// <summary>A rescan that waits for the one before it, in whatever order the end, a cancel and the deadline come.</summary>
public sealed class WaitingRescanOrchestrationTests
{
    private static readonly DateTimeOffset Start = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly RescanRequest Request = new(
        "one", new RepositoryRef("r1", "archive"), TimeSpan.FromMinutes(2), new PollingOptions())
    {
        RequestId = "request",
        State = new RescanState { RequestId = "request", StartedAt = Start },
    };

    [Fact]
    public async Task The_end_of_the_one_before_starts_it_at_once()
    {
        bool hasEnded = false;
        ScriptedOrchestration script = Script(() => hasEnded);
        script.Raise(TimeSpan.FromSeconds(5), RescanEnded.EventName, new RescanEnded("rescan-one-r1", "earlier", Outcome.Succeeded));
        script.Answer(nameof(StartWaitingRescan), _ =>
        {
            bool starts = hasEnded;
            hasEnded = true;
            return new StartedWaiting(starts);
        });

        Assert.Null(await script.PlayAsync(WaitingRescanOrchestration.RunAsync));

        Assert.Equal(2, script.Calls.Count(c => c == nameof(StartWaitingRescan)));
        Assert.True(script.CurrentUtcDateTime < Start.AddSeconds(10), $"It started at {script.CurrentUtcDateTime:T}.");
        Assert.Empty(script.Open);
    }

    [Fact]
    public async Task A_cancel_while_it_waits_is_recorded_and_nothing_starts()
    {
        ScriptedOrchestration script = Script(() => false).Raise(TimeSpan.FromSeconds(5), RescanEvents.Cancel, new RescanCancel("enough"));

        RescanOutcome? outcome = await script.PlayAsync(WaitingRescanOrchestration.RunAsync);

        Assert.Equal(Outcome.Canceled, outcome?.Outcome);
        Assert.Contains(nameof(Notify), script.Calls);
        Assert.Empty(script.Open);
    }

    [Fact]
    public async Task The_deadline_ends_the_wait()
    {
        ScriptedOrchestration script = Script(() => false);

        RescanOutcome? outcome = await script.PlayAsync(WaitingRescanOrchestration.RunAsync);

        Assert.Equal(Start + Request.Deadline, outcome?.FinishedAt);
        Assert.Empty(script.Open);
    }

    [Fact]
    public async Task A_long_wait_starts_anew_with_nothing_under_way()
    {
        ScriptedOrchestration script = Script(() => false, Request with { Deadline = TimeSpan.FromHours(2) });

        Assert.Null(await script.PlayAsync(WaitingRescanOrchestration.RunAsync));

        Assert.NotNull(script.ContinuedWith);
        Assert.Empty(script.Open);
    }

    private static ScriptedOrchestration Script(Func<bool> starts, RescanRequest? request = null) =>
        new ScriptedOrchestration(RescanRequest.WaitingIdOf("one", "r1"), request ?? Request, Start)
            .Answer(nameof(StartWaitingRescan), _ => new StartedWaiting(starts()))
            .Answer(nameof(RecordOutcome), RescanOrchestrationTests.Recorded);
}
