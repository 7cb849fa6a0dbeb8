using Microsoft.Azure.Functions.Worker.Builder;
using Microsoft.Azure.Functions.Worker.OpenTelemetry;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Rescan.Functions.Telemetry;

/// <summary>What a worker of the Functions host does about logs and traces, besides what the app does everywhere.</summary>
internal static class WorkerTelemetry
{
    /// <summary>To be called before the app is added, whose names of the service win over the worker's.</summary>
    public static void AddWorkerTelemetry(this FunctionsApplicationBuilder builder)
    {
        builder.Logging.AddHostLogLevels(builder.Configuration, AppContext.BaseDirectory);
        if (!builder.Configuration.IsTelemetrySet())
        {
            return;
        }

        // The host then leaves the worker's telemetry to the worker.
        builder.Services.AddOpenTelemetry().UseFunctionsWorkerDefaults();
        builder.UseMiddleware<OrchestrationTraceMiddleware>();
    }
}
