using Rescan.Functions.Appliances.VeeamBackupAndReplication;
using Rescan.Functions.Appliances.VeeamBackupForAws;
using Rescan.Functions.Configuration;

namespace Rescan.Functions.Appliances;

/// <summary>The kinds of appliance that are served.</summary>
public static class ApplianceProducts
{
    /// <summary>All of them, the default first.</summary>
    public static IReadOnlyList<ApplianceProduct> All { get; } = [new VeeamBackupForAwsProduct(), new VeeamBackupAndReplicationProduct()];

    /// <summary>The kind that a setting names; null when there is none.</summary>
    public static ApplianceProduct? Find(string kind) =>
        All.FirstOrDefault(p => string.Equals(p.Kind, kind, StringComparison.OrdinalIgnoreCase));

    /// <summary>The kind of an appliance whose settings have been validated.</summary>
    internal static ApplianceProduct Of(ApplianceOptions options) =>
        Find(options.Kind) ?? throw new ArgumentException($"No kind is named '{options.Kind}'.");
}
