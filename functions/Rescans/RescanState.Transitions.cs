using System.Globalization;
using Rescan.Functions.Appliances;
using Rescan.Functions.Polling;
using Rescan.Functions.Storage;

namespace Rescan.Functions.Rescans;

/// <content>
/// The transitions: pure, so that a replay takes them again. Trouble that may pass is waited out until the deadline, however often it
/// comes; only what no retry can help ends a rescan early. No end by time comes without one last look at what there is.
/// </content>
public sealed partial record RescanState
{
    /// <summary>Tries to read the log of an ended session before the outcome is recorded without it.</summary>
    internal const int LogTries = 4;

    /// <summary>No wait is longer, whatever the appliance asks for: it may come back earlier than it said.</summary>
    internal static readonly TimeSpan LongestWait = TimeSpan.FromHours(1);

    /// <summary>The session has ended; its log is not worth a long wait.</summary>
    internal static readonly TimeSpan LongestWaitForLog = TimeSpan.FromMinutes(1);

    /// <summary>How long a look counts; who goes on looking says so again.</summary>
    internal static readonly TimeSpan LookLasts = TimeSpan.FromSeconds(30);

    /// <summary>The wait between polls while somebody looks on.</summary>
    internal static readonly TimeSpan WaitWhileLookedOn = TimeSpan.FromSeconds(5);

    /// <summary>How long a session that was just started may still be unknown to the appliance.</summary>
    private static readonly TimeSpan UnseenGrace = TimeSpan.FromMinutes(1);

    /// <summary>How long a session may stay pending, unless the deadline comes first.</summary>
    private static readonly TimeSpan PendingLimit = TimeSpan.FromHours(2);

    /// <summary>How long the appliance may take to end a session that it agreed to stop.</summary>
    private static readonly TimeSpan StopGrace = TimeSpan.FromMinutes(10);

    /// <summary>How often what there is is looked at once the deadline has passed, as long as no answer comes.</summary>
    private const int MostLastLooks = 3;

    /// <summary>Whether the outcome is to be recorded without the session's log, since it cannot be read.</summary>
    internal bool WithoutLog => Tries >= LogTries;

    /// <summary>The next action, and the state that it is taken in.</summary>
    public (RescanState State, RescanAction Action) Next(RescanMoment at)
    {
        ArgumentNullException.ThrowIfNull(at);
        if (Phase != RescanPhase.Recording && at.Now >= DeadlineOf(at))
        {
            return NextAfterDeadline(at);
        }

        return Phase switch
        {
            RescanPhase.SigningIn when CancelReason is not null => (Ended(Storage.Outcome.Canceled, CancelReason), RescanAction.Record),
            RescanPhase.SigningIn => (this, RescanAction.SignIn),
            RescanPhase.Starting => (this, CancelReason is null ? RescanAction.Start : RescanAction.Find),
            RescanPhase.Watching when CancelReason is not null => (this, RescanAction.Stop),
            RescanPhase.Watching or RescanPhase.Stopping => (this, RescanAction.Poll),
            _ => (this, RescanAction.Record),
        };
    }

    /// <summary>
    /// A cancel has come. It ends a wait even where the rescan has been canceled before; the first one stays the one told.
    /// </summary>
    public RescanState WithCancel(string? reason, Initiator? by = null) => this with
    {
        CanceledBy = CancelReason is null ? by : CanceledBy,
        CancelReason = CancelReason ?? (string.IsNullOrWhiteSpace(reason) ? "Canceled on request." : reason),

        // Whoever cancels a rescan that only waits for its log does not want to wait for it.
        Tries = Phase == RescanPhase.Recording ? LogTries : Tries,
    };

    /// <summary>Somebody looks on.</summary>
    public RescanState WithLook(DateTimeOffset now) => this with { LookedOnUntil = now + LookLasts };

