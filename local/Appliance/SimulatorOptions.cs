namespace Rescan.Local.Appliance;

/// <summary>How the simulated appliance behaves.</summary>
public sealed record SimulatorOptions
{
    /// <summary>Port on loopback; 0 takes any free one.</summary>
    public int Port { get; init; }

    /// <summary>The account that may sign in.</summary>
    public string Username { get; init; } = "rescan";

    /// <summary>Its password.</summary>
    public string Password { get; init; } = "demo-password";

    /// <summary>How long a rescan session runs.</summary>
    public TimeSpan SessionDuration { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>How sessions end: succeeded, warning, failed or canceled.</summary>
    public string Outcome { get; init; } = "succeeded";

    /// <summary>Names of faults from <see cref="FaultCatalog"/>.</summary>
    public IReadOnlyList<string> Faults { get; init; } = [];

    /// <summary>The repositories.</summary>
    public IReadOnlyList<SimulatedRepository> Repositories { get; init; } = SimulatedRepository.Defaults;

    /// <summary>The product version told by <c>GET /system/version</c>.</summary>
    public string ProductVersion { get; init; } = "3.0.0.421";

    /// <summary>Revisions accepted in x-api-version.</summary>
    public IReadOnlyList<string> Revisions { get; init; } = ["1.0-rev0", "1.1-rev0"];

    /// <summary>Life of an access token.</summary>
    public TimeSpan TokenLifetime { get; init; } = TimeSpan.FromHours(1);

    /// <summary>File that keeps certificate and sessions over a restart; null: none are kept.</summary>
    public string? StateFile { get; init; }

    /// <summary>The appliance's clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}

/// <summary>A repository of the simulated appliance.</summary>
/// <param name="Id">Its uuid.</param>
/// <param name="Name">Its name.</param>
/// <param name="Bucket">The S3 bucket.</param>
/// <param name="Folder">The folder in the bucket.</param>
public sealed record SimulatedRepository(string Id, string Name, string Bucket, string Folder)
{
    /// <summary>Four repositories.</summary>
    public static IReadOnlyList<SimulatedRepository> Defaults { get; } =
    [
        new("6f1c1f0a-4d1e-4b55-9d0a-0c8f4a5d1e01", "prod-eu-central", "acme-backup-eu", "prod"),
        new("6f1c1f0a-4d1e-4b55-9d0a-0c8f4a5d1e02", "prod-us-east", "acme-backup-us", "prod"),
        new("6f1c1f0a-4d1e-4b55-9d0a-0c8f4a5d1e03", "archive", "acme-archive", "veeam"),
        new("6f1c1f0a-4d1e-4b55-9d0a-0c8f4a5d1e04", "staging", "acme-staging", "backups"),
    ];
}

/// <summary>One request that the simulated appliance took.</summary>
/// <param name="Time">When, UTC.</param>
/// <param name="Kind">token, repositories, rescan, session, log, stop or other.</param>
/// <param name="Method">The HTTP method.</param>
/// <param name="Path">The path, without the query.</param>
/// <param name="Status">The status answered; 0 when the connection was dropped.</param>
/// <param name="Connection">Id of the TCP connection.</param>
public sealed record LedgerEntry(DateTimeOffset Time, string Kind, string Method, string Path, int Status, string Connection);
