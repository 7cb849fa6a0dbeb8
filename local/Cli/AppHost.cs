using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Rescan.Functions.Configuration;
using Rescan.Local.Runtime.Hosting;

namespace Rescan.Local.Cli;

/// <summary>Starts the app in this process, on a state folder.</summary>
internal static class AppHost
{
    public static string DefaultState => Path.Combine(
        Environment.GetEnvironmentVariable("XDG_STATE_HOME") is { Length: > 0 } state ? state : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".local", "state"),
        "rescan");

    public static Task<LocalFunctionHost> StartAsync(
        string stateFolder, IEnumerable<KeyValuePair<string, string?>> settings, Uri url, bool timers, Action<ILoggingBuilder>? logging, CancellationToken cancellationToken)
    {
        Dictionary<string, string?> values = new(StringComparer.OrdinalIgnoreCase);
        foreach ((string key, string? value) in settings)
        {
            values[key.Replace("__", ":", StringComparison.Ordinal)] = value;
        }

        values["Rescan:Outcomes:SqliteFile"] = Path.Combine(stateFolder, "outcomes.db");
        if (!values.TryGetValue("RescanSchedule", out string? schedule) || string.IsNullOrEmpty(schedule))
        {
            values["RescanSchedule"] = "0 30 1 * * *";
        }

        IConfiguration configuration = new ConfigurationBuilder().AddInMemoryCollection(values).Build();
        return LocalFunctionHost.StartAsync(
            new LocalHostOptions
            {
                StateFile = Path.Combine(stateFolder, "state.db"),
                FunctionsAssembly = typeof(RescanOptions).Assembly,
                Configuration = configuration,
                ConfigureServices = services => services.AddRescan(configuration),
                Url = url,
                Key = configuration["Rescan:Key"] is { Length: > 0 } secret ? secret : null,
                Timers = timers,
                ConfigureLogging = logging,
            },
            cancellationToken);
    }
}
