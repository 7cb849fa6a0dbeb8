using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask;
using Microsoft.Extensions.Logging;
using Rescan.Functions.Activities;

namespace Rescan.Functions.Orchestrations;

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
public static class S3QuietOrchestration
{
    /// <summary>The external event, with a <see cref="S3Touch"/>.</summary>
    public const string TouchedEvent = "touched";

    /// <summary>Touches read before the instance starts anew, so that its history stays short however long a burst lasts.</summary>
    internal const int TouchesAnExecution = 100;

    /// <summary>The instance of a repository.</summary>
    public static string InstanceIdOf(string appliance, string repositoryId) => $"s3-{appliance}-{repositoryId}".ToLowerInvariant();

    /// <summary>Gathers one burst, or a part of it, and starts anew. Takes a <see cref="S3Burst"/>.</summary>
    [Function(nameof(S3QuietOrchestration))]
    public static async Task RunAsync([OrchestrationTrigger] TaskOrchestrationContext context)
    {
        S3Burst burst = context.GetInput<S3Burst>()!;
        int read = 0;
        if (burst.Due is null)
        {
            context.SetCustomStatus(new S3QuietStatus("idle"));
            burst = burst.With(await context.WaitForExternalEvent<S3Touch>(TouchedEvent), Now(context));
            read++;
        }

        using CancellationTokenSource early = new();
        DateTimeOffset wakeAt = burst.Due!.Value;
        Task timer = context.CreateTimer(wakeAt.UtcDateTime, early.Token);
        while (true)
        {
            context.SetCustomStatus(S3QuietStatus.Of("gathering", burst));
            Task<S3Touch> touched = context.WaitForExternalEvent<S3Touch>(TouchedEvent);
            if (await Task.WhenAny(touched, timer) != touched)
            {
                burst = await ReadToMarkAsync(context, burst, touched);
                break;
            }

            burst = burst.With(await touched, Now(context));
            if (++read >= TouchesAnExecution)
            {
                // CancelAsync would leave the orchestrator's thread.
#pragma warning disable CA1849
                early.Cancel();
#pragma warning restore CA1849
                context.ContinueAsNew(burst);
                return;
            }
        }

        context.ContinueAsNew(burst.Due > Now(context) ? burst : await StartAsync(context, burst));
    }

    private static async Task<S3Burst> ReadToMarkAsync(TaskOrchestrationContext context, S3Burst burst, Task<S3Touch> next)
    {
        context.SendEvent(context.InstanceId, TouchedEvent, new S3Touch(Now(context), null, IsMark: true));
        for (S3Touch touch = await next; !touch.IsMark; touch = await context.WaitForExternalEvent<S3Touch>(TouchedEvent))
        {
            burst = burst.With(touch, Now(context));
        }

        return burst;
    }

    /// <returns>The burst as it goes on: empty once a rescan answers for it, else due again after another quiet period.</returns>
    private static async Task<S3Burst> StartAsync(TaskOrchestrationContext context, S3Burst burst)
    {
        context.SetCustomStatus(S3QuietStatus.Of("starting", burst));
        ILogger log = context.CreateReplaySafeLogger(nameof(S3QuietOrchestration));
        TouchedRescanStart start;
        try
        {
            start = await context.CallActivityAsync<TouchedRescanStart>(
                nameof(StartTouchedRescan), new TouchedRescan(burst.Appliance, burst.RepositoryId, burst.RepositoryName, burst.Last!.Value + burst.Periods.Window));
        }
        catch (TaskFailedException e)
        {
            log.LogError("The rescan of repository {Repository} on appliance {Appliance} could not be started after S3 events; it is tried again: {Reason}", burst.RepositoryName, burst.Appliance, e.FailureDetails.ErrorMessage);
            start = TouchedRescanStart.Busy;
        }

        if (start == TouchedRescanStart.Busy)
        {
            return burst with { NotBefore = Now(context) + burst.Periods.Quiet };
        }

        if (start == TouchedRescanStart.Gone)
        {
            log.LogWarning("S3 events came for repository {Repository} of appliance {Appliance}, which is not there any more", burst.RepositoryName, burst.Appliance);
        }

        return new S3Burst(burst.Appliance, burst.RepositoryId, burst.RepositoryName, burst.Periods);
    }

    private static DateTimeOffset Now(TaskOrchestrationContext context) => new(context.CurrentUtcDateTime, TimeSpan.Zero);
}
