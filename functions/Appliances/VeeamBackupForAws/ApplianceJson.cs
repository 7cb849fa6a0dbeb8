using System.Text.Json;

namespace Rescan.Functions.Appliances.VeeamBackupForAws;

/// <summary>Turns what the appliance sends into what every kind shares. A time without a zone is UTC, as its examples suggest.</summary>
internal static class ApplianceJson
{
    /// <summary>Documented types of sessions that are never rescans; which one a rescan has is not documented.</summary>
    private static readonly string[] OtherWork =
        ["Policy", "Job", "Task", "UserPolicy", "RetentionActivity", "RestoreTask", "FLRTask", "SelfBackupActivity", "TombstoneRetention"];

    /// <summary>Whether a session can be a rescan by its type.</summary>
    public static bool CanBeRescan(this ApplianceSession session) => session.Type is not { } type || !OtherWork.Contains(type);

    public static ApplianceSession ToSession(this JsonElement e)
    {
        string status = e.Text("status") ?? "";
        string? type = e.Text("type");
        return new ApplianceSession(e.Text("id") ?? "", StateOf(status), status)
        {
            Type = type,
            Result = ResultOf(status),
            Reason = e.Text("reason"),
            StartedAt = e.Time("executionStartTime"),
            StoppedAt = e.Time("executionStopTime"),
            Evidence = type is "ImportPolicy" || type?.Contains("Rescan", StringComparison.OrdinalIgnoreCase) == true ? RescanEvidence.Rescan : RescanEvidence.None,
        };
    }

    /// <summary>A repository's objects lie under its folder, or under its folder within <c>Veeam/Backup/</c>.</summary>
    public static Repository ToRepository(this JsonElement e)
    {
        string? bucket = e.Part("_embedded").Part("bucket").Text("name") ?? e.Text("amazonBucketId");
        string? folder = e.Text("amazonStorageFolder");
        string path = S3Folder.Normal(folder);
        return new Repository(e.Text("id") ?? "", e.Text("name") ?? "", bucket, folder)
        {
            KeyPrefixes = path.Length == 0 ? [""] : [$"{path}/", $"Veeam/Backup/{path}/"],
        };
    }

    public static SessionLogItem ToLogItem(this JsonElement e)
    {
        string status = e.Text("status") ?? "";
        return new SessionLogItem(
            e.Time("logTime"),
            status switch
            {
                "NeverExecuted" => LogStatus.Pending,
                "Canceling" or "RunningWithWarning" or "RunningWithError" => LogStatus.Running,
                _ => status,
            },
            e.Text("message") ?? "");
    }

    private static SessionState StateOf(string status) => status switch
    {
        "NeverExecuted" => SessionState.Pending,
        "Running" => SessionState.Running,
        "Succeeded" or "Warning" or "Failed" or "Canceled" => SessionState.Done,
        _ => SessionState.Unknown,
    };

    private static SessionResult? ResultOf(string status) => status switch
    {
        "Succeeded" => SessionResult.Succeeded,
        "Warning" => SessionResult.Warning,
        "Failed" => SessionResult.Failed,
        "Canceled" => SessionResult.Canceled,
        _ => null,
    };
}
