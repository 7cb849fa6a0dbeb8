using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Rescan.Functions;
using Rescan.Functions.Telemetry;

FunctionsApplicationBuilder builder = FunctionsApplication.CreateBuilder(args);
builder.ConfigureFunctionsWebApplication();
builder.Services.AddRescan(builder.Configuration);
if (builder.Configuration.IsTelemetrySet())
{
    // The host then leaves the worker's telemetry to the worker; UseFunctionsWorkerDefaults of Microsoft's OpenTelemetry package sets the same.
    builder.Services.Configure<WorkerOptions>(o => o.Capabilities["WorkerOpenTelemetryEnabled"] = bool.TrueString);
}

builder.Build().Run();
