using Rescan.Functions.Appliances;
using Rescan.Functions.Configuration;
using Rescan.Functions.Rescans;
using Rescan.Functions.Storage;
using Rescan.Tests.Integration.Durability;
using Rescan.Tests.Integration.Rescans;
using Rescan.Tests.Integration.Runtime.Hosting;

namespace Rescan.Tests.Unit.Rescans;

/// <summary>The transitions of a rescan, without an engine.</summary>
public sealed class RescanStateTests
{
    private static readonly DateTimeOffset Start = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Deadline = TimeSpan.FromHours(2);
    private static readonly RescanRequest Request = new("one", new RepositoryRef("r1", "archive"), Deadline, new PollingOptions());
    private static readonly ApplianceError Busy = new(ApplianceFailure.Transient, "Busy.", null);
    private static readonly ApplianceError Unknown = new(ApplianceFailure.NotFound, "Unknown.", null);

    [Theory]
    [InlineData(RescanPhase.SigningIn, false, RescanAction.SignIn)]
    [InlineData(RescanPhase.SigningIn, true, RescanAction.Record)]
    [InlineData(RescanPhase.Starting, false, RescanAction.Start)]
    [InlineData(RescanPhase.Starting, true, RescanAction.Find)]
    [InlineData(RescanPhase.Watching, false, RescanAction.Poll)]
    [InlineData(RescanPhase.Watching, true, RescanAction.Stop)]
    [InlineData(RescanPhase.Stopping, true, RescanAction.Poll)]
    [InlineData(RescanPhase.Recording, false, RescanAction.Record)]
    [InlineData(RescanPhase.Recording, true, RescanAction.Record)]
    public void Before_the_deadline_the_phase_says_what_comes_next(RescanPhase phase, bool canceled, RescanAction action) =>
        Assert.Equal(action, In(phase, canceled).Next(At(TimeSpan.FromMinutes(1))).Action);

    [Theory]
    [InlineData(RescanPhase.SigningIn, false, RescanAction.Record)]
    [InlineData(RescanPhase.Starting, false, RescanAction.Find)]
    [InlineData(RescanPhase.Starting, true, RescanAction.Find)]
    [InlineData(RescanPhase.Watching, false, RescanAction.Poll)]
    [InlineData(RescanPhase.Watching, true, RescanAction.Stop)]
    [InlineData(RescanPhase.Stopping, true, RescanAction.Poll)]
    [InlineData(RescanPhase.Recording, false, RescanAction.Record)]
    public void After_the_deadline_what_there_is_is_looked_at_once_more(RescanPhase phase, bool canceled, RescanAction action) =>
        Assert.Equal(action, In(phase, canceled).Next(At(Deadline)).Action);

    [Theory]
    [InlineData("Succeeded", Outcome.Succeeded)]
    [InlineData("Warning", Outcome.Warning)]
    [InlineData("Failed", Outcome.Failed)]
    [InlineData("Canceled", Outcome.Canceled)]
    [InlineData("Running", Outcome.TimedOut)]
    [InlineData("NeverExecuted", Outcome.TimedOut)]
    [InlineData("Verifying", Outcome.TimedOut)]
    public void The_last_look_decides_also_days_after_the_deadline(string status, Outcome outcome)
    {
        RescanMoment late = At(TimeSpan.FromDays(3));
        RescanState state = In(RescanPhase.Watching).Next(late).State;

        Assert.Equal((RescanPhase.Recording, outcome), End(state.AfterPoll(Seen(status), late)));
    }

    [Theory]
    [InlineData(false, Outcome.TimedOut)]
    [InlineData(true, Outcome.Unreachable)]
    public void A_last_look_that_fails_ends_it_by_what_was_known_before(bool troubled, Outcome outcome)
    {
        RescanStep step = new(
            In(RescanPhase.Watching) with { TroubleSince = troubled ? Start : null, Trouble = troubled ? "Away." : null });
        for (int looks = 1; looks <= 3; looks++)
        {
            (RescanState state, RescanAction action) = step.State.Next(At(Deadline));
            Assert.Equal(RescanAction.Poll, action);
            step = state.AfterPoll(new ActivityResult<SessionSnapshot>(null, Busy, new()), At(Deadline));
            Assert.Equal(looks < 3 ? Request.Polling.MinInterval : TimeSpan.Zero, step.Wait);
        }

        Assert.Equal((RescanPhase.Recording, outcome), End(step));
    }

