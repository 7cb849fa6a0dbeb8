using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Rescan.Functions.Configuration;

namespace Rescan.Functions.Appliances;

/// <summary>Reads an appliance's password whenever a full sign-in is due, so that a rotated secret is taken up.</summary>
internal sealed class PasswordSource(VaultSecrets vault, ILogger<PasswordSource> log)
{
    private readonly ConcurrentDictionary<string, bool> told = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Reads the password.</summary>
    /// <exception cref="ApplianceException">It cannot be read, now or at all: to a rescan the appliance is
    /// out of reach either way.</exception>
    public async Task<string> ReadAsync(ApplianceOptions appliance, CancellationToken cancellationToken)
    {
        if (string.IsNullOrEmpty(appliance.PasswordSecret))
        {
            if (SecretText.IsUnresolved(appliance.Password))
            {
                throw new ApplianceException(
                    ApplianceFailure.Rejected,
                    $"Appliance '{appliance.Name}', sign-in: no password: {SecretText.Unresolved}.")
                { MayHaveActed = false };
            }

            if (told.TryAdd(appliance.Name, true))
            {
                log.LogWarning(
                    "The password of appliance {Appliance} comes from the settings; outside local runs keep it in Key Vault "
                        + "(PasswordSecret)",
                    appliance.Name);
            }

            return appliance.Password!;
        }

        try
        {
            return await vault.ReadAsync(appliance.PasswordSecret, cancellationToken);
        }
        catch (SecretUnavailableException e)
        {
            throw new ApplianceException(
                e.IsTransient ? ApplianceFailure.Transient : ApplianceFailure.Rejected,
                $"Appliance '{appliance.Name}', sign-in: no password. {e.Message}", e)
            {
                RetryAfter = e.RetryAfter,
                MayHaveActed = false,
            };
        }
    }
}
