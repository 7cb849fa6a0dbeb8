using System.Globalization;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask;
using Rescan.Functions.Appliances;
using Rescan.Functions.Notifications;
using Rescan.Functions.Polling;
using Rescan.Functions.Storage;

namespace Rescan.Functions.Rescans;

/// <summary>
/// One rescan: sign in, post it, watch the session to its end, record the outcome. Trouble that may pass is waited out with durable
/// timers until the deadline, however often it comes; only what no retry can help ends a rescan early.
/// </summary>
public static class RescanOrchestration
{
    /// <summary>
    /// Steps before ContinueAsNew. A step is an activity and a timer, on Azure eight history events, so that no replay reads a hundred.
    /// </summary>
    private const int StepsPerExecution = 10;

    /// <summary>Tries to read the log of an ended session before the outcome is recorded without it.</summary>
    private const int LogTries = 4;

    /// <summary>How long a session that was just started may still be unknown to the appliance.</summary>
    private static readonly TimeSpan UnseenGrace = TimeSpan.FromMinutes(1);

    /// <summary>How long a session may stay pending, unless the deadline comes first.</summary>
    private static readonly TimeSpan PendingLimit = TimeSpan.FromHours(2);

    /// <summary>How long the appliance may take to end a session that it agreed to stop.</summary>
    private static readonly TimeSpan StopGrace = TimeSpan.FromMinutes(10);

    /// <summary>The outcome store may be away for hours; the outcome must not be lost for it.</summary>
    private static readonly TaskOptions UntilRecorded = TaskOptions.FromRetryPolicy(
        new RetryPolicy(300, TimeSpan.FromSeconds(5), 2, TimeSpan.FromMinutes(5)));

    /// <summary>Runs the rescan.</summary>
    /// <param name="context">The durable context; its input is a <see cref="RescanRequest"/>.</param>
    /// <returns>The outcome as recorded, without the log.</returns>
    [Function(nameof(RescanOrchestration))]
    public static async Task<RescanOutcome?> RunAsync([OrchestrationTrigger] TaskOrchestrationContext context)
    {
        RescanRequest request = context.GetInput<RescanRequest>()!;
        Run run = new(context, request);
        for (int step = 0; step < StepsPerExecution; step++)
        {
            if (await run.StepAsync() is { } outcome)
            {
                return outcome;
            }
        }

        context.ContinueAsNew(run.Carried());
        return null;
    }

    private sealed class Run(TaskOrchestrationContext context, RescanRequest request)
    {
        private readonly List<string> watchers = [.. request.Watchers];
        private readonly Task<string> cancel = context.WaitForExternalEvent<string>(RescanEvents.Cancel);
        private Task<string> watch = context.WaitForExternalEvent<string>(RescanEvents.Watch);
        private RescanState state = request.State ?? new RescanState
        {
            RequestId = request.RequestId ?? context.NewGuid().ToString("N"),
            StartedAt = new DateTimeOffset(context.CurrentUtcDateTime, TimeSpan.Zero),
        };

        private DateTimeOffset Now => new(context.CurrentUtcDateTime, TimeSpan.Zero);

        private DateTimeOffset Deadline => state.StartedAt + request.Deadline;

        private double Age => Math.Round((Now - state.StartedAt).TotalSeconds, 1);

        public RescanRequest Carried()
        {
            TakeEvents();
            return request with { State = state, Watchers = watchers };
        }

        /// <summary>One request to the appliance and the wait after it.</summary>
        /// <returns>The outcome once it is recorded, else null.</returns>
        public async Task<RescanOutcome?> StepAsync()
        {
            TakeEvents();
            if (state.Phase != RescanPhase.Recording && Now >= Deadline)
            {
                EndAtDeadline();
            }

            Show(null);
            TimeSpan? wait = state.Phase switch
            {
                RescanPhase.SigningIn => await SignInAsync(),
                RescanPhase.Starting => await StartAsync(),
                RescanPhase.Watching when state.CancelReason is not null => await StopAsync(),
                RescanPhase.Watching or RescanPhase.Stopping => await PollAsync(),
                _ => await RecordAsync(),
            };
            if (ended is not null)
            {
                return ended;
            }

            if (wait is { } pause && pause > TimeSpan.Zero)
            {
                await WaitAsync(pause);
            }

            return null;
        }

        private RescanOutcome? ended;

        private void TakeEvents()
        {
            if (cancel.IsCompletedSuccessfully && state.CancelReason is null)
            {
                state = state with { CancelReason = cancel.Result is { Length: > 0 } reason ? reason : "Canceled on request." };
            }

            while (watch.IsCompletedSuccessfully)
            {
                if (watch.Result is { Length: > 0 } watcher && !watchers.Contains(watcher))
                {
                    watchers.Add(watcher);
                }

                watch = context.WaitForExternalEvent<string>(RescanEvents.Watch);
            }
        }

