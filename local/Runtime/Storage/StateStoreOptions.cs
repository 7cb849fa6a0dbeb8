namespace Rescan.Local.Runtime.Storage;

/// <summary>Which task hub, and how to come by it.</summary>
public sealed record StateStoreOptions
{
    /// <summary>The task hub's SQLite file; not used with <see cref="Storage"/>.</summary>
    public required string StateFile { get; init; }

    /// <summary>Azure Storage instead of a file: <c>UseDevelopmentStorage=true</c>, a connection string, or the account's address for use with a Microsoft Entra identity.</summary>
    public string? Storage { get; init; }

    /// <summary>The hub's name in the storage account: 3 to 40 letters and digits, a letter first.</summary>
    public string TaskHub { get; init; } = "Rescan";

    /// <summary>Whether to wait while another process owns the hub, and take over when it ends.</summary>
    public bool StandBy { get; init; }

    /// <summary>Told once when it has to wait.</summary>
    public Action? OnStandBy { get; init; }
}
