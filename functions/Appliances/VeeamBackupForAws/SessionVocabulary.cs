namespace Rescan.Functions.Appliances.VeeamBackupForAws;

/// <summary>
/// The documented values of a session's fields. A value is read whatever its case, and where one field uses the word of another;
/// one that is not known stays as the appliance spells it.
/// </summary>
internal static class SessionVocabulary
{
    private static readonly Dictionary<string, string> Types = Of(
        "Policy", "Job", "Task", "UserPolicy", "RetentionActivity", "RestoreTask", "FLRTask", "SelfBackupActivity", "ImportPolicy",
        "TombstoneRetention");

    private static readonly Dictionary<string, string> Statuses = new(
        Of("NeverExecuted", "Running", "Succeeded", "Warning", "Failed", "Canceled"),
        StringComparer.OrdinalIgnoreCase)
    {
        ["Success"] = "Succeeded",
        ["Cancelled"] = "Canceled",
    };

    private static readonly Dictionary<string, string> LogStatuses = new(
        Of("NeverExecuted", "Success", "Warning", "Error", "Pending", "Canceling", "Canceled", "Running", "RunningWithWarning",
            "RunningWithError"),
        StringComparer.OrdinalIgnoreCase)
    {
        ["Succeeded"] = "Success",
        ["Failed"] = "Error",
        ["Cancelled"] = "Canceled",
    };

    public static string? Type(string? text) => Known(Types, text);

    public static string? Status(string? text) => Known(Statuses, text);

    public static string? LogStatus(string? text) => Known(LogStatuses, text);

    private static string? Known(Dictionary<string, string> values, string? text) =>
        text is null ? null : values.GetValueOrDefault(text.Trim(), text);

    private static Dictionary<string, string> Of(params string[] values) => values.ToDictionary(v => v, StringComparer.OrdinalIgnoreCase);
}
