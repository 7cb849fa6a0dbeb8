using Microsoft.Azure.Functions.Worker.Builder;
using Microsoft.Extensions.Hosting;
using Rescan.Functions;
using Rescan.Functions.Api;
using Rescan.Functions.Telemetry;

FunctionsApplicationBuilder builder = FunctionsApplication.CreateBuilder(args);
builder.ConfigureFunctionsWebApplication();
builder.UseMiddleware<CallerGoneMiddleware>();
builder.AddWorkerTelemetry();
builder.Services.AddRescan(builder.Configuration);
builder.Build().Run();
