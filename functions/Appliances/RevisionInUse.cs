using Rescan.Functions.Configuration;

namespace Rescan.Functions.Appliances;

/// <summary>The x-api-version of one appliance: the one that the settings name, or the one that was found where they say auto.</summary>
/// <param name="product">The kind.</param>
/// <param name="options">The appliance's settings.</param>
internal sealed class RevisionInUse(ApplianceProduct product, ApplianceOptions options)
{
    private readonly bool auto = product.RevisionOf(options) == ApplianceProduct.Auto;

    /// <summary>The revision that is known to be the one; null while it has to be found.</summary>
    public string? Known { get; private set; } = product.RevisionOf(options) is var named && named == ApplianceProduct.Auto ? null : named;

    /// <summary>The revision to send: the known one, otherwise the newest that has rescan.</summary>
    public string Current => Known ?? product.RevisionsWithRescan[0];

    /// <summary>Keeps the revision that the appliance accepted.</summary>
    public void Keep(string accepted) => Known = accepted;

    /// <summary>Forgets what was found, since the appliance may have been upgraded.</summary>
    /// <returns>False where the settings name the revision, so that there is nothing to find.</returns>
    public bool Forget()
    {
        if (auto)
        {
            Known = null;
        }

        return auto;
    }
}
