using System.Globalization;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OpenTelemetry.Trace;
using Rescan.Functions;
using Rescan.Functions.Configuration;
using Rescan.Functions.Durable;
using Rescan.Functions.Runs;
using Rescan.Functions.Storage;
using Rescan.Functions.Telemetry;
using Rescan.Local.Runtime.Durable;
using Rescan.Local.Runtime.Hosting;

namespace Rescan.Local.Cli;

/// <summary>Starts the app in this process.</summary>
internal static class AppHost
{
    private const int ShortestKey = 16;

    /// <summary>Where no timer runs, nothing may promise that a run is due.</summary>
    private static readonly KeyValuePair<string, string?> NoSchedule = new($"AzureWebJobs.{nameof(NightlyRescan)}.Disabled", "true");

    public static string DefaultState => Path.Combine(
        Environment.GetEnvironmentVariable("XDG_STATE_HOME") is { Length: > 0 } state ? state : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".local", "state"),
        "rescan");

    public static Task<LocalFunctionHost> StartAsync(
        string stateFolder, IEnumerable<KeyValuePair<string, string?>> settings, Uri url, bool timers, Action<ILoggingBuilder>? logging, CancellationToken cancellationToken,
        Action<IServiceCollection>? configureServices = null) =>
        StartAsync(StateLocation.InFolder(stateFolder), settings, url, timers, logging, cancellationToken, configureServices);

    public static Task<LocalFunctionHost> StartAsync(
        StateLocation location, IEnumerable<KeyValuePair<string, string?>> settings, Uri url, bool timers, Action<ILoggingBuilder>? logging, CancellationToken cancellationToken,
        Action<IServiceCollection>? configureServices = null)
    {
        IConfiguration configuration = Configure(location, timers ? settings : [.. settings, NoSchedule]);
        return LocalFunctionHost.StartAsync(
            new LocalHostOptions
            {
                StateFile = Path.Combine(location.Folder, "state.db"),
                Storage = location.Storage,
                TaskHub = location.Name,
                StandBy = location.OnStandBy is not null,
                OnStandBy = location.OnStandBy,
                Prepare = (services, cancellation) => services.GetRequiredService<OutcomeArchive>().OpenAsync(cancellation),
                FunctionsAssembly = typeof(RescanOptions).Assembly,
                Configuration = configuration,
                ConfigureServices = services =>
                {
                    services.AddSingleton<IOwnership, HubOwnership>();
                    services.AddRescan(configuration);
                    if (configuration.IsTelemetrySet())
                    {
                        // In Azure the Functions host makes the spans of HTTP requests and of orchestrations.
                        services.AddOpenTelemetry().WithTracing(t => t.AddAspNetCoreInstrumentation().AddSource("DurableTask.Core", "Rescan.Local.Runtime"));
                    }
                    configureServices?.Invoke(services);
                },
                Url = url,
                Keys = KeysOf(configuration),
                AllowedHosts = ListOf(configuration, "Rescan:AllowedHosts"),
                AllowedOrigins = ListOf(configuration, "Rescan:AllowedOrigins"),
                RequestsPerSecond = NumberOf(configuration, "Rescan:RequestsPerSecond", 100),
                RequestBurst = NumberOf(configuration, "Rescan:RequestBurst", 1000),
                Version = Version(),
                Timers = timers,
                Home = "/api/",
                ConfigureLogging = logging,
            },
            cancellationToken);
    }

    /// <summary>The settings as the app reads them, with the outcomes where the state is.</summary>
    public static IConfiguration Configure(StateLocation location, IEnumerable<KeyValuePair<string, string?>> settings)
    {
        Dictionary<string, string?> values = new(StringComparer.OrdinalIgnoreCase);
        foreach ((string key, string? value) in settings)
        {
            values[key.Replace("__", ":", StringComparison.Ordinal)] = value;
        }

        foreach ((string key, string? value) in location.OutcomeSettings())
        {
            values[key] = value;
        }

        if (!values.TryGetValue("RescanSchedule", out string? schedule) || string.IsNullOrEmpty(schedule))
        {
            values["RescanSchedule"] = "0 30 1 * * *";
        }

        return new ConfigurationBuilder().AddInMemoryCollection(values).Build();
    }

    /// <summary>As the Functions host reads it: both go by one <c>host.json</c>.</summary>
    private static TaskHubVersion Version()
    {
        using StreamReader host = new(typeof(AppHost).Assembly.GetManifestResourceStream("host.json")!);
        return TaskHubVersion.Parse(host.ReadToEnd());
    }

    /// <summary><c>Rescan__Key</c>, and <c>Rescan__Keys__0</c> and so on while keys are changed.</summary>
    private static string[] KeysOf(IConfiguration configuration)
    {
        string[] keys = [.. configuration.GetSection("Rescan:Keys").GetChildren().Select(k => k.Value).Prepend(configuration["Rescan:Key"]).OfType<string>().Where(k => k.Length > 0)];
        return Array.Exists(keys, SecretText.IsUnresolved) ? throw new CommandException(ExitCodes.Configuration, $"Rescan__Key and Rescan__Keys__N: {SecretText.Unresolved}.")
            : Array.Exists(keys, k => k.Length < ShortestKey)
            ? throw new CommandException(ExitCodes.Configuration, $"Rescan__Key and Rescan__Keys__N: a key of at least {ShortestKey} characters, such as openssl rand -hex 24 prints.")
            : keys;
    }

    private static string[] ListOf(IConfiguration configuration, string section) =>
        [.. configuration.GetSection(section).GetChildren().Select(c => c.Value).OfType<string>().Where(v => v.Length > 0)];

    private static int NumberOf(IConfiguration configuration, string key, int otherwise) =>
        configuration[key] is not { Length: > 0 } text ? otherwise
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number is >= 1 and <= 1_000_000 ? number
        : throw new CommandException(ExitCodes.Configuration, $"{key.Replace(":", "__", StringComparison.Ordinal)}: a whole number from 1 to 1000000");
}
