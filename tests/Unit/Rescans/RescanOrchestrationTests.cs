using Microsoft.DurableTask;
using Rescan.Functions.Appliances;
using Rescan.Functions.Configuration;
using Rescan.Functions.Notifications;
using Rescan.Functions.Rescans;
using Rescan.Functions.Storage;
using Rescan.Tests.Support;

namespace Rescan.Tests.Unit.Rescans;

/// <summary>What a rescan asks for in which order, and that it leaves nothing under way when it ends or starts anew.</summary>
public sealed class RescanOrchestrationTests
{
    private static readonly DateTimeOffset Start = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly RescanRequest Request = new(
        "one", new RepositoryRef("r1", "archive"), TimeSpan.FromHours(2),
        new PollingOptions { MinInterval = TimeSpan.FromSeconds(10), MaxInterval = TimeSpan.FromMinutes(1) })
    {
        RequestId = "request",
    };

    [Fact]
    public async Task A_rescan_signs_in_posts_polls_and_records_in_this_order()
    {
        ScriptedOrchestration script = Script(endsAtPoll: 2);

        RescanOutcome? outcome = await script.PlayAsync(RescanOrchestration.RunAsync);

        Assert.Equal(Outcome.Succeeded, outcome?.Outcome);
        Assert.Equal(
            [nameof(SignIn), nameof(StartRescan), nameof(PollSession), nameof(PollSession), nameof(RecordOutcome), nameof(Notify)],
            script.Calls.Where(c => c != "timer"));
        Assert.Empty(script.Open);
    }

    [Fact]
    public async Task A_cancel_ends_the_wait_and_the_timer_with_it()
    {
        ScriptedOrchestration script = Script(endsAtPoll: 2)
            .Raise(TimeSpan.FromSeconds(5), RescanEvents.Cancel, new RescanCancel("enough"));

        await script.PlayAsync(RescanOrchestration.RunAsync);

        Assert.Contains(nameof(StopSession), script.Calls);
        Assert.Empty(script.Open);
    }

    [Fact]
    public async Task A_cancel_while_an_activity_runs_is_heeded_after_it()
    {
        ScriptedOrchestration script = Script(endsAtPoll: 2)
            .Raise(TimeSpan.FromSeconds(0.5), RescanEvents.Cancel, new RescanCancel("enough"));

        RescanOutcome? outcome = await script.PlayAsync(RescanOrchestration.RunAsync);

        Assert.Equal(Outcome.Canceled, outcome?.Outcome);
        Assert.Empty(script.Open);
    }

    [Fact]
    public async Task A_look_ends_the_wait_and_the_timer_with_it()
    {
        ScriptedOrchestration script = Script(endsAtPoll: 3).Raise(TimeSpan.FromSeconds(5), RescanEvents.Look, null);

        await script.PlayAsync(RescanOrchestration.RunAsync);

        Assert.Empty(script.Open);
    }

    [Fact]
    public async Task A_long_rescan_starts_anew_with_nothing_under_way()
    {
        ScriptedOrchestration script = Script(endsAtPoll: 1000);

        Assert.Null(await script.PlayAsync(RescanOrchestration.RunAsync));

        Assert.Equal(RescanPhase.Watching, Assert.IsType<RescanRequest>(script.ContinuedWith).State?.Phase);
        Assert.Empty(script.Open);
    }

    [Fact]
    public async Task Each_watcher_is_told_the_end_once()
    {
        ScriptedOrchestration script = Script(endsAtPoll: 2)
            .Raise(TimeSpan.FromSeconds(3), RescanEvents.Watch, "partition-a")
            .Raise(TimeSpan.FromSeconds(4), RescanEvents.Watch, "partition-a")
            .Raise(TimeSpan.FromSeconds(5), RescanEvents.Watch, "partition-b");

        await script.PlayAsync(RescanOrchestration.RunAsync);

        Assert.Equal(["partition-a", "partition-b"], script.Sent.Select(s => s.InstanceId));
        Assert.DoesNotContain(nameof(Notify), script.Calls);
        Assert.Empty(script.Open);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_clock_that_is_set_back_makes_no_wait_longer(bool isLookedOn)
    {
        ScriptedOrchestration right = Script(endsAtPoll: 3);
        await right.PlayAsync(RescanOrchestration.RunAsync);
        ScriptedOrchestration script = Script(endsAtPoll: 3).SetClock(TimeSpan.FromSeconds(4), TimeSpan.FromHours(-1));
        if (isLookedOn)
        {
            script.Raise(TimeSpan.FromSeconds(5), RescanEvents.Look, null);
        }

        await script.PlayAsync(RescanOrchestration.RunAsync);

        Assert.InRange(script.Elapsed, TimeSpan.Zero, right.Elapsed + TimeSpan.FromMinutes(1));
        Assert.Empty(script.Open);
    }

    private static ScriptedOrchestration Script(int endsAtPoll)
    {
        int polls = 0;
        return new ScriptedOrchestration(RescanRequest.InstanceIdOf("one", "r1"), Request, Start)
            .Answer(nameof(SignIn), _ => Answered(new SignInResult(Start.AddHours(1), "8.0", "1.0")))
            .Answer(nameof(StartRescan),
                start => Answered(new StartedRescan(((StartRescanInput)start!).AdoptOnly ? null : "session", null, [])))
            .Answer(nameof(StopSession), _ => Answered("session"))
            .Answer(nameof(PollSession), _ => Answered(++polls < endsAtPoll
                ? new SessionSnapshot(SessionState.Running, "Running", null, null, Start, null, 1, "At it.")
                : new SessionSnapshot(
                    SessionState.Done, "Succeeded", SessionResult.Succeeded, null, Start, Start.AddMinutes(1), 2, "Done.")))
            .Answer(nameof(RecordOutcome), Recorded);
    }

    /// <summary>What <see cref="RecordOutcome"/> answers.</summary>
    internal static object Recorded(object? input)
    {
        RecordOutcomeInput recorded = (RecordOutcomeInput)input!;
        return Answered(new RescanOutcome
        {
            Id = recorded.InstanceId,
            Appliance = recorded.Request.Appliance,
            Repository = recorded.Request.Repository,
            Outcome = recorded.State.Outcome!.Value,
            Reason = recorded.State.Reason,
            StartedAt = recorded.State.StartedAt,
            FinishedAt = recorded.FinishedAt,
            DurationSeconds = 1,
        });
    }

    private static ActivityResult<T> Answered<T>(T value)
        where T : class => new(value, null, new RequestCounts());
}
