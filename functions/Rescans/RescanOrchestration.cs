using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask;
using Rescan.Functions.Appliances;
using Rescan.Functions.Durable;
using Rescan.Functions.Storage;

namespace Rescan.Functions.Rescans;

/// <summary>
/// One rescan: sign in, post it, watch the session to its end, record the outcome. What follows from an answer, <see cref="RescanState"/>
/// decides; this only performs it, with durable timers.
/// </summary>
public static class RescanOrchestration
{
    /// <summary>
    /// Steps before ContinueAsNew. A step is an activity and a timer, on Azure eight history events, so that no replay reads a hundred.
    /// </summary>
    private const int StepsPerExecution = 10;

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
        private readonly RescanInbox inbox = new(context, request.Watchers);
        private RescanState state = request.State ?? new RescanState
        {
            RequestId = request.RequestId ?? context.NewGuid().ToString("N"), StartedAt = context.Now(),
        };

        private RescanMoment At => new(request, context.InstanceId, context.Now());

        public RescanRequest Carried()
        {
            state = inbox.Take(state);
            return request with { State = state, Watchers = inbox.Watchers };
        }

        /// <summary>One request to the appliance and the wait after it.</summary>
        /// <returns>The outcome once it is recorded, else null.</returns>
        public async Task<RescanOutcome?> StepAsync()
        {
            (state, RescanAction action) = inbox.Take(state).Next(At);
            Show(null);
            RescanStep step;
            if (action == RescanAction.Record)
            {
                (RescanOutcome? outcome, step) = await RescanEnding.RecordAsync(context, request, state);
                if (outcome is not null)
                {
                    return await EndAsync(outcome, step.State);
                }
            }
            else
            {
                step = await ActAsync(action);
            }

            state = step.State;
            if (step.Wait > TimeSpan.Zero)
            {
                await WaitAsync(step.Wait);
            }

            return null;
        }

        private async Task WaitAsync(TimeSpan wait)
        {
            DateTimeOffset since = context.Now();
            DateTimeOffset until;
            do
            {
                state = inbox.TakeLooks(state);

                // The clock may have been set back since: then the wait begins again, and is not longer by as much.
                since = since < context.Now() ? since : context.Now();
                until = state.NextPollAt(since, since + wait, At);
                Show(until);
            }
            while (!await context.WaitAsync(until, inbox.Cancel, inbox.Look) && !inbox.Cancel.IsCompleted);
        }

        private async Task<RescanStep> ActAsync(RescanAction action)
        {
            string appliance = request.Appliance;
            switch (action)
            {
                case RescanAction.SignIn:
                    return state.AfterSignIn(await AskAsync<SignInResult>(nameof(SignIn), new SignInInput(appliance)), At);
                case RescanAction.Start or RescanAction.Find:
                    StartRescanInput start = new(state.RequestId, appliance, request.Repository.Id, AdoptOnly: action == RescanAction.Find);
                    return state.AfterStart(await AskAsync<StartedRescan>(nameof(StartRescan), start), At);
                case RescanAction.Stop:
                    return state.AfterStop(await AskAsync<string>(nameof(StopSession), new SessionInput(appliance, state.SessionId!)), At);
                default:
                    return state.AfterPoll(
                        await AskAsync<SessionSnapshot>(
                            nameof(PollSession), new SessionInput(appliance, state.SessionId!, state.LogTooLarge)), At);
            }
        }

        private async Task<RescanOutcome> EndAsync(RescanOutcome outcome, RescanState end)
        {
            state = inbox.Take(end);
            Show(null);
            int told = inbox.Watchers.Count;
            await RescanEnding.TellAsync(context, outcome, state.RequestId, inbox.Watchers);

            // Those who came while the channels were told, and the one that may start only when this has ended, which it does with this
            // turn.
            state = inbox.Take(state);
            RescanEnding.TellWatchers(
                context, outcome, state.RequestId, inbox.Watchers.Where((w, i) => i >= told || RescanEnding.Waits(w)));
            return outcome;
        }

        /// <summary>
        /// Runs an activity; one that fails on our own side, such as for the outcome store being away, is trouble that may pass.
        /// </summary>
        private async Task<ActivityResult<T>> AskAsync<T>(string activity, object input)
            where T : class
        {
            try
            {
                return await context.CallActivityAsync<ActivityResult<T>>(activity, input);
            }
            catch (TaskFailedException e)
            {
                return new ActivityResult<T>(
                    null,
                    new ApplianceError(
                        ApplianceFailure.Transient, $"This app could not do its part. {e.FailureDetails.ErrorMessage}", null),
                    new RequestCounts());
            }
        }

        private void Show(DateTimeOffset? nextPollAt) => context.SetCustomStatus(
            new RescanStatus(state.Phase, state.SessionId, state.LastMessage, state.Polls, nextPollAt, state.Trouble, state.Requests)
            {
                ProgressPercent = state.ProgressPercent,
                Timeline = state.Timeline,
                LookedOnUntil = state.LookedOnUntil,
                CanceledBy = state.CanceledBy,
            });
    }
}
