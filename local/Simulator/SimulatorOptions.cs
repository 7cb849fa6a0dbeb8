using Rescan.Local.Simulator.Faults;

namespace Rescan.Local.Simulator;

/// <summary>What a simulated appliance is.</summary>
public enum SimulatedKind
{
    /// <summary>Veeam Backup for AWS.</summary>
    VeeamBackupForAws,

    /// <summary>Veeam Backup &amp; Replication.</summary>
    VeeamBackupAndReplication,
}

/// <summary>How the simulated appliance behaves.</summary>
public sealed record SimulatorOptions
{
    /// <summary>What it is.</summary>
    public SimulatedKind Kind { get; init; }

    /// <summary>Port on loopback; 0 takes any free one.</summary>
    public int Port { get; init; }

    /// <summary>The account that may sign in.</summary>
    public string Username { get; init; } = "rescan";

    /// <summary>Its password at the start.</summary>
    public string Password { get; init; } = "demo-password";

    /// <summary>Its role, told with every token.</summary>
    public string Role { get; init; } = "Portal Operator";

    /// <summary>How long a rescan session runs.</summary>
    public TimeSpan SessionDuration { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>How long a session is NeverExecuted before it runs.</summary>
    public TimeSpan PendingDuration { get; init; } = TimeSpan.Zero;

    /// <summary>How sessions end: succeeded, warning, failed or canceled.</summary>
    public string Outcome { get; init; } = "succeeded";

    /// <summary>
    /// Whether a rescan of a repository that is being rescanned is refused with 409; what a real appliance does is not documented.
    /// </summary>
    public bool OneRescanAtATime { get; init; }

    /// <summary>How often a session of other work (backup, retention) starts; null: never.</summary>
    public TimeSpan? OtherSessionsEvery { get; init; }

    /// <summary>How long a session of other work runs; null: three times as long as from one to the next.</summary>
    public TimeSpan? OtherSessionsLast { get; init; }

    /// <summary>How long a session takes to stop once it was told to.</summary>
    public TimeSpan StopDuration { get; init; }

    /// <summary>Whether a rescan's log names its repository, which is not documented of Veeam Backup &amp; Replication.</summary>
    public bool LogsNameRepository { get; init; } = true;

    /// <summary>How many bad passwords lock the account; null: none do.</summary>
    public int? LockAfter { get; init; }

    /// <summary>Whether the revisions are listed without a token, as Veeam Backup &amp; Replication 13.1 does.</summary>
    public bool ListsRevisions { get; init; } = true;

    /// <summary>What the server calls itself, where its kind has such a name; null: a name of its own.</summary>
    public Guid? ServerId { get; init; }

    /// <summary>Names of faults from <see cref="FaultCatalog"/>, each as it usually strikes.</summary>
    public IReadOnlyList<string> Faults { get; init; } = [];

    /// <summary>Faults that strike as they say; <see cref="FaultScenario.Read"/> reads them from a file.</summary>
    public IReadOnlyList<Fault> Scenario { get; init; } = [];

    /// <summary>The repositories.</summary>
    public IReadOnlyList<SimulatedRepository> Repositories { get; init; } = SimulatedRepository.Defaults;

    /// <summary>The product version told by <c>GET /system/version</c>.</summary>
    public string ProductVersion { get; init; } = "3.0.0.421";

    /// <summary>Revisions accepted in x-api-version.</summary>
    public IReadOnlyList<string> Revisions { get; init; } = ["1.0-rev0", "1.1-rev0"];

    /// <summary>Life of an access token.</summary>
    public TimeSpan TokenLifetime { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Life of a refresh token; null: an hour more than the access token's.</summary>
    public TimeSpan? RefreshLifetime { get; init; }

    /// <summary>File that keeps certificate and sessions over a restart; null: none are kept.</summary>
    public string? StateFile { get; init; }

    /// <summary>Rows on a page when the caller sets no Limit.</summary>
    public int PageSize { get; init; } = 100;

    /// <summary>How far the appliance's clock is ahead of <see cref="Time"/>; negative when behind.</summary>
    public TimeSpan ClockSkew { get; init; } = TimeSpan.Zero;

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>The usual options of a kind.</summary>
    public static SimulatorOptions Of(SimulatedKind kind) => kind == SimulatedKind.VeeamBackupForAws ? new() : new SimulatorOptions
    {
        Kind = kind,
        Username = @"LAB\svc-rescan",
        Role = "Backup Administrator",
        TokenLifetime = TimeSpan.FromMinutes(15),
        PageSize = 200,
        OtherSessionsEvery = TimeSpan.FromMinutes(15),
        OtherSessionsLast = TimeSpan.FromSeconds(40),
        StopDuration = TimeSpan.FromSeconds(2),
        LogsNameRepository = false,
        Repositories = SimulatedRepository.OfServer,
    }.OfProduct("13.1");

    /// <summary>The same, with the version and the revisions of a product release.</summary>
    /// <param name="product">A release of the kind, such as 7.0.</param>
    /// <exception cref="ArgumentException">The release is not known.</exception>
    public SimulatorOptions OfProduct(string product)
    {
        ProductRelease release = ProductRelease.Find(product, Kind);
        return this with { ProductVersion = release.Version, Revisions = release.Revisions };
    }
}
