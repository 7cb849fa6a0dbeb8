using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask;
using Rescan.Functions.Durable;
using Rescan.Functions.Storage;

namespace Rescan.Functions.Rescans;

/// <summary>
/// A rescan that was asked for while the one before it was ending: waits until that has ended, then starts. It is canceled, and runs out of
/// time, like any other.
/// </summary>
public static class WaitingRescanOrchestration
{
    private const int StepsPerExecution = 15;
    private static readonly TimeSpan LongestLook = TimeSpan.FromSeconds(15);

    /// <summary>Waits and starts.</summary>
    /// <param name="context">The durable context; its input is a <see cref="RescanRequest"/> with its state.</param>
    /// <returns>The outcome when it ended while it waited, else null.</returns>
    [Function(nameof(WaitingRescanOrchestration))]
    public static async Task<RescanOutcome?> RunAsync([OrchestrationTrigger] TaskOrchestrationContext context)
    {
        RescanRequest request = context.GetInput<RescanRequest>()!;
        RescanInbox inbox = new(context, request.Watchers);
        Task<RescanEnded> ended = context.WaitForExternalEvent<RescanEnded>(RescanEnded.EventName);
        RescanState state = request.State!;
        for (int step = 0; step < StepsPerExecution; step++)
        {
            state = inbox.Take(state);
            RescanMoment at = new(request, context.InstanceId, context.Now());
            if (state.Phase != RescanPhase.Recording && state.CancelReason is not null)
            {
                state = state.Ended(Outcome.Canceled, state.CancelReason);
            }
            else if (state.Phase != RescanPhase.Recording && at.Now >= state.StartedAt + request.Deadline)
            {
                state = state.EndedAtDeadline(at);
            }

            context.SetCustomStatus(
                new RescanStatus(state.Phase, null, "Waits for the rescan before it to end.", 0, null, null, state.Requests)
                {
                    CanceledBy = state.CanceledBy,
                });
            RescanRequest now = request with { State = state, Watchers = inbox.Watchers };
            DateTimeOffset look;
            if (state.Phase == RescanPhase.Recording)
            {
                (RescanOutcome? outcome, RescanStep next) = await RescanEnding.RecordAsync(context, request, state);
                state = next.State;
                if (outcome is not null)
                {
                    state = inbox.Take(state);
                    await RescanEnding.TellAsync(context, outcome, state.RequestId, inbox.Watchers);
                    return outcome;
                }

                look = context.Now() + next.Wait;
            }
            else if (await StartAsync(context, now))
            {
                return null;
            }
            else
            {
                DateTimeOffset deadline = state.StartedAt + request.Deadline;
                look = context.Now() + LongestLook;
                look = look < deadline ? look : deadline;
            }

            await context.WaitAsync(look, inbox.Cancel, ended);
            while (ended.IsCompletedSuccessfully)
            {
                ended = context.WaitForExternalEvent<RescanEnded>(RescanEnded.EventName);
            }
        }

        context.ContinueAsNew(request with { State = inbox.Take(state), Watchers = inbox.Watchers });
        return null;
    }

    private static async Task<bool> StartAsync(TaskOrchestrationContext context, RescanRequest request)
    {
        try
        {
            return (await context.CallActivityAsync<StartedWaiting>(
                nameof(StartWaitingRescan), new StartWaitingRescanInput(context.InstanceId, request))).Started;
        }
        catch (TaskFailedException)
        {
            return false;
        }
    }
}