    /// <summary>
    /// When a wait for the next poll ends. While somebody looks on, soon, unless the appliance is in trouble and needs the rest.
    /// </summary>
    /// <param name="since">When the wait began.</param>
    /// <param name="due">When it ends with nobody looking on.</param>
    /// <param name="at">Now.</param>
    public DateTimeOffset NextPollAt(DateTimeOffset since, DateTimeOffset due, RescanMoment at)
    {
        ArgumentNullException.ThrowIfNull(at);
        if (Phase is not (RescanPhase.Watching or RescanPhase.Stopping) || TroubleSince is not null || !(at.Now < LookedOnUntil))
        {
            return due;
        }

        TimeSpan least = at.Request.Polling.MinInterval;
        DateTimeOffset soon = since + (least > WaitWhileLookedOn ? least : WaitWhileLookedOn);
        return soon < due ? soon : due;
    }

    /// <summary>The sign-in was answered.</summary>
    public RescanStep AfterSignIn(ActivityResult<SignInResult> answer, RescanMoment at)
    {
        RescanState next = Counted(answer.Requests);
        return answer.Error is { } trouble
            ? next.RetryLater(trouble, at)
            : new RescanStep(next.Untroubled() with { Phase = RescanPhase.Starting, Timeline = Timeline with { SignedIn = AgeAt(at) } });
    }

    /// <summary>The start, or the search for what was started, was answered.</summary>
    public RescanStep AfterStart(ActivityResult<StartedRescan> answer, RescanMoment at)
    {
        RescanState next = Counted(answer.Requests);
        if (answer.Error is { } trouble)
        {
            return trouble.Failure == ApplianceFailure.NotFound
                ? next.End(
                    Storage.Outcome.Rejected,
                    $"Appliance '{at.Request.Appliance}' has no repository "
                        + $"{at.Request.Repository.Name} ({at.Request.Repository.Id}) any more, or its revision has no rescan. "
                        + $"{trouble.Message}")
                : next.RetryLater(trouble, at);
        }

        StartedRescan started = answer.Value!;
        next = next with
        {
            Remark = started.Remark ?? Remark,
            CancelReason = CancelReason ?? started.CancelReason,
            CanceledBy = CancelReason is null ? started.CanceledBy : CanceledBy,
        };
        if (started.SessionId is null)
        {
            return next.CancelReason is not null
                ? next.End(Storage.Outcome.Canceled, next.CancelReason)
                : new RescanStep(next.EndedAtDeadline(at));
        }

        next = next.Untroubled() with
        {
            Phase = RescanPhase.Watching,
            SessionId = started.SessionId,
            PastSeconds = started.PastSeconds,
            WatchedSince = at.Now,
            Timeline = Timeline with { Started = AgeAt(at) },
        };
        return new RescanStep(next, next.CancelReason is null ? next.NextPoll(at) : TimeSpan.Zero);
    }

