using System.Text.Json;

namespace Rescan.Functions.Appliances.VeeamBackupForAws;

/// <summary>Turns what the appliance sends into what every kind shares. A time without a zone is UTC, as its examples suggest.</summary>
internal static class ApplianceJson
{
    private const int MaxStatus = 64;
    private const int MaxReason = 2000;

    /// <param name="e">The session.</param>
    /// <param name="latest">The latest time that can have been reached; a later one is not believed.</param>
    public static ApplianceSession ToSession(this JsonElement e, DateTimeOffset latest)
    {
        DateTimeOffset? Reached(string name) => e.Time(name) is { } time && time <= latest ? time : null;
        string status = SessionVocabulary.Status(StorableText.CleanOrNull(e.Text("status"), MaxStatus)) ?? "";
        string? type = SessionVocabulary.Type(StorableText.CleanOrNull(e.Text("type"), MaxStatus));
        return new ApplianceSession(e.Text("id") ?? "", StateOf(status), status)
        {
            Type = type,
            Result = ResultOf(status),
            Reason = StorableText.CleanOrNull(e.Text("reason"), MaxReason),
            StartedAt = Reached("executionStartTime"),
            StoppedAt = Reached("executionStopTime"),
            Nature = RescanEvidence.Of(type),
        };
    }

    /// <summary>
    /// The bucket is a name in the contract; an object with a name is read too. The id of the bucket is the appliance's own and no name.
    /// A repository's objects lie under its folder, or under its folder within <c>Veeam/Backup/</c>.
    /// </summary>
    public static Repository ToRepository(this JsonElement e)
    {
        JsonElement embedded = e.Part("_embedded");
        string? folder = e.Text("amazonStorageFolder");
        string path = S3Folder.Normal(folder);
        return new Repository(
            e.Text("id") ?? "", e.Text("name") ?? "", embedded.Text("bucket") ?? embedded.Part("bucket").Text("name"), folder)
        {
            KeyPrefixes = path.Length == 0 ? [""] : [$"{path}/", $"Veeam/Backup/{path}/"],
        };
    }

    /// <summary>The status of a log item, as every kind has it.</summary>
    public static string LogStatusOf(string status) => status switch
    {
        "NeverExecuted" => LogStatus.Pending,
        "Canceling" or "RunningWithWarning" or "RunningWithError" => LogStatus.Running,
        _ => status,
    };

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
