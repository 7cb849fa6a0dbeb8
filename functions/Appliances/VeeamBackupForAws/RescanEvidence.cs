namespace Rescan.Functions.Appliances.VeeamBackupForAws;

/// <summary>What a session of Veeam Backup for AWS tells about being a rescan. Which type rescans have is not documented.</summary>
internal static class RescanEvidence
{
    /// <summary>Types of the published contract of revision 1.0-rev0 that are work of another kind.</summary>
    private static readonly HashSet<string> OtherTypes = new(StringComparer.OrdinalIgnoreCase)
    {
        "Policy", "Job", "Task", "UserPolicy", "RetentionActivity", "RestoreTask", "FLRTask", "SelfBackupActivity", "TombstoneRetention",
    };

    /// <summary>What a session's type tells.</summary>
    public static SessionNature Of(string? type) => type switch
    {
        null or "" => SessionNature.Unknown,
        _ when OtherTypes.Contains(type) => SessionNature.OtherWork,
        _ when type.Equals("ImportPolicy", StringComparison.OrdinalIgnoreCase)
            || type.Contains("Rescan", StringComparison.OrdinalIgnoreCase) => SessionNature.Rescan,
        _ => SessionNature.Unknown,
    };
}