        private async Task<TimeSpan?> SignInAsync()
        {
            if (state.CancelReason is { } reason)
            {
                return End(Outcome.Canceled, reason);
            }

            ActivityResult<SignInResult> answer = await AskAsync<SignInResult>(nameof(SignIn), request.Appliance);
            Count(answer.Requests);
            if (answer.Error is { } trouble)
            {
                return RetryLater(trouble);
            }

            state = state with { Phase = RescanPhase.Starting, Timeline = state.Timeline with { SignedIn = Age }, TroubleSince = null, Trouble = null, Tries = 0 };
            return null;
        }

        private async Task<TimeSpan?> StartAsync()
        {
            // Once canceled nothing is posted any more, but a lost answer may have left a session that must be stopped.
            bool adoptOnly = state.CancelReason is not null;
            ActivityResult<StartedRescan> answer = await AskAsync<StartedRescan>(nameof(StartRescan), new StartRescanInput(state.RequestId, request.Appliance, request.Repository.Id, adoptOnly));
            Count(answer.Requests);
            if (answer.Error is { } trouble)
            {
                return trouble.Failure == ApplianceFailure.NotFound
                    ? End(Outcome.Rejected, $"Appliance '{request.Appliance}' has no repository {request.Repository.Name} ({request.Repository.Id}) any more, or its revision has no rescan. {trouble.Message}")
                    : RetryLater(trouble);
            }

            StartedRescan started = answer.Value!;
            if (started.SessionId is null)
            {
                return End(Outcome.Canceled, state.CancelReason);
            }

            state = state with
            {
                Phase = RescanPhase.Watching,
                SessionId = started.SessionId,
                Remark = started.Remark,
                PastSeconds = started.PastSeconds,
                WatchedSince = Now,
                Timeline = state.Timeline with { Started = Age },
                TroubleSince = null,
                Trouble = null,
                Tries = 0,
            };
            return adoptOnly ? null : NextPoll(null);
        }

        private async Task<TimeSpan?> PollAsync()
        {
            ActivityResult<SessionSnapshot> answer = await AskAsync<SessionSnapshot>(nameof(PollSession), new SessionInput(request.Appliance, state.SessionId!, state.LogTooLarge));
            Count(answer.Requests);
            state = state with { Polls = state.Polls + 1, Timeline = state.Timeline.WithPoll(Age, state.Polls + 1) };
            if (answer.Error is { } trouble)
            {
                if (trouble.Failure != ApplianceFailure.NotFound)
                {
                    return RetryLater(trouble);
                }

                return !state.Seen && Now < state.WatchedSince + UnseenGrace
                    ? RetryLater(trouble with { Failure = ApplianceFailure.Transient })
                    : End(Outcome.Lost, $"Appliance '{request.Appliance}' no longer knows session {state.SessionId}: it was purged, or the appliance was restored or rebuilt.");
            }

            SessionSnapshot seen = answer.Value!;
            state = state with
            {
                Seen = true,
                LastMessage = seen.LastMessage ?? state.LastMessage,
                LogTooLarge = state.LogTooLarge || seen.LogTooLarge,
                SessionStartedAt = seen.StartedAt ?? state.SessionStartedAt,
                SessionStoppedAt = seen.StoppedAt,
                TroubleSince = null,
                ProgressPercent = seen.ProgressPercent ?? state.ProgressPercent,
                Trouble = seen.State == SessionState.Unknown ? $"The appliance reports the unknown session status '{seen.Status}'; polling goes on." : seen.Attention,
                Tries = 0,
            };
            if (seen is { State: SessionState.Done, Result: { } result })
            {
                // The wish to cancel is in the history before the stop is posted, so it is known whatever became of the answer.
                Outcome outcome = SessionOutcome.Of(result, state.Phase == RescanPhase.Stopping && !state.StopRefused);
                return End(outcome, outcome switch
                {
                    Outcome.Succeeded => null,
                    Outcome.Canceled => state.CancelReason ?? seen.Reason,
                    _ => seen.Reason ?? seen.LastMessage,
                });
            }

            if (Now >= state.StopAcceptedAt + StopGrace)
            {
                return End(Outcome.Canceled, $"{state.CancelReason} The appliance agreed to stop session {state.SessionId} but still shows it as {seen.Status}.");
            }

            if (seen.State == SessionState.Pending && Now >= state.WatchedSince + PendingLimit)
            {
                return End(Outcome.TimedOut, Invariant($"The appliance has not begun session {state.SessionId} within {PendingLimit.TotalHours:0} hours; it may begin still."));
            }

            return NextPoll(null);
        }

        private async Task<TimeSpan?> StopAsync()
        {
            ActivityResult<string> answer = await AskAsync<string>(nameof(StopSession), new SessionInput(request.Appliance, state.SessionId!));
            Count(answer.Requests);
            if (answer.Error is { Failure: ApplianceFailure.Transient } trouble)
            {
                return RetryLater(trouble);
            }

            // A session that can no longer be stopped has ended or is gone; the next poll tells which. One whose stop is refused goes on.
            state = state with
            {
                Phase = RescanPhase.Stopping,
                StopAcceptedAt = answer.Error is null ? Now : null,
                StopRefused = answer.Error is { Failure: ApplianceFailure.Rejected },
                WatchedSince = state.WatchedSince ?? Now,
                Timeline = state.Timeline with { StopAccepted = Age },
                TroubleSince = null,
                Trouble = null,
                Tries = 0,
            };
            return request.Polling.MinInterval;
        }

