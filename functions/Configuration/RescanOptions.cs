using System.ComponentModel.DataAnnotations;

namespace Rescan.Functions.Configuration;

/// <summary>Everything under <c>Rescan</c> in the settings.</summary>
public sealed class RescanOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "Rescan";

    /// <summary>The appliances, at least one.</summary>
    public IList<ApplianceOptions> Appliances { get; init; } = [];

    /// <summary>How long one rescan may take before its outcome is TimedOut; 1 second to 7 days.</summary>
    public TimeSpan Deadline { get; set; } = TimeSpan.FromHours(24);

    /// <summary>
    /// How long the answer to a rescan's POST may be lost before the rescan counts as not started and is posted again; 1 second to 1 hour.
    /// The
    /// client gives a POST up after 100 seconds, and the appliance may have it in hand then, also when the process that sent it is gone.
    /// </summary>
    public TimeSpan LostAnswerWait { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>How long a run over many repositories may take before it starts no more rescans; 1 minute to 7 days.</summary>
    public TimeSpan RunDeadline { get; set; } = TimeSpan.FromHours(23);

    /// <summary>When runs begin by themselves. None: one schedule with the defaults, all repositories each night.</summary>
    public IList<ScheduleOptions> Schedules { get; init; } = [];

    /// <summary>
    /// Until when no scheduled run begins, such as 2026-05-04T06:00:00Z or 2026-05-04T08:00:00+02:00; those due before are skipped. A
    /// pause by <c>rescan pause</c> or the API holds besides.
    /// </summary>
    public DateTimeOffset? PausedUntil { get; set; }

    /// <summary>Whether what failed in a run is rescanned again by itself.</summary>
    public RetryOptions Retry { get; init; } = new();

    /// <summary>When to poll.</summary>
    public PollingOptions Polling { get; init; } = new();

    /// <summary>Key Vault that holds the appliances' passwords and the channels' secrets, such as https://NAME.vault.azure.net/.</summary>
    public Uri? KeyVaultUri { get; set; }

    /// <summary>Where outcomes are kept.</summary>
    public OutcomeStoreOptions Outcomes { get; init; } = new();

    /// <summary>Whom to tell how rescans end.</summary>
    public NotificationOptions Notifications { get; init; } = new();

    /// <summary>
    /// The address under which people reach the app, such as https://rescan.example; links in notifications begin with it, its path
    /// included. Null: no links.
    /// </summary>
    public Uri? PublicUrl { get; set; }
}

/// <summary>Whether what failed in a run is rescanned again by itself.</summary>
public sealed class RetryOptions
{
    /// <summary>
    /// How long after the end of a run what failed in it is rescanned again, in a run of its own; 1 second to 1 day. What was refused is
    /// left out, since no retry helps it.
    /// </summary>
    public TimeSpan After { get; set; } = TimeSpan.FromMinutes(30);

    /// <summary>How often at most; 0 to 10. 0: never. Notifications of the run come after the last try.</summary>
    public int AtMost { get; set; }
}

/// <summary>One appliance.</summary>
public sealed class ApplianceOptions
{
    /// <summary>A short name, letters, digits, dot and hyphen; it is part of instance ids.</summary>
    public string Name { get; set; } = "";

    /// <summary>What it is: <c>VeeamBackupForAws</c> or <c>VeeamBackupAndReplication</c>.</summary>
    [AllowedValues("VeeamBackupForAws", "VeeamBackupAndReplication")]
    public string Kind { get; set; } = "VeeamBackupForAws";

    /// <summary>
    /// https://HOST:PORT of the REST API; unless changed the port is 11005 on Veeam Backup for AWS and 9419 on Veeam Backup &amp;
    /// Replication. A path, as behind a reverse proxy, is kept before /api.
    /// </summary>
    public Uri? BaseUrl { get; set; }

    /// <summary>
    /// The account, without MFA: a Portal Operator on Veeam Backup for AWS, a Backup Administrator on Veeam Backup &amp; Replication.
    /// </summary>
    public string Username { get; set; } = "";

    /// <summary>Name of the Key Vault secret that holds the password.</summary>
    public string? PasswordSecret { get; set; }

    /// <summary>The password itself; for local runs only.</summary>
    public string? Password { get; set; }

    /// <summary>
    /// SHA-256 thumbprints of accepted certificates (64 hex digits; colons allowed); blank entries are passed over. None: the system's
    /// roots decide.
    /// </summary>
    public IList<string> Thumbprints { get; init; } = [];

    /// <summary>
    /// The x-api-version, or <c>auto</c> to take the newest accepted revision that has rescan. Empty: 1.0-rev0 on Veeam Backup for AWS,
    /// 1.2-rev1 on Veeam Backup &amp; Replication.
    /// </summary>
    public string ApiVersion { get; set; } = "";

    /// <summary>Rescans in flight at once on this appliance, 1 to 100.</summary>
    public int MaxConcurrentRescans { get; set; } = 4;
}

/// <summary>When to poll a session.</summary>
public sealed class PollingOptions
{
    /// <summary>How many seconds of delay in noticing the end one poll is worth; 0.1 to 3600.</summary>
    public double Kappa { get; set; } = 5;

    /// <summary>Shortest wait between polls; at least 100 ms.</summary>
    public TimeSpan MinInterval { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>Longest wait between polls; at most 1 hour.</summary>
    public TimeSpan MaxInterval { get; set; } = TimeSpan.FromMinutes(30);
}

/// <summary>
/// Where outcomes are kept in Azure. The local runtime keeps them in its state file, or in the storage account of its task hub.
/// </summary>
public sealed class OutcomeStoreOptions
{
    /// <summary>Endpoint of the table service for identity-based access; empty: <c>AzureWebJobsStorage</c> decides.</summary>
    public Uri? TableServiceUri { get; set; }

    /// <summary>Name of the table: 3 to 63 letters and digits, a letter first. Apps that share an account need one each.</summary>
    public string Table { get; set; } = "RescanOutcomes";
}
