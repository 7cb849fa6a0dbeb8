using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Rescan.Functions;
using Rescan.Functions.Appliances;
using Rescan.Functions.Configuration;
using Rescan.Local.Cli.Settings;

namespace Rescan.Local.Cli;

/// <summary>Finds entries of the settings in this folder that lead to an appliance under another address.</summary>
internal static class ConfiguredTwins
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>A line for each, which says so; entries that do not answer, and settings that have faults, say nothing.</summary>
    /// <param name="address">Where the appliance was asked.</param>
    /// <param name="product">What it is.</param>
    /// <param name="identity">What it calls itself; null where it did not tell.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<IReadOnlyList<string>> FindAsync(
        Uri address, ApplianceProduct product, string? identity, CancellationToken cancellationToken)
    {
        if (identity is null || !File.Exists(SettingsFile.Usual))
        {
            return [];
        }

        SettingsFile file = SettingsFile.Load(SettingsFile.Usual, isNamed: false);
        ServiceCollection services = new();
        services.AddLogging();
        services.AddRescan(AppHost.Configure(file.Values));
        await using ServiceProvider provider = services.BuildServiceProvider();
        try
        {
            IApplianceClients clients = provider.GetRequiredService<IApplianceClients>();
            string?[] found = await Task.WhenAll(
                provider.GetRequiredService<IOptions<RescanOptions>>().Value.Appliances
                    .Where(a => ApplianceProducts.Find(a.Kind) == product && !ApplianceAddress.IsSame(a.BaseUrl!, address))
                    .Select(async a => await IdentityOfAsync(clients.Get(a.Name), cancellationToken) == identity
                        ? $"it calls itself the same server as appliance "
                            + $"'{a.Name}' of {file.File} ({a.BaseUrl!.Authority}); configure it once, or every repository would be "
                            + "rescanned twice"
                        : null));
            return [.. found.OfType<string>()];
        }
        catch (OptionsValidationException)
        {
            // "rescan settings check" tells them.
            return [];
        }
    }

    private static async Task<string?> IdentityOfAsync(IApplianceClient client, CancellationToken cancellationToken)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Patience);
        try
        {
            SignInResult signedIn = await client.SignInAsync(limit.Token);
            await client.SignOutAsync(limit.Token);
            return signedIn.Identity;
        }
        catch (Exception e) when (e is ApplianceException
            || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return null;
        }
    }
}
