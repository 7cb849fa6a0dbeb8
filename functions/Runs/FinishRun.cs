using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Rescan.Functions.Configuration;
using Rescan.Functions.Notifications;
using Rescan.Functions.Rescans;
using Rescan.Functions.Storage;

namespace Rescan.Functions.Runs;

/// <summary>The end of a run.</summary>
/// <param name="RunId">Its id.</param>
/// <param name="StartedAt">When it began, UTC.</param>
/// <param name="FinishedAt">When it ended, UTC.</param>
/// <param name="Stop">What ended it before every repository was seen to; null when nothing did.</param>
/// <param name="Ends">How each appliance's part of it ended.</param>
/// <param name="Filter">Which repositories it took.</param>
public sealed record FinishRunInput(
    string RunId, DateTimeOffset StartedAt, DateTimeOffset FinishedAt, RunStopReason? Stop, IReadOnlyList<PartitionEnd> Ends,
    RunFilter? Filter = null)
{
    /// <summary>Who or what canceled it; null when nobody did, or where that is not known.</summary>
    public Initiator? CanceledBy { get; init; }
}

/// <summary>A run that has ended.</summary>
/// <param name="Run">As it was written down.</param>
/// <param name="Notification">As it is told to those who want to be; null while it waits to be retried.</param>
public sealed record FinishedRun(RunRecord Run, Notification? Notification);

/// <summary>Writes the report of a run down once.</summary>
/// <param name="runs">Where runs are kept.</param>
/// <param name="options">The settings.</param>
/// <param name="metrics">What is measured.</param>
/// <param name="log">The log.</param>
public sealed class FinishRun(RunStore runs, IOptions<RescanOptions> options, RescanMetrics metrics, ILogger<FinishRun> log)
{
    /// <summary>Writes.</summary>
    /// <param name="input">The end.</param>
    /// <param name="cancellationToken">Ends with the host.</param>
    /// <returns>The run as written down.</returns>
    [Function(nameof(FinishRun))]
    public async Task<FinishedRun> RunAsync([ActivityTrigger] FinishRunInput input, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(input);
        IReadOnlyList<RunItem> items = await runs.GetItemsAsync(input.RunId, null, null, int.MaxValue, cancellationToken);
        RunItem[] left = [
            .. items.Where(i => i.State != RunItemState.Ended)
            .Select(i =>
                i with { State = RunItemState.Ended, Reason = "The run gave its appliance up; a rescan under way goes on by itself." })];
        if (left.Length > 0)
        {
            await runs.UpdateItemsAsync(input.RunId, left, cancellationToken);
            items = await runs.GetItemsAsync(input.RunId, null, null, int.MaxValue, cancellationToken);
        }

        RunRecord begun = await runs.GetRunAsync(input.RunId, cancellationToken)
            ?? new RunRecord { Id = input.RunId, Status = RunStatus.Running, StartedAt = input.StartedAt };
        RunRecord end = begun with
        {
            Status = input.Stop switch
            {
                RunStopReason.Canceled => RunStatus.Canceled,
                RunStopReason.TimedOut => RunStatus.TimedOut,
                _ => RunStatus.Completed
            },
            FinishedAt = input.FinishedAt,
            CanceledBy = input.CanceledBy,
            Counts = RunSummary.Count(items),
            Errors = [.. input.Ends.Select(e => e.Error).OfType<string>()],
            Unlisted = RunReport.Unlisted(input.Ends),
            Warnings = RunReport.Warnings(items, input.Filter, [.. input.Ends.Select(e => e.Selected).OfType<SelectedRepositories>()]),
        };
        RunRecord run = await runs.FinishRunAsync(end with { Retry = RunRetries.Plan(end, items, options.Value.Retry) }, cancellationToken);
        foreach (string warning in run.Warnings)
        {
            log.LogWarning("Run {RunId}: {Warning}", run.Id, warning);
        }

        RunSummary summary = RunSummary.Of(run, items);
        LogLevel level = summary.Failed + run.Errors.Count > 0 ? LogLevel.Error : run.Warnings.Count > 0
            ? LogLevel.Warning : LogLevel.Information;
        log.Log(level, "Run ended: id={RunId} status={Status} {Counts} errors={Errors}", run.Id, run.Status,
            string.Join(' ', run.Counts.Select(c => $"{c.Key}={c.Value}")), run.Errors.Count);
        metrics.RunEnded(level switch { LogLevel.Error => Outcome.Failed, LogLevel.Warning => Outcome.Warning, _ => Outcome.Succeeded });
        if (run.Retry is { } retry)
        {
            log.LogInformation("Run {RunId} is retried at {DueAt:u}, for what failed in it", run.Id, retry.DueAt);
            return new FinishedRun(run, null);
        }

        return new FinishedRun(run, await RunRetries.NotificationOfAsync(runs, run, cancellationToken));
    }
}
