using System.Diagnostics.Tracing;
using Azure.Core;
using Azure.Identity;
using Microsoft.Extensions.Configuration;

namespace Rescan.Functions.Configuration;

/// <summary>
/// The one Azure credential of the process, and so the one cache of tokens: the app's managed identity in Azure, <c>az login</c> and
/// the like on a developer's machine.
/// </summary>
/// <param name="configuration">Its <c>AZURE_CLIENT_ID</c>, or that of <c>AzureWebJobsStorage</c>, picks the user-assigned identity.</param>
internal sealed class AzureIdentity(IConfiguration configuration) : TokenCredential
{
    private static readonly string[] ClientIdKeys = ["AZURE_CLIENT_ID", "AzureWebJobsStorage:clientId"];

    private readonly Lazy<(DefaultAzureCredential Credential, Choice Choice)> made = new(() =>
    {
        Choice choice = new();
        DefaultAzureCredentialOptions options = new();
        if (ClientIdOf(configuration) is { } client)
        {
            options.ManagedIdentityClientId = options.WorkloadIdentityClientId = client;
        }

        return (new DefaultAzureCredential(options), choice);
    });

    /// <summary>
    /// The kind of credential that Azure.Identity took, such as <c>ManagedIdentityCredential</c>; null until a token was had.
    /// </summary>
    public string? Kind => made.IsValueCreated ? made.Value.Choice.Taken : null;

    /// <inheritdoc/>
    public override AccessToken GetToken(TokenRequestContext requestContext, CancellationToken cancellationToken) =>
        made.Value.Credential.GetToken(requestContext, cancellationToken);

    /// <inheritdoc/>
    public override ValueTask<AccessToken> GetTokenAsync(TokenRequestContext requestContext, CancellationToken cancellationToken) =>
        made.Value.Credential.GetTokenAsync(requestContext, cancellationToken);

    private static string? ClientIdOf(IConfiguration configuration) =>
        ClientIdKeys.Select(key => configuration[key]).FirstOrDefault(id => !string.IsNullOrWhiteSpace(id));

    /// <summary>Azure.Identity tells its choice in an event only: https://learn.microsoft.com/dotnet/azure/sdk/logging.</summary>
    private sealed class Choice : EventListener
    {
        public string? Taken { get; private set; }

        protected override void OnEventSourceCreated(EventSource eventSource)
        {
            if (eventSource.Name == "Azure-Identity")
            {
                EnableEvents(eventSource, EventLevel.Informational);
            }
        }

        protected override void OnEventWritten(EventWrittenEventArgs eventData)
        {
            if (eventData is { EventName: "DefaultAzureCredentialCredentialSelected", Payload: [string type, ..] })
            {
                Taken = type.Split('.')[^1];
                Dispose();
            }
        }
    }
}
