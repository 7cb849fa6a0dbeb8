using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;

namespace Rescan.Functions.Telemetry;

/// <summary>
/// Makes the worker heed the levels that host.json sets. The host applies them to what it writes itself; what a worker exports by itself
/// passes the host by.
/// </summary>
internal static class HostLogLevels
{
    /// <summary>Their lines hold whole addresses, and with them a key that was given as <c>?code=</c>. No setting opens them.</summary>
    private static readonly string[] Closed = [
        "Microsoft.AspNetCore.Hosting.Diagnostics", "Microsoft.AspNetCore.HttpLogging", "System.Net.Http.HttpClient"];

    /// <param name="logging">The worker's log.</param>
    /// <param name="settings">App settings, where <c>AzureFunctionsJobHost__logging__logLevel__CATEGORY</c> overrides the file.</param>
    /// <param name="folder">Where host.json is.</param>
    public static void AddHostLogLevels(this ILoggingBuilder logging, IConfiguration settings, string folder)
    {
        IConfiguration file = new ConfigurationBuilder().AddJsonFile(Path.Combine(folder, "host.json"), optional: true).Build();
        foreach (IConfigurationSection level in Levels(file, "logging:logLevel")
            .Concat(Levels(settings, "AzureFunctionsJobHost:logging:logLevel")))
        {
            if (Enum.TryParse(level.Value, ignoreCase: true, out LogLevel least))
            {
                logging.AddFilter(string.Equals(level.Key, "default", StringComparison.OrdinalIgnoreCase) ? null : level.Key, least);
            }
        }

        foreach (string category in Closed)
        {
            logging.AddFilter(category, LogLevel.Warning);
        }
    }

    private static IEnumerable<IConfigurationSection> Levels(IConfiguration configuration, string section) =>
        configuration.GetSection(section).GetChildren();
}
