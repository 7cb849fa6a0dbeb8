using Microsoft.DurableTask;
using Rescan.Functions.Durable;
using Rescan.Functions.Notifications;
using Rescan.Functions.Storage;

namespace Rescan.Functions.Rescans;

/// <summary>The end of a rescan, whichever orchestration it comes to: recorded, then told.</summary>
internal static class RescanEnding
{
    /// <summary>Writes the outcome down.</summary>
    /// <returns>The outcome, or where to go on when it could not be recorded yet. A store may be away for days; the
    /// outcome is not lost for it.</returns>
    public static async Task<(RescanOutcome? Outcome, RescanStep Step)> RecordAsync(
        TaskOrchestrationContext context, RescanRequest request, RescanState state)
    {
        RescanMoment at = new(request, context.InstanceId, context.Now());
        RecordOutcomeInput input = new(
            RescanRequest.InstanceIdOf(request.Appliance, request.Repository.Id), request, state, at.Now, state.WithoutLog);
        try
        {
            ActivityResult<RescanOutcome> answer = await context.CallActivityAsync<ActivityResult<RescanOutcome>>(
                nameof(RecordOutcome), input, OrchestrationExtensions.RetryStores);
            at = at with { Now = context.Now() };
            return answer.Value is { } outcome
                ? (outcome, new RescanStep(state with { Phase = RescanPhase.Ended, Requests = outcome.Requests, Trouble = null }))
                : (null, state.AfterNotRecorded(answer.Error, answer.Requests, at));
        }
        catch (TaskFailedException e)
        {
            return (null,
                state.AfterNotRecorded(
                    new ApplianceError(
                        Appliances.ApplianceFailure.Transient, $"The outcome could not be recorded. {e.FailureDetails.ErrorMessage}", null),
                    new(), at with { Now = context.Now() }));
        }
    }

    /// <summary>
    /// Tells those who watch. A run that watches tells the channels of all its rescans at once; else they are told of this one.
    /// </summary>
    public static async Task TellAsync(
        TaskOrchestrationContext context, RescanOutcome outcome, string requestId, IReadOnlyList<string> watchers)
    {
        TellWatchers(context, outcome, requestId, watchers.Where(w => !Waits(w)));
        if (watchers.All(Waits))
        {
            await NotificationOrchestration.BeginAsync(context, new Notification(requestId) { Rescan = outcome });
        }
    }

    /// <summary>Whether a watcher is the rescan that comes next.</summary>
    public static bool Waits(string watcher) => watcher.StartsWith(RescanRequest.WaitingIdPrefix, StringComparison.Ordinal);

    /// <summary>Tells instances that wait for the end.</summary>
    public static void TellWatchers(TaskOrchestrationContext context, RescanOutcome outcome, string requestId, IEnumerable<string> watchers)
    {
        foreach (string watcher in watchers)
        {
            context.SendEvent(watcher, RescanEnded.EventName, new RescanEnded(outcome.Id, requestId, outcome.Outcome));
        }
    }
}
