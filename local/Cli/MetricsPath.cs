using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry.Metrics;
using Rescan.Functions;
using Rescan.Functions.Telemetry;

namespace Rescan.Local.Cli;

/// <summary>
/// Serves the app's metrics to Prometheus, named as OpenTelemetry maps them: <c>rescan.runs</c> becomes <c>rescan_runs_total</c>.
/// </summary>
internal static class MetricsPath
{
    /// <summary>What serves each path.</summary>
    public static IReadOnlyDictionary<string, Action<IApplicationBuilder>> Paths { get; } =
        new Dictionary<string, Action<IApplicationBuilder>>
        {
            // The path has been matched already.
            ["/metrics"] = app => app.UseOpenTelemetryPrometheusScrapingEndpoint(context => true),
        };

    /// <summary>Has the metrics collected.</summary>
    public static void AddMetricsPath(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddPeriodicMeasurements();
        services.AddOpenTelemetry().NameService(configuration).WithMetrics(
            m => m.AddMeter(TelemetryServiceCollectionExtensions.MeterName).AddPrometheusExporter());
    }
}
