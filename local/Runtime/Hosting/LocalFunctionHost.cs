using System.Globalization;
using System.Reflection;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.Abstractions;
using Microsoft.AspNetCore.Routing;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Rescan.Local.Runtime.Durable;

namespace Rescan.Local.Runtime.Hosting;

/// <summary>Runs a Functions app whole in this process: HTTP by Kestrel, timers, orchestrations and activities.</summary>
public sealed class LocalFunctionHost : IAsyncDisposable
{
    // Requests that wait for an orchestration's end must not keep a host that stands by waiting too.
    private static readonly TimeSpan ShutdownLimit = TimeSpan.FromSeconds(5);

    private readonly WebApplication app;
    private readonly TaskHub hub;
    private readonly DurableWorker worker;
    private readonly TimerService? timers;
    private readonly string serving;
    private bool stopped;

    private LocalFunctionHost(WebApplication app, TaskHub hub, DurableWorker worker, TimerService? timers, string serving)
    {
        this.app = app;
        this.hub = hub;
        this.worker = worker;
        this.timers = timers;
        this.serving = serving;
    }

    /// <summary>Where the host answers.</summary>
    public Uri BaseAddress => new(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());

    /// <summary>The app's services.</summary>
    public IServiceProvider Services => app.Services;

    /// <summary>The durable client.</summary>
    public DurableTaskClient Client => worker.Client;

    /// <summary>The durable worker, for those who count what it does.</summary>
    internal DurableWorker Worker => worker;

    /// <summary>
    /// Completes, with the reason, when the host cannot go on and has stopped taking up work by itself: the state is gone, full, or
    /// another's. Never otherwise.
    /// </summary>
    public Task<Exception> Failed => worker.Failed;

    /// <summary>Whether every orchestration waits for time or for events.</summary>
    internal bool IsIdle => worker.IsIdle;

