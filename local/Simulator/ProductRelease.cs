namespace Rescan.Local.Simulator;

/// <summary>
/// A release of a product and the revisions that it accepts. Of Veeam Backup for AWS the lists of 7.0 and 8.0 are documented: the own
/// revision and those of the two releases before; the others follow that pattern. Veeam Backup &amp; Replication accepts its own
/// revision and older ones, but for 1.0.
/// </summary>
/// <param name="Name">The release, such as 7.0.</param>
/// <param name="Version">The version it tells.</param>
/// <param name="Revisions">Values accepted in x-api-version, newest first.</param>
public sealed record ProductRelease(string Name, string Version, IReadOnlyList<string> Revisions)
{
    private static readonly string[] RevisionsWithRescan = ["1.0-rev0", "1.1-rev0", "1.2-rev0", "1.3-rev0"];

    /// <summary>The releases 2.0 to 10.0.</summary>
    public static IReadOnlyList<ProductRelease> All { get; } =
    [
        new("2.0", "2.0.0.418", ["1.0-rev0"]),
        new("3.0", "3.0.0.421", ["1.1-rev0", "1.0-rev0"]),
        new("4.0", "4.0.0.682", ["1.2-rev0", "1.1-rev0", "1.0-rev0"]),
        new("5.0", "5.0.0.568", ["1.3-rev0", "1.2-rev0", "1.1-rev0"]),
        new("6.0", "6.0.0.335", ["1.4-rev0", "1.3-rev0", "1.2-rev0"]),
        new("7.0", "7.0.0.512", ["1.5-rev1", "1.5-rev0", "1.4-rev0", "1.3-rev0"]),
        new("8.0", "8.0.0.380", ["1.6-rev0", "1.5-rev1", "1.5-rev0", "1.4-rev0"]),
        new("9.0", "9.0.0.301", ["1.7-rev0", "1.6-rev0", "1.5-rev1", "1.5-rev0"]),
        new("10.0", "10.0.0.232", ["1.8-rev0", "1.7-rev0", "1.6-rev0"]),
    ];

    /// <summary>The releases 12.2 to 13.1 of Veeam Backup &amp; Replication.</summary>
    public static IReadOnlyList<ProductRelease> OfServer { get; } =
    [
        new("12.2", "12.2.0.334", ["1.1-rev2", "1.1-rev1", "1.1-rev0"]),
        new("12.3", "12.3.0.310", ["1.2-rev0", "1.1-rev2", "1.1-rev1", "1.1-rev0"]),
        new("12.3.1", "12.3.1.1139", ["1.2-rev1", "1.2-rev0", "1.1-rev2", "1.1-rev1", "1.1-rev0"]),
        new("13.0", "13.0.0.4967", ["1.3-rev0", "1.2-rev1", "1.2-rev0", "1.1-rev2", "1.1-rev1", "1.1-rev0"]),
        new("13.0.1", "13.0.1.180", ["1.3-rev1", "1.3-rev0", "1.2-rev1", "1.2-rev0", "1.1-rev2", "1.1-rev1", "1.1-rev0"]),
        new("13.1", "13.1.0.411", ["1.3-rev2", "1.3-rev1", "1.3-rev0", "1.2-rev1", "1.2-rev0", "1.1-rev2", "1.1-rev1", "1.1-rev0"]),
    ];

    /// <summary>Whether a revision has <c>POST /repositories/{id}/rescan</c>, which 1.4-rev0 dropped.</summary>
    public static bool HasRescan(string revision) => RevisionsWithRescan.Contains(revision);

    /// <summary>The releases of a kind.</summary>
    public static IReadOnlyList<ProductRelease> Of(SimulatedKind kind) => kind == SimulatedKind.VeeamBackupForAws ? All : OfServer;

    /// <summary>A release by name; the .0 may be left out.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="kind">The kind of appliance.</param>
    /// <exception cref="ArgumentException">It is not known.</exception>
    public static ProductRelease Find(string name, SimulatedKind kind = SimulatedKind.VeeamBackupForAws) =>
        Of(kind).FirstOrDefault(r => r.Name == name || r.Name == name + ".0")
        ?? throw new ArgumentException(
            $"No product release is named '{name}'. Releases: {string.Join(", ", Of(kind).Select(r => r.Name))}.");
}
