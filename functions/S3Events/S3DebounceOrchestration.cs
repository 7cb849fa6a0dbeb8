using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask;
using Microsoft.Extensions.Logging;
using Rescan.Functions.Durable;

namespace Rescan.Functions.S3Events;

/// <summary>
/// Gathers the S3 events of one repository until it has been quiet, then has it rescanned once. One instance for each repository,
/// which never ends: an instance that ended could not take in an event that arrives at that moment. Events wait in the task hub,
/// so a restart loses none.
/// <para>
/// No event may be waited for when the instance starts anew or calls an activity: one that arrives then would be handed to a wait
/// that nobody reads. Canceling the wait does not help, as a canceled one takes its event all the same. So when the time is up the
/// instance sends itself a mark and reads on until it finds it.
/// </para>
/// </summary>
public static class S3DebounceOrchestration
{
    /// <summary>The external event, with a <see cref="S3ObjectCreated"/>.</summary>
    public const string ObjectCreatedEvent = "object-created";

    /// <summary>Events read before the instance starts anew, so that its history stays short however long events keep coming.</summary>
    internal const int EventsPerExecution = 100;

    /// <summary>The instance of a repository.</summary>
    public static string InstanceIdOf(string appliance, string repositoryId) => $"s3-{appliance}-{repositoryId}".ToLowerInvariant();

    /// <summary>Gathers the events of one rescan, or a part of them, and starts anew. Takes a <see cref="S3DebounceState"/>.</summary>
    [Function(nameof(S3DebounceOrchestration))]
    public static async Task RunAsync([OrchestrationTrigger] TaskOrchestrationContext context)
    {
        S3DebounceState state = context.GetInput<S3DebounceState>()!;
        int read = 0;
        if (state.Due is null)
        {
            context.SetCustomStatus(new S3DebounceStatus("idle"));
            state = state.With(await context.WaitForExternalEvent<S3ObjectCreated>(ObjectCreatedEvent), context.Now());
            read++;
        }

        using CancellationTokenSource early = new();
        DateTimeOffset wakeAt = state.Due!.Value;
        Task timer = context.CreateTimer(wakeAt.UtcDateTime, early.Token);
        while (true)
        {
            context.SetCustomStatus(S3DebounceStatus.Of("gathering", state));
            Task<S3ObjectCreated> created = context.WaitForExternalEvent<S3ObjectCreated>(ObjectCreatedEvent);
            if (await Task.WhenAny(created, timer) != created)
            {
                state = await ReadToMarkAsync(context, state, created);
                break;
            }

            state = state.With(await created, context.Now());
            if (++read >= EventsPerExecution)
            {
                // CancelAsync would leave the orchestrator's thread.
#pragma warning disable CA1849
                early.Cancel();
#pragma warning restore CA1849
                context.ContinueAsNew(state);
                return;
            }
        }

        // Due as it was when the timer was set is due now, though a clock that was set back may say otherwise.
        bool isDue = state.Due == wakeAt || state.Due <= context.Now();
        context.ContinueAsNew(isDue ? await StartAsync(context, state) : state);
    }

    private static async Task<S3DebounceState> ReadToMarkAsync(
        TaskOrchestrationContext context, S3DebounceState state, Task<S3ObjectCreated> next)
    {
        context.SendEvent(context.InstanceId, ObjectCreatedEvent, new S3ObjectCreated(context.Now(), null, IsMark: true));
        for (S3ObjectCreated created = await next; !created.IsMark;
            created = await context.WaitForExternalEvent<S3ObjectCreated>(ObjectCreatedEvent))
        {
            state = state.With(created, context.Now());
        }

        return state;
    }

    /// <returns>The state as it goes on: empty once a rescan answers for it, else due again after another quiet period.</returns>
    private static async Task<S3DebounceState> StartAsync(TaskOrchestrationContext context, S3DebounceState state)
    {
        context.SetCustomStatus(S3DebounceStatus.Of("starting", state));
        ILogger log = context.CreateReplaySafeLogger(nameof(S3DebounceOrchestration));
        StartRescanForS3EventsResult start;
        try
        {
            start = await context.CallActivityAsync<StartRescanForS3EventsResult>(
                nameof(StartRescanForS3Events), new StartRescanForS3EventsInput(
                    state.Appliance, state.RepositoryId, state.RepositoryName, state.Last!.Value + state.Periods.Window));
        }
        catch (TaskFailedException e)
        {
            log.LogError(
                "The rescan of repository {Repository} on appliance {Appliance} could not be started after S3 events; it is tried again: "
                    + "{Reason}", state.RepositoryName, state.Appliance, e.FailureDetails.ErrorMessage);
            start = StartRescanForS3EventsResult.Busy;
        }

        if (start == StartRescanForS3EventsResult.Busy)
        {
            return state with { NotBefore = context.Now() + state.Periods.Quiet };
        }

        if (start == StartRescanForS3EventsResult.Gone)
        {
            log.LogWarning(
                "S3 events came for repository {Repository} of appliance {Appliance}, which is not there any more", state.RepositoryName,
                state.Appliance);
        }

        return new S3DebounceState(state.Appliance, state.RepositoryId, state.RepositoryName, state.Periods);
    }
}
