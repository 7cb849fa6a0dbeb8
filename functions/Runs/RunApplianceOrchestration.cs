using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask;
using Rescan.Functions.Appliances;
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
    private static readonly TaskOptions UntilDone = TaskOptions.FromRetryPolicy(new RetryPolicy(300, TimeSpan.FromSeconds(5), 2, TimeSpan.FromMinutes(5)));

    /// <summary>Runs the part.</summary>
    /// <param name="context">The durable context; its input is a <see cref="AppliancePartition"/>.</param>
    /// <returns>How it ended; null when it goes on as a new execution.</returns>
    [Function(nameof(RunApplianceOrchestration))]
    public static async Task<PartitionEnd?> RunAsync([OrchestrationTrigger] TaskOrchestrationContext context)
    {
        AppliancePartition partition = context.GetInput<AppliancePartition>()!;
        Task<string> cancel = context.WaitForExternalEvent<string>(RescanEvents.Cancel);
        Task<RescanEnded> ended = context.WaitForExternalEvent<RescanEnded>(RescanEnded.EventName);
        if (!partition.RepositoriesSelected)
        {
            PartitionEnd selected = await SelectAsync(context, partition, cancel);
            if (selected.Error is not null)
            {
                return selected;
            }

            partition = partition with { RepositoriesSelected = true, LeftOut = selected.LeftOut };
        }

        for (int round = 0; round < RoundsPerExecution; round++)
        {
            partition = WithStop(context, partition, cancel);
            DispatchProgress progress = await context.CallActivityAsync<DispatchProgress>(
                nameof(DispatchRescans), new DispatchRescansInput(context.InstanceId, partition.RunId, partition.Appliance, partition.Request.Deadline, partition.Request.Polling, partition.Stop), UntilDone);
            if (progress is { Running: 0, HasWaiting: false })
            {
                return new PartitionEnd(null, partition.LeftOut);
            }

            await WaitAsync(context, partition, cancel, ended);
            while (ended.IsCompletedSuccessfully)
            {
                ended = context.WaitForExternalEvent<RescanEnded>(RescanEnded.EventName);
            }
        }

        context.ContinueAsNew(WithStop(context, partition, cancel));
        return null;
    }

    private static AppliancePartition WithStop(TaskOrchestrationContext context, AppliancePartition partition, Task<string> cancel) => partition with
    {
        Stop = partition.Stop ?? (cancel.IsCompletedSuccessfully ? RunStopReason.Canceled : Now(context) >= partition.Until ? RunStopReason.TimedOut : null),
    };

    private static DateTimeOffset Now(TaskOrchestrationContext context) => new(context.CurrentUtcDateTime, TimeSpan.Zero);

    /// <summary>Lists the repositories into the run's items, waiting out what may pass.</summary>
    private static async Task<PartitionEnd> SelectAsync(TaskOrchestrationContext context, AppliancePartition partition, Task<string> cancel)
    {
        DateTimeOffset began = Now(context);
        for (int tries = 1; ; tries++)
        {
            ActivityResult<SelectedRepositories> selected = await context.CallActivityAsync<ActivityResult<SelectedRepositories>>(
                nameof(SelectRepositories), new SelectRepositoriesInput(partition.RunId, partition.Appliance.Name, partition.Request.Filter), UntilDone);
            if (selected.Error is not { } error)
            {
                return new PartitionEnd(null, selected.Value?.LeftOut ?? []);
            }

            TimeSpan pause = PollSchedule.Next(partition.Request.Polling, Now(context) - began, context.InstanceId, tries, error.RetryAfter);
            bool mayPass = error.Failure is ApplianceFailure.Transient or ApplianceFailure.Conflict;
            if (!mayPass || Now(context) + pause > began + ListingPatience || Now(context) + pause >= partition.Until)
            {
                return new PartitionEnd($"{partition.Appliance.Name}: {error.Message}", []);
            }

            await WaitAsync(context, Now(context) + pause, cancel);
            if (cancel.IsCompletedSuccessfully)
            {
                return new PartitionEnd($"{partition.Appliance.Name}: canceled before it listed its repositories. {error.Message}", []);
            }
        }
    }

    private static Task WaitAsync(TaskOrchestrationContext context, AppliancePartition partition, Task<string> cancel, Task<RescanEnded> ended)
    {
        DateTimeOffset look = Now(context) + LookAgain;
        return partition.Stop is null
            ? WaitAsync(context, look < partition.Until ? look : partition.Until, ended, cancel)
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
