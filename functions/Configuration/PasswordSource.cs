using Microsoft.Extensions.Logging;

namespace Rescan.Functions.Configuration;

/// <summary>Reads an appliance's password whenever a full sign-in is due, so that a rotated secret is taken up.</summary>
internal sealed class PasswordSource(VaultSecrets vault, ILogger<PasswordSource> log)
{
    public async Task<string> ReadAsync(ApplianceOptions appliance, CancellationToken cancellationToken)
    {
        if (string.IsNullOrEmpty(appliance.PasswordSecret))
        {
            log.LogWarning("The password of appliance {Appliance} comes from the settings; outside local runs keep it in Key Vault (PasswordSecret)", appliance.Name);
            return appliance.Password!;
        }

        return await vault.ReadAsync(appliance.PasswordSecret, cancellationToken).ConfigureAwait(false);
    }
}
