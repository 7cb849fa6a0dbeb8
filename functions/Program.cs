using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Azure.Functions.Worker.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Rescan.Functions;
using Rescan.Functions.Api;
using Rescan.Functions.Api.Callers;
using Rescan.Functions.Telemetry;

FunctionsApplicationBuilder builder = FunctionsApplication.CreateBuilder(args);
builder.ConfigureFunctionsWebApplication();
builder.UseMiddleware<CallerGoneMiddleware>();
KeylessHost.Use(builder);

// The host has limits of its own. With the server's smaller one here, a larger body would break the connection instead of being answered.
builder.Services.Configure<KestrelServerOptions>(k => k.Limits.MaxRequestBodySize = null);
builder.AddWorkerTelemetry();
builder.Services.AddRescan(builder.Configuration);
builder.Build().Run();
