using System.Globalization;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask;
using Rescan.Functions.Appliances;
using Rescan.Functions.Durable;
using Rescan.Functions.Notifications;
using Rescan.Functions.Polling;
using Rescan.Functions.Rescans;
using Rescan.Functions.Storage;

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

    /// <summary>How long an appliance may not answer before somebody is told, while it is still tried.</summary>
    private static readonly TimeSpan TellAfter = TimeSpan.FromMinutes(10);

    private static readonly TimeSpan LookAgain = TimeSpan.FromMinutes(2);

    /// <summary>Runs the part.</summary>
    /// <param name="context">The durable context; its input is a <see cref="AppliancePartition"/>.</param>
    /// <returns>How it ended; null when it goes on as a new execution.</returns>
    [Function(nameof(RunApplianceOrchestration))]
    public static async Task<PartitionEnd?> RunAsync([OrchestrationTrigger] TaskOrchestrationContext context)
    {
        AppliancePartition partition = context.GetInput<AppliancePartition>()!;
        Task<RescanCancel> cancel = context.WaitForExternalEvent<RescanCancel>(RescanEvents.Cancel);
        Task<RescanEnded> ended = context.WaitForExternalEvent<RescanEnded>(RescanEnded.EventName);
        if (partition.Selected is null)
        {
            PartitionEnd listing = await SelectAsync(context, partition, cancel);
            if (listing.Error is not null)
            {
                return listing;
            }

            partition = partition with { Selected = listing.Selected };
        }

        for (int round = 0; round < RoundsPerExecution; round++)
        {
            partition = WithStop(context, partition, cancel);
            bool lookAtAll = context.Now() >= partition.LookAgainAt;
            DispatchProgress progress = await context.CallActivityAsync<DispatchProgress>(
                nameof(DispatchRescans), InputOf(context.InstanceId, partition, lookAtAll), OrchestrationExtensions.RetryStoresForADay);
            if (progress is { Running: 0, HasWaiting: false })
            {
                return new PartitionEnd(null, partition.Selected);
            }

            // No later than that from now, so that a clock that was set back does not put it off.
            DateTimeOffset lookAgainAt = context.Now() + LookAgain;
            partition = partition with
            {
                LookAgainAt = lookAtAll || lookAgainAt < partition.LookAgainAt
                ? lookAgainAt : partition.LookAgainAt
            };
            partition = await NoteTroubleAsync(context, partition, progress.Trouble);
            if (await WaitAsync(context, partition, cancel, ended))
            {
                partition = partition with { LookAgainAt = default };
            }

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
        id, partition.RunId, partition.Appliance, partition.Request.Deadline, partition.Request.Polling, partition.Stop, partition.Ended,
        lookAtAll);

    /// <summary>Once the run stops, what to do about each rescan in flight is decided anew.</summary>
    private static AppliancePartition WithStop(TaskOrchestrationContext context, AppliancePartition partition, Task<RescanCancel> cancel) =>
        partition.Stop is not null ? partition
        : cancel.IsCompletedSuccessfully ? partition with { Stop = RunStopReason.Canceled, LookAgainAt = default }
        : context.Now() >= partition.Until ? partition with { Stop = RunStopReason.TimedOut, LookAgainAt = default }
        : partition;

    /// <summary>Lists the repositories into the run's items, waiting out what may pass.</summary>
    private static async Task<PartitionEnd> SelectAsync(
        TaskOrchestrationContext context, AppliancePartition partition, Task<RescanCancel> cancel)
    {
        DateTimeOffset began = context.Now();
        DateTimeOffset givesUpAt = began + ListingPatience < partition.Until ? began + ListingPatience : partition.Until;
        bool isTold = false;
        for (int tries = 1; ; tries++)
        {
            ActivityResult<SelectedRepositories> selected = await context.CallActivityAsync<ActivityResult<SelectedRepositories>>(
                nameof(SelectRepositories), new SelectRepositoriesInput(
                    partition.RunId, partition.Appliance.Name, partition.Request.Filter, partition.Request.Repeats),
                OrchestrationExtensions.RetryStoresForADay);
            if (selected.Error is not { } error)
            {
                context.SetCustomStatus(null);
                if (isTold)
                {
                    await TellAsync(context, partition, ApplianceEvent.AnswersAgain, began, null);
                }

                return new PartitionEnd(null, selected.Value);
            }

            TimeSpan pause = PollSchedule.Next(
                partition.Request.Polling, context.Now() - began, context.InstanceId, tries, error.RetryAfter);
            DateTimeOffset next = context.Now() + pause;
            bool mayPass = error.Failure is ApplianceFailure.Transient or ApplianceFailure.Conflict;
            if (!mayPass || next > began + ListingPatience || next >= partition.Until)
            {
                if (!isTold)
                {
                    await TellAsync(
                        context, partition, mayPass ? ApplianceEvent.DoesNotAnswer : ApplianceEvent.Refuses, began, error.Message);
                }

                return new PartitionEnd($"{partition.Appliance.Name}: {error.Message}", null)
                {
                    Outcome = mayPass ? Outcome.Unreachable : Outcome.Rejected,
                };
            }

            context.SetCustomStatus(new PartitionTrouble(error.Message, began, next, givesUpAt));
            if (!isTold && next >= began + TellAfter)
            {
                DateTimeOffset tell = began + TellAfter;
                if (tell > context.Now())
                {
                    pause = next - tell;
                    await context.WaitAsync(tell, cancel);
                }

                if (!cancel.IsCompletedSuccessfully)
                {
                    await TellAsync(context, partition, ApplianceEvent.DoesNotAnswer, began, error.Message);
                    isTold = true;
                }
            }

            await context.WaitAsync(context.Now() + pause, cancel);
            if (cancel.IsCompletedSuccessfully)
            {
                return new PartitionEnd($"{partition.Appliance.Name}: canceled before it listed its repositories. {error.Message}", null)
                {
                    Outcome = Outcome.Canceled,
                };
            }
        }
    }

    /// <summary>Shows that the appliance does not answer the rescans in flight, and has it told once that has lasted.</summary>
    private static async Task<AppliancePartition> NoteTroubleAsync(
        TaskOrchestrationContext context, AppliancePartition partition, string? trouble)
    {
        if (trouble is null)
        {
            if (partition.TroubleSince is not { } was)
            {
                return partition;
            }

            context.SetCustomStatus(null);
            if (partition.IsTroubleTold)
            {
                await TellAsync(context, partition, ApplianceEvent.AnswersAgain, was, null);
            }

            return partition with { TroubleSince = null, IsTroubleTold = false };
        }

        DateTimeOffset since = partition.TroubleSince ?? context.Now();
        context.SetCustomStatus(new PartitionTrouble(trouble, since, context.Now() + LookAgain, null));
        bool isDue = !partition.IsTroubleTold && context.Now() >= since + TellAfter;
        if (isDue)
        {
            await TellAsync(context, partition, ApplianceEvent.DoesNotAnswer, since, trouble);
        }

        return partition with { TroubleSince = since, IsTroubleTold = partition.IsTroubleTold || isDue };
    }

    /// <summary>A retry tells nothing on its way: what comes of it is told with the whole.</summary>
    private static Task TellAsync(
        TaskOrchestrationContext context, AppliancePartition partition, ApplianceEvent what, DateTimeOffset since, string? reason) =>
        partition.Request.Repeats is { Try: > 1 } ? Task.CompletedTask
        : NotificationOrchestration.BeginAsync(context, new Notification(
            string.Create(CultureInfo.InvariantCulture, $"{partition.RunId}-{partition.Appliance.Name}-{what}-{since:yyyyMMddHHmmss}")
            .ToLowerInvariant())
        {
            Appliance = new ApplianceNotice(partition.Appliance.Name, what, since, context.Now(), reason, partition.RunId),
        });

    private static Task<bool> WaitAsync(
        TaskOrchestrationContext context, AppliancePartition partition, Task<RescanCancel> cancel, Task<RescanEnded> ended)
    {
        DateTimeOffset look = partition.LookAgainAt;
        return partition.Stop is null
            ? context.WaitAsync(look < partition.Until ? look : partition.Until, ended, cancel)
            : context.WaitAsync(look, ended);
    }
}
