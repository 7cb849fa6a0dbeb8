using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Rescan.Functions.Appliances;

namespace Rescan.Local.Cli.Settings;

/// <summary>Every fault of the settings at once: of the file, of the keys, of the values.</summary>
internal static class SettingsCheck
{
    /// <summary>A line a fault, which begins with the key; none when the app would start with these settings.</summary>
    /// <param name="file">The settings.</param>
    /// <param name="configuration">The same as the app reads them.</param>
    /// <param name="cancellationToken">Ends the look-up of names.</param>
    public static async Task<IReadOnlyList<string>> FaultsOfAsync(
        SettingsFile file, IConfiguration configuration, CancellationToken cancellationToken)
    {
        ServiceCollection services = new();
        services.AddLogging();
        services.AddServedApp(configuration);
        await using ServiceProvider provider = services.BuildServiceProvider();
        try
        {
            provider.GetRequiredService<IStartupValidator>().Validate();
            await provider.GetRequiredService<ApplianceAddressCheck>().StartAsync(cancellationToken);
            return file.Faults;
        }
        catch (OptionsValidationException e)
        {
            return [.. file.Faults, .. e.Failures];
        }
        catch (AggregateException e) when (e.InnerExceptions.All(i => i is OptionsValidationException))
        {
            return [.. file.Faults, .. e.InnerExceptions.Cast<OptionsValidationException>().SelectMany(i => i.Failures)];
        }
    }
}
