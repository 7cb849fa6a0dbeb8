using System.Reflection;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OpenTelemetry.Trace;
using Rescan.Functions;
using Rescan.Functions.Api.Callers;
using Rescan.Functions.Configuration;
using Rescan.Functions.Durable;
using Rescan.Functions.Schedules;
using Rescan.Functions.Storage;
using Rescan.Functions.Telemetry;
using Rescan.Local.Runtime.Durable;
using Rescan.Local.Runtime.Hosting;

namespace Rescan.Local.Cli;

/// <summary>Starts the app in this process.</summary>
internal static class AppHost
{
    /// <summary>Where no timer runs, nothing may promise that a run is due.</summary>
    private static readonly KeyValuePair<string, string?> NoSchedule = new($"AzureWebJobs.{nameof(StartScheduledRuns)}.Disabled", "true");

    private static readonly Assembly FunctionsAssembly = typeof(RescanOptions).Assembly;

    public static string DefaultState => Path.Combine(
        Environment.GetEnvironmentVariable("XDG_STATE_HOME") is { Length: > 0 } state
            ? state
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".local", "state"),
        "rescan");

    public static Task<LocalFunctionHost> StartAsync(
        string stateFolder, IEnumerable<KeyValuePair<string, string?>> settings, Uri url, bool timers, Action<ILoggingBuilder>? logging,
        CancellationToken cancellationToken,
        Action<IServiceCollection>? configureServices = null) =>
        StartAsync(StateLocation.InFolder(stateFolder), settings, url, timers, logging, cancellationToken, configureServices);

    public static Task<LocalFunctionHost> StartAsync(
        StateLocation location, IEnumerable<KeyValuePair<string, string?>> settings, Uri url, bool timers, Action<ILoggingBuilder>? logging,
        CancellationToken cancellationToken,
        Action<IServiceCollection>? configureServices = null)
    {
        IConfiguration configuration = Configure(location, timers ? settings : [.. settings, NoSchedule]);
        ServeOptions serve = configuration.ReadServeOptions();
        return LocalFunctionHost.StartAsync(
            new LocalHostOptions
            {
                StateFile = Path.Combine(location.Folder, "state.db"),
                Storage = location.Storage,
                TaskHub = location.Name,
                StandBy = location.OnStandBy is not null,
                OnStandBy = location.OnStandBy,
                Prepare = (services, cancellation) => services.GetRequiredService<OutcomeArchive>().OpenAsync(cancellation),
                FunctionsAssembly = FunctionsAssembly,
                Configuration = configuration,
                ConfigureServices = services =>
                {
                    services.AddSingleton<IOwnership, HubOwnership>();
                    services.AddServedApp(configuration);
                    if (configuration.IsTelemetrySet())
                    {
                        // In Azure the Functions host makes the spans of HTTP requests and of orchestrations.
                        services.AddOpenTelemetry().WithTracing(
                            t => t.AddAspNetCoreInstrumentation().AddSource("DurableTask.Core", "Rescan.Local.Runtime"));
                    }
                    if (timers)
                    {
                        services.AddMetricsPath(configuration);
                    }

                    configureServices?.Invoke(services);
                },
                Url = url,
                Keys = KeysOf(serve),
                AllowedHosts = [.. serve.AllowedHosts.Where(h => h.Length > 0)],
                AllowedOrigins = [.. serve.AllowedOrigins.Where(o => o.Length > 0)],
                RequestsPerSecond = serve.RequestsPerSecond,
                RequestBurst = serve.RequestBurst,
                Version = Version(),
                Timers = timers,
                Home = "/api/",
                Paths = timers ? MetricsPath.Paths : new Dictionary<string, Action<IApplicationBuilder>>(),
                ConfigureLogging = logging,
            },
            cancellationToken);
    }

    /// <summary>Who is known by which key.</summary>
    internal static IReadOnlyList<CallerKey> KeysOf(ServeOptions serve) =>
        [.. serve.AllKeys().Select(k => new CallerKey(k.Key!, new Caller(k.Name.Length > 0 ? k.Name : null, RoleOf(k.Role))))];

    /// <summary>One that there is not opens nothing; the check of the settings tells it.</summary>
    private static CallerRole RoleOf(string role) =>
        Enum.TryParse(role.Trim(), ignoreCase: true, out CallerRole known) && Enum.IsDefined(known) ? known : CallerRole.None;

    /// <summary>The settings as the app reads them, with the outcomes where the state is.</summary>
    public static IConfiguration Configure(StateLocation location, IEnumerable<KeyValuePair<string, string?>> settings) =>
        Configure([.. settings, .. location.OutcomeSettings()]);

    /// <summary>The settings as the app reads them.</summary>
    public static IConfiguration Configure(IEnumerable<KeyValuePair<string, string?>> settings)
    {
        Dictionary<string, string?> values = new(StringComparer.OrdinalIgnoreCase);
        foreach ((string key, string? value) in settings)
        {
            values[key.Replace("__", ":", StringComparison.Ordinal)] = value;
        }

        return new ConfigurationBuilder().AddInMemoryCollection(values).Build();
    }

    /// <summary>As the Functions host reads it: both go by one <c>host.json</c>.</summary>
    private static TaskHubVersion Version()
    {
        using StreamReader host = new(typeof(AppHost).Assembly.GetManifestResourceStream("host.json")!);
        return TaskHubVersion.Parse(host.ReadToEnd());
    }

    /// <summary>The app's services, and the check of all settings that it is served by.</summary>
    public static void AddServedApp(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddRescan(configuration);
        services.AddServeOptions(configuration);
    }
}
