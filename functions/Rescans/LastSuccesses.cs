using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Rescan.Functions.Storage;

namespace Rescan.Functions.Rescans;

/// <summary>
/// Tells the metrics when each repository last succeeded: at the start, and now and then, since other processes rescan too.
/// </summary>
internal sealed partial class LastSuccesses(OutcomeStore outcomes, RescanMetrics metrics, TimeProvider time, ILogger<LastSuccesses> log)
    : BackgroundService
{
    private const int LookBack = 20;
    private static readonly TimeSpan Period = TimeSpan.FromMinutes(5);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using PeriodicTimer timer = new(Period, time);
        do
        {
            try
            {
                await ReadAsync(stoppingToken);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                NotRead(log, e.Message);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    [LoggerMessage(EventId = 20, Level = LogLevel.Warning, Message = "The ages of the last successes could not be read: {Reason}")]
    private static partial void NotRead(ILogger log, string reason);

    private async Task ReadAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<RescanOutcome> newest = await outcomes.GetLatestAsync(cancellationToken);
        IReadOnlyDictionary<string, IReadOnlyList<OutcomePoint>> history = await outcomes.GetHistoryAsync(
            [.. newest.Select(o => o.Id)], LookBack, cancellationToken);
        foreach (RescanOutcome outcome in newest)
        {
            if (history.GetValueOrDefault(outcome.Id)?.LastOrDefault(p => p.Outcome is Outcome.Succeeded or Outcome.Warning) is { } success)
            {
                metrics.Succeeded(outcome, success.FinishedAt);
            }
        }
    }
}
