using System.Globalization;
using Azure;
using Azure.Core;
using Azure.Identity;
using Azure.Security.KeyVault.Secrets;
using Microsoft.Extensions.Options;

namespace Rescan.Functions.Configuration;

/// <summary>Reads secrets of the configured Key Vault, each time anew, so that a rotated one is taken up.</summary>
/// <param name="options">The settings, with the vault's address.</param>
/// <param name="identity">Who reads.</param>
/// <param name="client">How the vault is spoken to.</param>
internal sealed class VaultSecrets(IOptions<RescanOptions> options, TokenCredential identity, SecretClientOptions client)
{
    private readonly Lazy<SecretClient> vault = new(() => new SecretClient(options.Value.KeyVaultUri, identity, client));

    /// <summary>One short try: whoever asks waits by durable timers, not within an activity, however long the vault asks to wait.</summary>
    public static SecretClientOptions ClientOptions() => new() { Retry = { MaxRetries = 0, NetworkTimeout = TimeSpan.FromSeconds(15) } };

    /// <summary>Reads the current version of a secret.</summary>
    /// <exception cref="SecretUnavailableException">It could not be had; whether waiting helps, it says.</exception>
    public async Task<string> ReadAsync(string name, CancellationToken cancellationToken)
    {
        string secret = $"secret '{name}' of Key Vault {options.Value.KeyVaultUri!.Host}";
        try
        {
            KeyVaultSecret read = await vault.Value.GetSecretAsync(name, cancellationToken: cancellationToken);
            return SecretText.Of(read.Value) is { Length: > 0 } value
                ? value : throw new SecretUnavailableException($"The {secret} is empty.", isTransient: false);
        }
        catch (RequestFailedException e)
        {
            throw Translate(e, secret);
        }
        catch (AuthenticationFailedException e)
        {
            throw new SecretUnavailableException(
                $"The {secret} cannot be read: no Azure identity could sign in. In Azure, look at the app's identity; on your own machine, "
                    + "run az login.", isTransient: true, innerException: e);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw Away(secret, e);
        }
    }

    private static SecretUnavailableException Translate(RequestFailedException e, string secret) => e.Status switch
    {
        0 => Away(secret, e),
        404 => new($"The {secret} does not exist: set it with az keyvault secret set.", isTransient: false, innerException: e),
        403 => new($"The {secret} may not be read (HTTP 403): the app's identity needs the role Key Vault Secrets User there, and the "
            + "secret must be enabled.", isTransient: false, innerException: e),
        408 or 429 or >= 500 =>
            new($"The {secret} cannot be read now (HTTP {e.Status}).", isTransient: true, RetryAfterOf(e.GetRawResponse()), e),
        _ => new($"The {secret} cannot be read (HTTP {e.Status} {e.ErrorCode}).", isTransient: false, innerException: e),
    };

    private static SecretUnavailableException Away(string secret, Exception e) =>
        new($"The {secret} cannot be read now: the vault does not answer.", isTransient: true, innerException: e);

    private static TimeSpan? RetryAfterOf(Response? answer) =>
        answer is not null && answer.Headers.TryGetValue("Retry-After", out string? text)
        && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int seconds)
            ? TimeSpan.FromSeconds(seconds)
            : null;
}
