using System.Diagnostics;
using System.Diagnostics.Metrics;
using Rescan.Functions.Telemetry;

namespace Rescan.Functions.Appliances;

/// <summary>What is measured of requests to appliances.</summary>
internal sealed class ApplianceMetrics
{
    private readonly Counter<long> requests;

    public ApplianceMetrics(IMeterFactory meters, ApplianceAvailability availability)
    {
        Meter meter = meters.Create(TelemetryNames.Source);
        requests = meter.CreateCounter<long>(
            TelemetryNames.ApplianceRequests, "{request}", "Requests sent to appliances, by call and status.");
        meter.CreateObservableGauge(
            TelemetryNames.ApplianceAnswers,
            () => availability.Known.Select(a => new Measurement<int>(
                a.Value.Answers ? 1 : 0, new KeyValuePair<string, object?>(TelemetryNames.Appliance, a.Key))),
            description: "Whether each appliance answered when this process last asked it, 1 or 0; absent before that.");
    }

    /// <summary>A request to an appliance was answered, or was not.</summary>
    public void Requested(string appliance, string call, int? status, string? error)
    {
        TagList tags = new() { { TelemetryNames.Appliance, appliance }, { TelemetryNames.Call, call } };
        if (status is { } code)
        {
            tags.Add(TelemetryNames.Status, code);
        }

        if (error is not null)
        {
            tags.Add(TelemetryNames.Error, error);
        }

        requests.Add(1, tags);
    }
}
