using Azure.Core;
using Microsoft.Extensions.Configuration;
using Rescan.Functions.Configuration;
using Rescan.Functions.Storage.AzureTables;

namespace Rescan.Functions.Storage;

/// <summary>Opens the outcome store that the settings name.</summary>
public static class OutcomeStores
{
    /// <summary>The store alone, for tools that need no appliance in the settings.</summary>
    /// <param name="configuration">The settings; what is under <c>Rescan:Outcomes</c> and <c>AzureWebJobsStorage</c> counts.</param>
    /// <param name="cancellationToken">Ends the opening.</param>
    /// <exception cref="OutcomeStoreException">It cannot be used.</exception>
    public static async Task<IOutcomeArchive> OpenAsync(IConfiguration configuration, CancellationToken cancellationToken)
    {
        OutcomeStoreOptions options = new();
        configuration.GetSection(RescanOptions.Section).GetSection(nameof(RescanOptions.Outcomes)).Bind(options);
        IOutcomeArchive archive = (IOutcomeArchive)Create(options, configuration, new AzureIdentity(configuration));
        await archive.OpenAsync(cancellationToken).ConfigureAwait(false);
        return archive;
    }

    internal static IOutcomeStore Create(OutcomeStoreOptions options, IConfiguration configuration, TokenCredential credential) =>
        options.SqliteFile is { Length: > 0 } file ? new SqliteOutcomeStore(file) : TableOutcomeStore.Create(options, configuration, credential);
}
