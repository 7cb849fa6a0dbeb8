using Azure;
using Azure.Core;
using Azure.Identity;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Rescan.Functions.Configuration;

/// <summary>
/// Says once, at the start, which Azure credential is taken; never what is in it. The start does not wait for it, since the app can serve
/// appliances whose tokens it holds while Microsoft Entra is away.
/// </summary>
/// <param name="options">The settings, which say whether an identity is needed at all.</param>
/// <param name="identity">The credential.</param>
/// <param name="log">The log.</param>
internal sealed class IdentityReport(IOptions<RescanOptions> options, TokenCredential identity, ILogger<IdentityReport> log)
    : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (Need(options.Value) is not { } need)
        {
            return;
        }

        // Asking runs other programs where az login is used, which would hold up the start.
        await Task.Yield();
        try
        {
            await identity.GetTokenAsync(new TokenRequestContext([need.Scope]), stoppingToken);
            log.LogInformation(
                "Azure identity: {Credential}, for {Use}", (identity as AzureIdentity)?.Kind ?? identity.GetType().Name, need.Use);
        }
        catch (Exception e) when (e is AuthenticationFailedException or RequestFailedException)
        {
            log.LogWarning(
                "Azure identity: none could be had for {Use} ({Trouble}). It is asked for again when needed. In Azure, look at the app's "
                    + "identity; on your own machine, run az login",
                need.Use, e.GetType().Name);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The app stops before there was an answer.
        }
    }

    private static (string Scope, string Use)? Need(RescanOptions options) => options switch
    {
        { KeyVaultUri: { } vault } => ("https://vault.azure.net/.default", "Key Vault " + vault.Host),
        { Outcomes: { TableServiceUri: { } tables } } => ("https://storage.azure.com/.default", "storage " + tables.Host),
        _ => null,
    };
}
