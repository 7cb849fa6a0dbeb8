using Azure.Identity;
using Azure.Security.KeyVault.Secrets;
using Microsoft.Extensions.Options;

namespace Rescan.Functions.Configuration;

/// <summary>Reads secrets of the configured Key Vault, each time anew, so that a rotated one is taken up.</summary>
internal sealed class VaultSecrets(IOptions<RescanOptions> options)
{
    private readonly Lazy<SecretClient> vault = new(() => new SecretClient(options.Value.KeyVaultUri, new DefaultAzureCredential()));

    public async Task<string> ReadAsync(string name, CancellationToken cancellationToken) =>
        (await vault.Value.GetSecretAsync(name, cancellationToken: cancellationToken).ConfigureAwait(false)).Value.Value;
}