    [Fact]
    public void No_end_by_time_comes_twice_around()
    {
        RescanMoment late = At(Deadline);
        RescanState state = In(RescanPhase.Starting);
        for (int steps = 0; state.Phase != RescanPhase.Recording; steps++)
        {
            Assert.InRange(steps, 0, 4);
            (state, RescanAction action) = state.Next(late);
            state = action switch
            {
                RescanAction.Find =>
                    state.AfterStart(new ActivityResult<StartedRescan>(new StartedRescan("s", null, []), null, new()), late).State,
                RescanAction.Poll => state.AfterPoll(Seen("Running"), late).State,
                _ => state,
            };
        }

        Assert.Equal(Outcome.TimedOut, state.Outcome);
    }

    [Theory]
    [InlineData(RescanPhase.SigningIn)]
    [InlineData(RescanPhase.Starting)]
    [InlineData(RescanPhase.Watching)]
    [InlineData(RescanPhase.Stopping)]
    [InlineData(RescanPhase.Recording)]
    public void No_wait_is_beyond_sense_or_the_deadline_in_any_phase(RescanPhase phase)
    {
        ApplianceError decade = Busy with { RetryAfter = TimeSpan.FromDays(3650) };
        foreach (TimeSpan age in (TimeSpan[])[TimeSpan.Zero, TimeSpan.FromMinutes(100), Deadline])
        {
            RescanMoment at = At(age);
            RescanState state = In(phase);
            RescanStep step = phase switch
            {
                RescanPhase.SigningIn => state.AfterSignIn(new ActivityResult<SignInResult>(null, decade, new()), at),
                RescanPhase.Starting => state.AfterStart(new ActivityResult<StartedRescan>(null, decade, new()), at),
                RescanPhase.Recording => state.AfterNotRecorded(decade, new(), at),
                _ => state.AfterPoll(new ActivityResult<SessionSnapshot>(null, decade, new()), at),
            };
            TimeSpan left = phase == RescanPhase.Recording ? RescanState.LongestWaitForLog : Deadline - age;
            Assert.InRange(step.Wait, TimeSpan.Zero, left < RescanState.LongestWait ? left : RescanState.LongestWait);
        }
    }

    [Theory]
    [InlineData(RescanPhase.Watching, 2, 25, 5)]
    [InlineData(RescanPhase.Stopping, 2, 25, 5)]
    [InlineData(RescanPhase.Watching, 12, 25, 5)]
    [InlineData(RescanPhase.Watching, 30, 25, 60)]
    [InlineData(RescanPhase.SigningIn, 2, 25, 60)]
    [InlineData(RescanPhase.Watching, 2, null, 60)]
    public void While_somebody_looks_on_the_next_poll_comes_soon(RescanPhase phase, int now, int? lookedOnUntil, int expected)
    {
        RescanState state = In(phase) with { LookedOnUntil = lookedOnUntil is { } s ? Start.AddSeconds(s) : null };

        Assert.Equal(Start.AddSeconds(expected), state.NextPollAt(Start, Start.AddSeconds(60), At(TimeSpan.FromSeconds(now))));
        Assert.Equal(Start.AddSeconds(1), state.NextPollAt(Start, Start.AddSeconds(1), At(TimeSpan.FromSeconds(now))));
        Assert.Equal(
            Start.AddSeconds(60),
            (state with { TroubleSince = Start }).NextPollAt(Start, Start.AddSeconds(60), At(TimeSpan.FromSeconds(now))));
    }

    [Fact]
    public void A_clock_set_back_does_not_stop_it()
    {
        RescanState state = In(RescanPhase.Watching) with { WatchedSince = Start.AddHours(5), TroubleSince = Start.AddHours(5) };

        Assert.True(state.AfterPoll(Seen("Running"), At(TimeSpan.FromMinutes(1))).Wait > TimeSpan.Zero);
        Assert.True(
            state.AfterPoll(new ActivityResult<SessionSnapshot>(null, Busy, new()), At(TimeSpan.FromMinutes(1))).Wait > TimeSpan.Zero);
    }