    /// <summary>The session was looked at.</summary>
    public RescanStep AfterPoll(ActivityResult<SessionSnapshot> answer, RescanMoment at)
    {
        RescanState next = Counted(answer.Requests) with { Polls = Polls + 1, Timeline = Timeline.WithPoll(AgeAt(at), Polls + 1) };
        if (answer.Error is { } trouble)
        {
            return trouble.Failure == ApplianceFailure.NotFound ? next.AfterMissing(trouble, at) : next.RetryLater(trouble, at);
        }

        SessionSnapshot seen = answer.Value!;
        bool lastLook = LastLooks > 0;
        next = next.Untroubled() with
        {
            Seen = true,
            LastMessage = seen.LastMessage ?? LastMessage,
            LogTooLarge = LogTooLarge || seen.LogTooLarge,
            SessionStartedAt = seen.StartedAt ?? SessionStartedAt,
            SessionStoppedAt = seen.StoppedAt,
            ProgressPercent = seen.ProgressPercent ?? ProgressPercent,
            Trouble = seen.State == SessionState.Unknown
                ? $"The appliance reports the unknown session status '{seen.Status}'; polling goes on."
                : seen.Attention,
        };
        if (seen is { State: SessionState.Done, Result: { } result })
        {
            // The wish to cancel is in the history before the stop is posted, so it is known whatever became of the answer.
            Outcome outcome = SessionOutcome.Of(result, CancelReason is not null && Phase == RescanPhase.Stopping && !StopRefused);
            return next.End(outcome, outcome switch
            {
                Storage.Outcome.Succeeded => null,
                Storage.Outcome.Canceled when result == SessionResult.FailedOrCanceled => CancelReason,
                Storage.Outcome.Canceled => seen.Reason ?? CancelReason ?? next.LastMessage,
                _ => seen.Reason ?? next.LastMessage,
            });
        }

        if (at.Now >= StopAcceptedAt + StopGrace)
        {
            return next.End(
                Storage.Outcome.Canceled,
                $"{CancelReason} The appliance agreed to stop session {SessionId} but still shows it as {seen.Status}.");
        }

        if (seen.State == SessionState.Pending && at.Now >= WatchedSince + PendingLimit)
        {
            return next.End(
                Storage.Outcome.TimedOut,
                Invariant(
                    $"The appliance has not begun session {SessionId} within {PendingLimit.TotalHours:0} hours; it may begin still."));
        }

        return lastLook ? new RescanStep(next.EndedAtDeadline(at)) : new RescanStep(next, next.NextPoll(at));
    }

    /// <summary>The stop was answered.</summary>
    public RescanStep AfterStop(ActivityResult<string> answer, RescanMoment at)
    {
        RescanState next = Counted(answer.Requests);
        if (answer.Error is { Failure: ApplianceFailure.Transient } trouble)
        {
            return next.RetryLater(trouble, at);
        }

        // A session that can no longer be stopped has ended or is gone; the next poll tells which. One whose stop is refused goes on.
        next = next.Untroubled() with
        {
            Phase = RescanPhase.Stopping,
            StopAcceptedAt = answer.Error is null ? at.Now : null,
            StopRefused = answer.Error is { Failure: ApplianceFailure.Rejected },
            WatchedSince = WatchedSince ?? at.Now,
            Timeline = Timeline with { StopAccepted = AgeAt(at) },
        };
        return new RescanStep(next, next.Bounded(at.Request.Polling.MinInterval, at));
    }

    /// <summary>The outcome could not be recorded yet, since the log or the store could not be reached.</summary>
    public RescanStep AfterNotRecorded(ApplianceError? trouble, RequestCounts requests, RescanMoment at)
    {
        RescanState next = Counted(requests) with { Tries = Tries + 1, Trouble = trouble?.Message };
        TimeSpan wait = PollSchedule.Next(
            at.Request.Polling, TimeSpan.FromSeconds(next.Tries), at.InstanceId, next.Tries, trouble?.RetryAfter);
        return new RescanStep(next, wait < LongestWaitForLog ? wait : LongestWaitForLog);
    }

    /// <summary>Ends it; what is left is to record that.</summary>
    public RescanState Ended(Outcome outcome, string? reason) => Untroubled() with
    {
        Phase = RescanPhase.Recording,
        Outcome = outcome,
        Reason = string.IsNullOrWhiteSpace(reason) ? null : reason,
    };