    /// <summary>Builds and starts the host; settings are validated before anything runs.</summary>
    /// <exception cref="TaskHubInUseException">Another process owns the task hub, and <see cref="LocalHostOptions.StandBy"/> is
    /// off.</exception>
    /// <exception cref="TaskHubException">The task hub cannot be used.</exception>
    /// <exception cref="InvalidOperationException">The address is wider than loopback and no key is set, an allowed host or origin is
    /// malformed.</exception>
    public static async Task<LocalFunctionHost> StartAsync(LocalHostOptions options, CancellationToken cancellationToken)
    {
        if (options.Keys.Count == 0 && !options.Url.IsLoopback)
        {
            throw new InvalidOperationException(
                $"Listening on {options.Url.Host} would let anyone start rescans. Set Rescan__Key or a key of Rescan__Keys, or listen on "
                    + "127.0.0.1.");
        }

        FunctionCatalog catalog = new(options.FunctionsAssembly);
        TaskHubOptions wanted = new()
        {
            StateFile = options.StateFile, Storage = options.Storage, Name = options.TaskHub, Time = options.Time,
            StandBy = options.StandBy, OnStandBy = options.OnStandBy,
        };
        TaskHub? hub = null;
        DurableWorker? worker = null;
        WebApplication? app = null;
        TimerService? timers = null;
        try
        {
            // No settings file is watched for changes: a system allows its user only so many watchers, and none is needed here.
            WebApplicationBuilder builder = WebApplication.CreateSlimBuilder(["--hostBuilder:reloadConfigOnChange=false"]);
            builder.Configuration.AddInMemoryCollection(options.Configuration.AsEnumerable());
            builder.Logging.ClearProviders();
            options.ConfigureLogging?.Invoke(builder.Logging);

            // Its lines hold whole addresses, and with them the keys in ?code=; the host has lines of its own for refusals.
            builder.Logging.AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.Warning);
            builder.WebHost.UseUrls(options.Url.GetLeftPart(UriPartial.Authority));
            HttpGuard guard = new(options);
            builder.WebHost.ConfigureKestrel(guard.Limit);
            guard.Register(builder.Services);
            builder.Services.Configure<HostOptions>(o => o.ShutdownTimeout = ShutdownLimit);
            builder.Services.AddMvcCore();
            builder.Services.TryAddSingleton(options.Time);
            builder.Services.AddSingleton(s => worker!.Client);
            builder.Services.AddSingleton(new WorkOwnership(cancellation => hub!.IsOwnedAsync(cancellation)));
            if (options.Storage is null)
            {
                builder.Services.AddSingleton(s => hub!.Table!);
            }

            options.ConfigureServices(builder.Services);
            app = builder.Build();
            catalog.Services = app.Services;

            // Faults in the settings must show now, not at the takeover of one that stands by.
            app.Services.GetService<IStartupValidator>()?.Validate();
            hub = await TaskHub.OpenAsync(wanted with { Loggers = app.Services.GetRequiredService<ILoggerFactory>() }, cancellationToken);
            if (options.Prepare is { } prepare)
            {
                await prepare(app.Services, cancellationToken);
            }

            worker = new DurableWorker(hub, catalog, options.Version, options.Time, app.Services.GetRequiredService<ILoggerFactory>());
            guard.Use(app);
            foreach ((string name, HttpTriggerAttribute trigger, MethodInfo method) in catalog.Http)
            {
                string route = "/api/" + (trigger.Route ?? name);
                app.MapMethods(
                    route, trigger.Methods is { Length: > 0 } methods ? methods : ["GET", "POST"],
                    http => HandleAsync(http, trigger, method, guard));
            }

            foreach ((string path, Action<IApplicationBuilder> serve) in options.Paths)
            {
                app.Map(path, branch => serve(guard.Lock(branch)));
            }

            if (options.Home is { } home)
            {
                app.MapMethods("/", ["GET", "HEAD"], () => Results.Redirect(home));
            }

            timers = options.Timers
                ? new TimerService(catalog.Timers, app.Services, options.Configuration, options.Time)
                : null;
            await app.StartAsync(cancellationToken);
            await worker.StartAsync(cancellationToken);
            string serving = await ServingProcess.RegisterAsync(hub.Values, new Uri(app.Urls.First()), cancellationToken);
            timers?.Start();
            LocalFunctionHost host = new(app, hub, worker, timers, serving);
            _ = host.StopOnFailureAsync();
            return host;
        }
        catch
        {
            if (timers is not null)
            {
                await timers.DisposeAsync();
            }

            if (worker is not null)
            {
                await worker.DisposeAsync();
            }

            if (app is not null)
            {
                await app.DisposeAsync();
            }

            if (hub is not null)
            {
                await hub.DisposeAsync();
            }

            throw;
        }
    }

    /// <summary>Stops taking requests, then timers, then orchestrations; what is unfinished stays in the hub.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await app.StopAsync(cancellationToken);
        if (timers is not null)
        {
            await timers.DisposeAsync();
        }

        if (!Interlocked.Exchange(ref stopped, true) && !worker.Failed.IsCompleted)
        {
            await UnregisterAsync(cancellationToken);
        }

        await worker.StopAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await StopAsync(CancellationToken.None);
        await worker.DisposeAsync();
        await app.DisposeAsync();
        await hub.DisposeAsync();
    }

    private async Task UnregisterAsync(CancellationToken cancellationToken)
    {
        try
        {
            await hub.Values.SetAsync(serving, null, cancellationToken);
        }
        catch (Exception e)
        {
            // Whoever looks takes note that this process is dead.
            app.Services.GetRequiredService<ILogger<LocalFunctionHost>>().LogWarning(
                "That this host stops could not be told: {Reason}", e.Message);
        }
    }

    private async Task StopOnFailureAsync()
    {
        await worker.Failed;
        if (timers is not null)
        {
            await timers.DisposeAsync();
        }

        await app.StopAsync();
    }

    private static async Task HandleAsync(HttpContext http, HttpTriggerAttribute trigger, MethodInfo method, HttpGuard guard)
    {
        if (trigger.AuthLevel != AuthorizationLevel.Anonymous && !guard.Admits(http.Request))
        {
            http.Response.StatusCode = StatusCodes.Status401Unauthorized;
            return;
        }

        object? result = await FunctionCatalog.InvokeAsync(http.RequestServices, method, p => Bind(http, p));
        switch (result)
        {
            case IActionResult action:
                await action.ExecuteResultAsync(new ActionContext(http, http.GetRouteData(), new ActionDescriptor()));
                break;
            case IResult plain:
                await plain.ExecuteAsync(http);
                break;
            default:
                http.Response.StatusCode = StatusCodes.Status204NoContent;
                break;
        }
    }

    private static object? Bind(HttpContext http, ParameterInfo p) => p.ParameterType switch
    {
        { } t when t == typeof(HttpRequest) => http.Request,
        { } t when t == typeof(HttpContext) => http,
        { } t when t == typeof(CancellationToken) => http.RequestAborted,
        { } t when t == typeof(DurableTaskClient) => http.RequestServices.GetRequiredService<DurableTaskClient>(),
        { } t when http.GetRouteValue(p.Name!) is { } value => Convert.ChangeType(value, t, CultureInfo.InvariantCulture),
        _ => throw new NotSupportedException($"Parameter '{p.Name}' cannot be bound by the local runtime."),
    };
}