    [Fact]
    public void One_answer_that_the_session_is_unknown_does_not_lose_it()
    {
        RescanMoment at = At(TimeSpan.FromMinutes(30));
        RescanState once = In(RescanPhase.Watching).AfterPoll(new ActivityResult<SessionSnapshot>(null, Unknown, new()), at).State;

        Assert.Equal(RescanPhase.Watching, once.Phase);
        Assert.Equal(
            (RescanPhase.Recording, Outcome.Lost), End(once.AfterPoll(new ActivityResult<SessionSnapshot>(null, Unknown, new()), at)));
        Assert.Equal(0, once.AfterPoll(Seen("Running"), at).State.Missing);
    }

    [Theory]
    [InlineData(null, null, "last message")]
    [InlineData("", "why", "why")]
    [InlineData(" ", null, "last message")]
    [InlineData("said", "why", "said")]
    public void A_blank_reason_is_none(string? said, string? canceled, string expected)
    {
        RescanState state = In(RescanPhase.Stopping) with { CancelReason = canceled, LastMessage = "last message" };
        SessionSnapshot seen = new(
            SessionState.Done, "Canceled", SessionResult.Canceled, Functions.Appliances.StorableText.CleanOrNull(said), null, null, 1,
            null);

        Assert.Equal(
            expected, state.AfterPoll(new ActivityResult<SessionSnapshot>(seen, null, new()), At(TimeSpan.FromMinutes(1))).State.Reason);
    }

    [Theory]
    [InlineData(ApplianceFailure.Transient, false)]
    [InlineData(ApplianceFailure.Conflict, false)]
    [InlineData(ApplianceFailure.Rejected, true)]
    [InlineData(ApplianceFailure.NotFound, true)]
    [InlineData(ApplianceFailure.TooLarge, true)]
    public void Only_what_no_retry_helps_ends_a_start(ApplianceFailure failure, bool ends)
    {
        RescanStep step = In(RescanPhase.Starting).AfterStart(
            new ActivityResult<StartedRescan>(null, Busy with { Failure = failure }, new()), At(TimeSpan.FromMinutes(1)));

        Assert.Equal(ends ? Outcome.Rejected : null, step.State.Outcome);
    }

    [Fact]
    public void A_cancel_that_only_the_store_knows_ends_a_start_that_posted_nothing()
    {
        ActivityResult<StartedRescan> nothing = new(new StartedRescan(null, null, []) { CancelReason = "enough" }, null, new());
        RescanState state = In(RescanPhase.Starting).AfterStart(nothing, At(TimeSpan.FromMinutes(1))).State;

        Assert.Equal((Outcome.Canceled, "enough"), (state.Outcome, state.Reason));
    }

    [Fact]
    public void Trouble_with_the_log_is_given_up_after_some_tries_or_at_once_when_canceled()
    {
        RescanState state = In(RescanPhase.Recording);
        Assert.True(state.WithCancel("enough").WithoutLog);
        for (int i = 0; i < RescanState.LogTries; i++)
        {
            Assert.False(state.WithoutLog);
            state = state.AfterNotRecorded(Busy, new(), At(TimeSpan.FromMinutes(1))).State;
        }

        Assert.True(state.WithoutLog);
    }

    private static RescanMoment At(TimeSpan age) => new(Request, "rescan-one-r1", Start + age);

    private static RescanState In(RescanPhase phase, bool canceled = false) => new()
    {
        RequestId = "q",
        StartedAt = Start,
        Phase = phase,
        SessionId = phase >= RescanPhase.Watching ? "s" : null,
        WatchedSince = phase >= RescanPhase.Watching ? Start : null,
        Seen = phase >= RescanPhase.Watching,
        CancelReason = canceled ? "enough" : null,
        Outcome = phase == RescanPhase.Recording ? Outcome.Succeeded : null,
    };

    private static ActivityResult<SessionSnapshot> Seen(string status) => new(Snapshot(status), null, new());

    private static SessionSnapshot Snapshot(string status) => new(
        status switch
        {
            "NeverExecuted" => SessionState.Pending,
            "Running" => SessionState.Running,
            _ when Enum.TryParse<SessionResult>(status, out _) => SessionState.Done,
            _ => SessionState.Unknown
        },
        status, Enum.TryParse(status, out SessionResult result) ? result : null, null, null, null, 0, null);

    private static (RescanPhase, Outcome?) End(RescanStep step) => (step.State.Phase, step.State.Outcome);
}
