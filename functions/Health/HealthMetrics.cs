using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Hosting;
using Rescan.Functions.Telemetry;

namespace Rescan.Functions.Health;

/// <summary>Measures now and then what readiness looks at, so that a collector of metrics needs not ask for it.</summary>
internal sealed class HealthMetrics : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly IEnumerable<IReadinessCheck> checks;
    private readonly TimeProvider time;
    private readonly ConcurrentDictionary<string, bool> healthy = new(StringComparer.Ordinal);

    public HealthMetrics(IMeterFactory meters, IEnumerable<IReadinessCheck> checks, TimeProvider time)
    {
        this.checks = checks;
        this.time = time;
        meters.Create(TelemetryNames.Source).CreateObservableGauge(
            TelemetryNames.CheckHealthy,
            () => healthy.Select(c => new Measurement<int>(
                c.Value ? 1 : 0, new KeyValuePair<string, object?>(TelemetryNames.Check, c.Key))),
            description: "Whether each check of readiness found nothing wrong, 1 or 0, within the last minute.");
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using PeriodicTimer timer = new(Period, time);
        do
        {
            foreach (IReadinessCheck check in checks)
            {
                healthy[check.Name] = await IsHealthyAsync(check, stoppingToken);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private static async Task<bool> IsHealthyAsync(IReadinessCheck check, CancellationToken stoppingToken)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        limit.CancelAfter(Patience);
        try
        {
            return await check.FindFaultAsync(limit.Token).WaitAsync(limit.Token) is null;
        }
        catch (Exception) when (!stoppingToken.IsCancellationRequested)
        {
            // GET /api/health says in the log what was wrong.
            return false;
        }
    }
}