    /// <summary>Ends it because its time is up.</summary>
    public RescanState EndedAtDeadline(RescanMoment at)
    {
        string waited = Invariant($"within {at.Request.Deadline:c}");
        return TroubleSince is not null
            ? Ended(
                Storage.Outcome.Unreachable,
                $"The appliance did not answer as it should {waited}. Last: {Trouble}{(SessionId is null ? "" : $" Session {SessionId} may go on on the appliance.")}")
            : Ended(
                Storage.Outcome.TimedOut,
                SessionId is null
                    ? $"No session was started {waited}."
                    : $"Session {SessionId} has not ended {waited}; it goes on on the appliance.");
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private DateTimeOffset DeadlineOf(RescanMoment at) => StartedAt + at.Request.Deadline;

    private double AgeAt(RescanMoment at) => Math.Round((at.Now - StartedAt).TotalSeconds, 1);

    private RescanStep End(Outcome outcome, string? reason) => new(Ended(outcome, reason));

    private RescanState Counted(RequestCounts requests) => this with { Requests = Requests + requests };

    private RescanState Untroubled() => this with { TroubleSince = null, Trouble = null, Tries = 0, Missing = 0, LastLooks = 0 };

    /// <summary>The app may have been down, or its clock set, when the session ended: what there is, is looked at once more.</summary>
    private (RescanState State, RescanAction Action) NextAfterDeadline(RescanMoment at) => Phase switch
    {
        _ when LastLooks >= MostLastLooks => (EndedAtDeadline(at), RescanAction.Record),
        RescanPhase.SigningIn =>
            (CancelReason is null ? EndedAtDeadline(at) : Ended(Storage.Outcome.Canceled, CancelReason), RescanAction.Record),
        RescanPhase.Starting => (this with { LastLooks = LastLooks + 1 }, RescanAction.Find),
        RescanPhase.Watching when CancelReason is not null && Tries == 0 && LastLooks == 0 => (this, RescanAction.Stop),
        _ => (this with { LastLooks = LastLooks + 1 }, RescanAction.Poll),
    };

    /// <summary>One answer that it is unknown may come from elsewhere than the appliance, or too early.</summary>
    private RescanStep AfterMissing(ApplianceError trouble, RescanMoment at)
    {
        bool tooEarly = !Seen && at.Now < WatchedSince + UnseenGrace;
        return tooEarly || Missing == 0
            ? (this with { Missing = Missing + 1 }).RetryLater(trouble with { Failure = ApplianceFailure.Transient }, at)
            : End(
                Storage.Outcome.Lost,
                $"Appliance '{at.Request.Appliance}' no longer knows session "
                    + $"{SessionId}: it was purged, or the appliance was restored or rebuilt.");
    }

    /// <summary>Takes trouble as what it is: the end, or a wait.</summary>
    private RescanStep RetryLater(ApplianceError trouble, RescanMoment at)
    {
        if (trouble.Failure is not (ApplianceFailure.Transient or ApplianceFailure.Conflict))
        {
            return End(Storage.Outcome.Rejected, trouble.Message);
        }

        if (LastLooks is > 0 and < MostLastLooks)
        {
            return new RescanStep(this, at.Request.Polling.MinInterval);
        }

        if (LastLooks > 0)
        {
            RescanState ended = EndedAtDeadline(at);
            return new RescanStep(
                TroubleSince is null ? ended with { Reason = $"{ended.Reason} A last look failed: {trouble.Message}" } : ended);
        }

        RescanState next = this with { TroubleSince = TroubleSince ?? at.Now, Trouble = trouble.Message, Tries = Tries + 1 };
        TimeSpan age = at.Now - next.TroubleSince!.Value;
        return new RescanStep(next, next.Bounded(
            PollSchedule.Next(at.Request.Polling, age, at.InstanceId, next.Tries, trouble.RetryAfter), at));
    }

    private TimeSpan NextPoll(RescanMoment at)
    {
        TimeSpan age = at.Now - WatchedSince!.Value;
        return Bounded(
            PollSchedule.Next(at.Request.Polling, PastSeconds, age, at.InstanceId, Polls), at);
    }

    /// <summary>Within the deadline, and within reason.</summary>
    private TimeSpan Bounded(TimeSpan wait, RescanMoment at)
    {
        TimeSpan left = DeadlineOf(at) - at.Now;
        TimeSpan most = left < LongestWait ? left : LongestWait;
        return wait < most ? wait : most > TimeSpan.Zero ? most : TimeSpan.Zero;
    }
}
