using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Rescan.Local.Simulator;

/// <summary>A repository of the simulated appliance.</summary>
/// <param name="Id">Its uuid.</param>
/// <param name="Name">Its name.</param>
/// <param name="Bucket">The S3 bucket.</param>
/// <param name="Folder">The folder in the bucket.</param>
public sealed record SimulatedRepository(string Id, string Name, string Bucket, string Folder)
{
    private const string AccountId = "6f1c1f0a-0000-4b55-9d0a-0c8f4a5d1e01";

    /// <summary>Its type on Veeam Backup &amp; Replication; one that is no object storage has no bucket there.</summary>
    public string Type { get; init; } = "AmazonS3";

    /// <summary>Four repositories.</summary>
    public static IReadOnlyList<SimulatedRepository> Defaults { get; } =
    [
        new(IdOf(1), "prod-eu-central", "acme-backup-eu", "prod"),
        new(IdOf(2), "prod-us-east", "acme-backup-us", "prod"),
        new(IdOf(3), "archive", "acme-archive", "veeam"),
        new(IdOf(4), "staging", "acme-staging", "backups"),
    ];

    /// <summary>The four, and two of Veeam Backup &amp; Replication that runs leave out.</summary>
    public static IReadOnlyList<SimulatedRepository> OfServer { get; } =
    [
        .. Defaults,
        new(IdOf(5), "Default Backup Repository", "", "") { Type = "WinLocal" },
        new(IdOf(6), "deep-archive", "acme-glacier", "veeam") { Type = "AmazonS3Glacier" },
    ];

    /// <summary>A number of repositories: the default ones, then repository-005 and so on.</summary>
    /// <param name="count">How many; not negative.</param>
    /// <param name="bucket">A bucket for all of them; null gives each its own.</param>
    /// <param name="folder">A folder for all of them; null gives each its own.</param>
    public static IReadOnlyList<SimulatedRepository> Many(int count, string? bucket = null, string? folder = null) =>
    [
        .. Enumerable.Range(1, count)
            .Select(i => i <= Defaults.Count ? Defaults[i - 1] : Numbered(i))
            .Select(r => r with { Bucket = bucket ?? r.Bucket, Folder = folder ?? r.Folder }),
    ];

    /// <summary>One more repository, with the name of another.</summary>
    /// <param name="repositories">The repositories there are.</param>
    /// <param name="name">The name to share.</param>
    public static IReadOnlyList<SimulatedRepository> WithTwin(IReadOnlyList<SimulatedRepository> repositories, string name)
    {
        ArgumentNullException.ThrowIfNull(repositories);
        return [.. repositories, Numbered(repositories.Count + 1) with { Name = name }];
    }

    internal object Describe()
    {
        Guid bucketId = BucketId();
        return new
        {
            id = Id,
            name = Name,
            description = "Simulated",
            amazonAccountId = AccountId,
            amazonStorageFolder = Folder,
            amazonBucketId = bucketId,
            hint = "",
            enableEncryption = false,
            _embedded = new
            {
                amazonAccount = "backup-role",
                amazonAccountLink = Link("account", $"/api/v1/accounts/amazon/{AccountId}"),
                region = "eu-central-1",
                regionLink = Link("region", "/api/v1/cloudInfrastructure/regions/eu-central-1"),
                bucket = Bucket,
                bucketLink = Link("bucket", $"/api/v1/cloudInfrastructure/buckets/{bucketId}"),
            },
            _links = new[] { Link("self", $"/api/v1/repositories/{Id}"), Link("rescan", $"/api/v1/repositories/{Id}/rescan", "POST") },
        };
    }

    private static object Link(string rel, string href, string method = "GET") => new { rel, href, method };

    /// <summary>The appliance's own id of the bucket, the same for all its repositories in it.</summary>
    private Guid BucketId() => new(SHA256.HashData(Encoding.UTF8.GetBytes(Bucket)).AsSpan(0, 16));

    private static string IdOf(int number) => string.Create(CultureInfo.InvariantCulture, $"6f1c1f0a-4d1e-4b55-9d0a-0c8f4a5d1e{number:x2}");

    private static SimulatedRepository Numbered(int number) => new(
        string.Create(CultureInfo.InvariantCulture, $"6f1c1f0a-4d1e-4b55-9d0a-1c8f{number:x8}"),
        string.Create(CultureInfo.InvariantCulture, $"repository-{number:000}"),
        string.Create(CultureInfo.InvariantCulture, $"acme-bucket-{number:000}"),
        "backups");
}
