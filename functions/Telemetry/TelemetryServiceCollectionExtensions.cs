using System.Reflection;
using Azure.Core;
using Azure.Monitor.OpenTelemetry.Exporter;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry;
using OpenTelemetry.Resources;

namespace Rescan.Functions.Telemetry;

/// <summary>Sends traces, metrics and logs by OpenTelemetry where the settings say so.</summary>
public static class TelemetryServiceCollectionExtensions
{
    /// <summary>The name of the meter that every metric of the app belongs to; docs/telemetry.md lists them.</summary>
    public const string MeterName = TelemetryNames.Source;

    private const string OtlpPrefix = "OTEL_EXPORTER_OTLP_";
    private const string Insights = "APPLICATIONINSIGHTS_CONNECTION_STRING";

    /// <summary>Sources of spans: ours, and the durable client's.</summary>
    private static readonly string[] Sources = [TelemetryNames.Source, "Microsoft.DurableTask"];

    /// <summary>
    /// Whether any exporter is set: by a variable of OpenTelemetry's exporter, such as <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> or
    /// <c>OTEL_EXPORTER_OTLP_TRACES_ENDPOINT</c>, or <c>APPLICATIONINSIGHTS_CONNECTION_STRING</c>.
    /// </summary>
    public static bool IsTelemetrySet(this IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        return configuration.IsOtlpSet() || !string.IsNullOrEmpty(configuration[Insights]);
    }

    /// <summary>Names the app, and its version, in whatever is exported.</summary>
    public static OpenTelemetryBuilder NameService(this OpenTelemetryBuilder telemetry, IConfiguration configuration) =>
        telemetry.ConfigureResource(r => r.AddService(
            configuration["OTEL_SERVICE_NAME"] ?? configuration["WEBSITE_SITE_NAME"] ?? "rescan",
            serviceVersion:
                typeof(TelemetryNames).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion));

    /// <summary>The exporter has a default for whatever is not set, so any of its variables says that it is wanted.</summary>
    private static bool IsOtlpSet(this IConfiguration configuration) =>
        configuration.GetChildren()
        .Any(s => s.Key.StartsWith(OtlpPrefix, StringComparison.OrdinalIgnoreCase) && !string.IsNullOrWhiteSpace(s.Value));

    /// <summary>Registers the exporters that the settings name.</summary>
    internal static IServiceCollection AddRescanTelemetry(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddMetrics();
        if (!configuration.IsTelemetrySet())
        {
            return services;
        }

        OpenTelemetryBuilder telemetry = services.AddOpenTelemetry()
            .NameService(configuration)
            .WithTracing(t => t.AddSource(Sources))
            .WithMetrics(m => m.AddMeter(TelemetryNames.Source))
            // Alerts read the message as it is written out, so it is sent, not only its template.
            .WithLogging(null, l => (l.IncludeFormattedMessage, l.IncludeScopes) = (true, true));
        if (configuration.IsOtlpSet())
        {
            telemetry.UseOtlpExporter();
        }

        if (configuration[Insights] is { Length: > 0 } connection)
        {
            telemetry.UseAzureMonitorExporter(o =>
            {
                o.ConnectionString = connection;

                // A dropped line would be a missing outcome to the alerts, and there are few.
                (o.TracesPerSecond, o.SamplingRatio, o.EnableTraceBasedLogsSampler) = (null, 1, false);
            });
            if (configuration["APPLICATIONINSIGHTS_AUTHENTICATION_STRING"]?.Contains(
                "Authorization=AAD", StringComparison.OrdinalIgnoreCase) == true)
            {
                services.AddOptions<AzureMonitorExporterOptions>().Configure<TokenCredential>((o, identity) => o.Credential = identity);
            }
        }

        return services;
    }
}
