using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask;
using Rescan.Functions.Activities;
using Rescan.Functions.Appliance;
using Rescan.Functions.Polling;

namespace Rescan.Functions.Orchestrations;

/// <summary>
/// One appliance's share of a run: at most so many rescans in flight. Rescans are started or joined as instances of their own, since a
/// sub-orchestration cannot join an instance that somebody else started. How far the share has come stands in the outcome store, and
/// <see cref="AdvanceShare"/> takes it from there, so the history holds no lists and a lost event costs a wait, never a repository.
/// </summary>
public static class FleetApplianceOrchestration
{
    /// <summary>Rounds before ContinueAsNew. A round is an activity, a timer and the events of at most all rescans in flight.</summary>
    private const int RoundsPerExecution = 25;

    /// <summary>How long an appliance may fail to list its repositories before the run goes on without it.</summary>
    private static readonly TimeSpan ListingPatience = TimeSpan.FromHours(1);

    private static readonly TimeSpan LookAgain = TimeSpan.FromMinutes(2);
    private static readonly TaskOptions UntilAdvanced = TaskOptions.FromRetryPolicy(new RetryPolicy(300, TimeSpan.FromSeconds(5), 2, TimeSpan.FromMinutes(5)));

    /// <summary>Runs the share.</summary>
    /// <param name="context">The durable context; its input is a <see cref="FleetShare"/>.</param>
    /// <returns>Why the appliance's repositories could not be rescanned; null when they could.</returns>
    [Function(nameof(FleetApplianceOrchestration))]
    public static async Task<string?> RunAsync([OrchestrationTrigger] TaskOrchestrationContext context)
    {
        FleetShare share = context.GetInput<FleetShare>()!;
        Task<string> cancel = context.WaitForExternalEvent<string>(RescanEvents.Cancel);
        Task<RescanEnded> ended = context.WaitForExternalEvent<RescanEnded>(RescanEnded.EventName);
        if (!share.IsPlanned)
        {
            if (await PlanAsync(context, share, cancel) is { } error)
            {
                return error;
            }

            share = share with { IsPlanned = true };
        }

        for (int round = 0; round < RoundsPerExecution; round++)
        {
            share = Stopped(context, share, cancel);
            ShareProgress progress = await context.CallActivityAsync<ShareProgress>(
                nameof(AdvanceShare), new AdvanceShareInput(context.InstanceId, share.RunId, share.Appliance, share.Fleet.Deadline, share.Fleet.Polling, share.Stop), UntilAdvanced);
            if (progress is { Running: 0, HasWaiting: false })
            {
                return null;
            }

            await WaitAsync(context, share, cancel, ended);
            while (ended.IsCompletedSuccessfully)
            {
                ended = context.WaitForExternalEvent<RescanEnded>(RescanEnded.EventName);
            }
        }

        context.ContinueAsNew(Stopped(context, share, cancel));
        return null;
    }

    private static FleetShare Stopped(TaskOrchestrationContext context, FleetShare share, Task<string> cancel) => share with
    {
        Stop = share.Stop ?? (cancel.IsCompletedSuccessfully ? ShareStop.Canceled : Now(context) >= share.Until ? ShareStop.TimedOut : null),
    };

    private static DateTimeOffset Now(TaskOrchestrationContext context) => new(context.CurrentUtcDateTime, TimeSpan.Zero);

    /// <summary>Lists the repositories into the run's items, waiting out what may pass.</summary>
    private static async Task<string?> PlanAsync(TaskOrchestrationContext context, FleetShare share, Task<string> cancel)
    {
        DateTimeOffset began = Now(context);
        for (int tries = 1; ; tries++)
        {
            ActivityAnswer<SharePlan> plan = await context.CallActivityAsync<ActivityAnswer<SharePlan>>(
                nameof(PlanShare), new PlanShareInput(share.RunId, share.Appliance.Name, share.Fleet.Filter), UntilAdvanced);
            if (plan.Trouble is not { } trouble)
            {
                return null;
            }

            TimeSpan pause = PollSchedule.Next(share.Fleet.Polling, Now(context) - began, context.InstanceId, tries, trouble.RetryAfter);
            bool mayPass = trouble.Failure is ApplianceFailure.Transient or ApplianceFailure.Conflict;
            if (!mayPass || Now(context) + pause > began + ListingPatience || Now(context) + pause >= share.Until)
            {
                return $"{share.Appliance.Name}: {trouble.Message}";
            }

            await WaitAsync(context, Now(context) + pause, cancel);
            if (cancel.IsCompletedSuccessfully)
            {
                return $"{share.Appliance.Name}: canceled before it listed its repositories. {trouble.Message}";
            }
        }
    }

    private static Task WaitAsync(TaskOrchestrationContext context, FleetShare share, Task<string> cancel, Task<RescanEnded> ended)
    {
        DateTimeOffset look = Now(context) + LookAgain;
        return share.Stop is null
            ? WaitAsync(context, look < share.Until ? look : share.Until, ended, cancel)
            : WaitAsync(context, look, ended);
    }

    private static async Task WaitAsync(TaskOrchestrationContext context, DateTimeOffset until, params Task[] events)
    {
        using CancellationTokenSource awake = new();
        Task timer = context.CreateTimer(until.UtcDateTime, awake.Token);
        if (await Task.WhenAny([timer, .. events]) != timer)
        {
            // CancelAsync would leave the orchestrator's thread.
#pragma warning disable CA1849
            awake.Cancel();
#pragma warning restore CA1849
        }
    }
}