        private async Task<TimeSpan?> RecordAsync()
        {
            RecordOutcomeInput input = new(context.InstanceId, request, state, Now, state.Tries >= LogTries);
            ActivityResult<RescanOutcome> answer = await context.CallActivityAsync<ActivityResult<RescanOutcome>>(nameof(RecordOutcome), input, UntilRecorded);
            if (answer.Value is null)
            {
                Count(answer.Requests);
                state = state with { Tries = state.Tries + 1, Trouble = answer.Error?.Message };
                return PollSchedule.Next(request.Polling, TimeSpan.FromSeconds(state.Tries), context.InstanceId, state.Tries, answer.Error?.RetryAfter);
            }

            state = state with { Phase = RescanPhase.Ended, Requests = answer.Value.Requests, Trouble = null };
            Show(null);
            TakeEvents();
            foreach (string watcher in watchers)
            {
                context.SendEvent(watcher, RescanEnded.EventName, new RescanEnded(context.InstanceId));
            }

            // A run that watches tells of all its rescans at once.
            if (watchers.Count == 0)
            {
                await NotificationOrchestration.BeginAsync(context, new Notification(state.RequestId) { Rescan = answer.Value });
            }

            ended = answer.Value;
            return null;
        }

        /// <summary>Runs an activity; one that fails on our own side, such as for the outcome store being away, is trouble that may pass.</summary>
        private async Task<ActivityResult<T>> AskAsync<T>(string activity, object input)
            where T : class
        {
            try
            {
                return await context.CallActivityAsync<ActivityResult<T>>(activity, input);
            }
            catch (TaskFailedException e)
            {
                return new ActivityResult<T>(null, new ApplianceError(ApplianceFailure.Transient, $"This app could not do its part. {e.FailureDetails.ErrorMessage}", null), new RequestCounts());
            }
        }

        /// <summary>Takes trouble as what it is: the end, or a wait.</summary>
        private TimeSpan? RetryLater(ApplianceError trouble)
        {
            if (trouble.Failure is not (ApplianceFailure.Transient or ApplianceFailure.Conflict))
            {
                return End(Outcome.Rejected, trouble.Message);
            }

            state = state with { TroubleSince = state.TroubleSince ?? Now, Trouble = trouble.Message, Tries = state.Tries + 1 };
            return PollSchedule.Next(request.Polling, Now - state.TroubleSince!.Value, context.InstanceId, state.Tries, trouble.RetryAfter);
        }

        private TimeSpan NextPoll(TimeSpan? retryAfter) =>
            PollSchedule.Next(request.Polling, state.PastSeconds, Now - state.WatchedSince!.Value, context.InstanceId, state.Polls, retryAfter);

        private TimeSpan? End(Outcome outcome, string? reason)
        {
            state = state with { Phase = RescanPhase.Recording, Outcome = outcome, Reason = reason, TroubleSince = null, Trouble = null, Tries = 0 };
            return null;
        }

        private void EndAtDeadline()
        {
            string waited = Invariant($"within {request.Deadline:c}");
            if (state.TroubleSince is not null)
            {
                End(Outcome.Unreachable, $"The appliance did not answer as it should {waited}. Last: {state.Trouble}");
            }
            else
            {
                End(Outcome.TimedOut, state.SessionId is null ? $"No session was started {waited}." : $"Session {state.SessionId} has not ended {waited}; it goes on on the appliance.");
            }
        }

        /// <summary>Sleeps, but wakes for a cancel.</summary>
        private async Task WaitAsync(TimeSpan pause)
        {
            DateTimeOffset until = Now + pause;
            if (state.Phase != RescanPhase.Recording && until > Deadline)
            {
                until = Deadline;
            }

            Show(until);
            using CancellationTokenSource awake = new();
            Task timer = context.CreateTimer(until.UtcDateTime, awake.Token);
            if (state.CancelReason is not null)
            {
                await timer;
            }
            else if (await Task.WhenAny(timer, cancel) != timer)
            {
                // CancelAsync would leave the orchestrator's thread.
#pragma warning disable CA1849
                awake.Cancel();
#pragma warning restore CA1849
            }
        }

        private void Count(RequestCounts requests) => state = state with { Requests = state.Requests + requests };

        private void Show(DateTimeOffset? nextPollAt) => context.SetCustomStatus(
            new RescanStatus(state.Phase, state.SessionId, state.LastMessage, state.Polls, nextPollAt, state.Trouble, state.Requests)
            {
                ProgressPercent = state.ProgressPercent,
                Timeline = state.Timeline,
            });

        private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
    }
}
