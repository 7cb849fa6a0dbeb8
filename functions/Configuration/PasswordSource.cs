using Azure.Identity;
using Azure.Security.KeyVault.Secrets;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Rescan.Functions.Configuration;

/// <summary>Reads an appliance's password whenever a full sign-in is due, so that a rotated secret is taken up.</summary>
internal sealed class PasswordSource(IOptions<RescanOptions> options, ILogger<PasswordSource> log)
{
    private readonly Lazy<SecretClient> vault = new(() => new SecretClient(options.Value.KeyVaultUri, new DefaultAzureCredential()));

    public async Task<string> ReadAsync(ApplianceOptions appliance, CancellationToken cancellationToken)
    {
        if (string.IsNullOrEmpty(appliance.PasswordSecret))
        {
            log.LogWarning("The password of appliance {Appliance} comes from the settings; outside local runs keep it in Key Vault (PasswordSecret)", appliance.Name);
            return appliance.Password!;
        }

        return (await vault.Value.GetSecretAsync(appliance.PasswordSecret, cancellationToken: cancellationToken).ConfigureAwait(false)).Value.Value;
    }
}
