using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask;
using Rescan.Functions.Appliances;
using Rescan.Functions.Durable;
using Rescan.Functions.Polling;
using Rescan.Functions.Rescans;

namespace Rescan.Functions.Runs;

/// <summary>
/// One appliance's part of a run: at most so many rescans in flight. Rescans are started or joined as instances of their own, since a
/// sub-orchestration cannot join an instance that somebody else started. How far it has come stands in the outcome store, and
/// <see cref="DispatchRescans"/> takes it from there, so the history holds no lists and a lost event costs a wait, never a repository.
/// </summary>
public static class RunApplianceOrchestration
{
    /// <summary>Rounds before ContinueAsNew. A round is an activity, a timer and the events of at most all rescans in flight.</summary>
    private const int RoundsPerExecution = 25;

    /// <summary>How long an appliance may fail to list its repositories before the run goes on without it.</summary>
    private static readonly TimeSpan ListingPatience = TimeSpan.FromHours(1);

    private static readonly TimeSpan LookAgain = TimeSpan.FromMinutes(2);

    /// <summary>Runs the part.</summary>
    /// <param name="context">The durable context; its input is a <see cref="AppliancePartition"/>.</param>
    /// <returns>Why the appliance's repositories could not be rescanned; null when they could.</returns>
    [Function(nameof(RunApplianceOrchestration))]
    public static async Task<string?> RunAsync([OrchestrationTrigger] TaskOrchestrationContext context)
    {
        AppliancePartition partition = context.GetInput<AppliancePartition>()!;
        Task<string> cancel = context.WaitForExternalEvent<string>(RescanEvents.Cancel);
        Task<RescanEnded> ended = context.WaitForExternalEvent<RescanEnded>(RescanEnded.EventName);
        if (!partition.RepositoriesSelected)
        {
            if (await SelectAsync(context, partition, cancel) is { } error)
            {
                return error;
            }

            partition = partition with { RepositoriesSelected = true };
        }

        for (int round = 0; round < RoundsPerExecution; round++)
        {
            partition = WithStop(context, partition, cancel);
            bool lookAtAll = context.Now() >= partition.LookAgainAt;
            DispatchProgress progress = await context.CallActivityAsync<DispatchProgress>(
                nameof(DispatchRescans), InputOf(context.InstanceId, partition, lookAtAll), OrchestrationExtensions.RetryStoresForADay);
            if (progress is { Running: 0, HasWaiting: false })
            {
                return null;
            }

            partition = partition with { LookAgainAt = lookAtAll ? context.Now() + LookAgain : partition.LookAgainAt };
            await WaitAsync(context, partition, cancel, ended);
            List<RescanEnded> told = [];
            while (ended.IsCompletedSuccessfully)
            {
                told.Add(ended.Result);
                ended = context.WaitForExternalEvent<RescanEnded>(RescanEnded.EventName);
            }

            partition = partition with { Ended = told };
        }

        context.ContinueAsNew(WithStop(context, partition, cancel));
        return null;
    }

    private static DispatchRescansInput InputOf(string id, AppliancePartition partition, bool lookAtAll) => new(
        id, partition.RunId, partition.Appliance, partition.Request.Deadline, partition.Request.Polling, partition.Stop, partition.Ended, lookAtAll);

    /// <summary>Once the run stops, what to do about each rescan in flight is decided anew.</summary>
    private static AppliancePartition WithStop(TaskOrchestrationContext context, AppliancePartition partition, Task<string> cancel) =>
        partition.Stop is not null ? partition
        : cancel.IsCompletedSuccessfully ? partition with { Stop = RunStopReason.Canceled, LookAgainAt = default }
        : context.Now() >= partition.Until ? partition with { Stop = RunStopReason.TimedOut, LookAgainAt = default }
        : partition;

    /// <summary>Lists the repositories into the run's items, waiting out what may pass.</summary>
    private static async Task<string?> SelectAsync(TaskOrchestrationContext context, AppliancePartition partition, Task<string> cancel)
    {
        DateTimeOffset began = context.Now();
        for (int tries = 1; ; tries++)
        {
            ActivityResult<SelectedRepositories> selected = await context.CallActivityAsync<ActivityResult<SelectedRepositories>>(
                nameof(SelectRepositories), new SelectRepositoriesInput(partition.RunId, partition.Appliance.Name, partition.Request.Filter), OrchestrationExtensions.RetryStoresForADay);
            if (selected.Error is not { } error)
            {
                return null;
            }

            TimeSpan pause = PollSchedule.Next(partition.Request.Polling, context.Now() - began, context.InstanceId, tries, error.RetryAfter);
            bool mayPass = error.Failure is ApplianceFailure.Transient or ApplianceFailure.Conflict;
            if (!mayPass || context.Now() + pause > began + ListingPatience || context.Now() + pause >= partition.Until)
            {
                return $"{partition.Appliance.Name}: {error.Message}";
            }

            await context.WaitAsync(context.Now() + pause, cancel);
            if (cancel.IsCompletedSuccessfully)
            {
                return $"{partition.Appliance.Name}: canceled before it listed its repositories. {error.Message}";
            }
        }
    }

    private static Task WaitAsync(TaskOrchestrationContext context, AppliancePartition partition, Task<string> cancel, Task<RescanEnded> ended)
    {
        DateTimeOffset look = partition.LookAgainAt;
        return partition.Stop is null
            ? context.WaitAsync(look < partition.Until ? look : partition.Until, ended, cancel)
            : context.WaitAsync(look, ended);
    }
}
