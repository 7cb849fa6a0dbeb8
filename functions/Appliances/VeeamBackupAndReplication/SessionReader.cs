using System.Text.Json;

namespace Rescan.Functions.Appliances.VeeamBackupAndReplication;

/// <summary>Reads a session. Only Stopped is an end; every other state, a new one too, is a session under way.</summary>
internal static class SessionReader
{
    /// <summary>The type of a rescan's session, and of those that the server runs by itself about every 15 minutes.</summary>
    public const string RescanType = "ConfigurationResynchronize";

    private const string Server = "SYSTEM";
    private const int MaxReason = 2000;
    private const int MaxState = 64;

    private static readonly string[] Words =
    [
        "Starting", "Working", "Stopping", "Pausing", "Resuming", "WaitingTape", "Idle", "Postprocessing", "WaitingRepository",
        "WaitingSlot",
        "ActionRequired", "Stopped", "None", "Success", "Warning", "Failed", RescanType,
    ];

    public static ApplianceSession Read(JsonElement e)
    {
        string state = Word(StorableText.CleanOrNull(e.Text("state"), MaxState)) ?? "";
        JsonElement result = e.Part("result");
        bool done = state == "Stopped";
        return new ApplianceSession(e.Text("id") ?? "", StateOf(state), state)
        {
            Type = Word(StorableText.CleanOrNull(e.Text("sessionType"), MaxState)),
            Result = done ? ResultOf(result) : null,
            Reason = done ? ReasonOf(result) : null,
            StartedAt = e.Time("creationTime"),
            StoppedAt = done ? e.Time("endTime") : null,
            ProgressPercent = e.Number("progressPercent") is { } percent ? Math.Clamp(percent, 0, 100) : null,
            Attention = state == "ActionRequired"
                ? "The server waits for a person to act on the session (ActionRequired); polling goes on."
                : null,
        };
    }

    /// <summary>
    /// A session that may be a rescan somebody asked for; null when it is none. Only the app's own account shows that the app started it:
    /// what another account started may be of any repository.
    /// </summary>
    public static ApplianceSession? ReadCandidate(JsonElement e, string account)
    {
        ApplianceSession session = Read(e);
        string by = e.Text("initiatedBy") ?? "";
        return session.Type != RescanType || string.Equals(by, Server, StringComparison.OrdinalIgnoreCase)
            ? null
            : session with { Nature = IsSameAccount(by, account) ? SessionNature.Rescan : SessionNature.Ambiguous };
    }

    /// <summary>Whether two names are of one account: DOMAIN\name, name@domain and name alone may each stand for it.</summary>
    private static bool IsSameAccount(string one, string other) =>
        string.Equals(one, other, StringComparison.OrdinalIgnoreCase)
        || (string.Equals(NameOf(one), NameOf(other), StringComparison.OrdinalIgnoreCase) && !(one.Contains('\\') && other.Contains('\\')));

    private static string NameOf(string account) => account[(account.LastIndexOf('\\') + 1)..].Split('@')[0];

    /// <summary>A documented word whatever its case; any other as the server spells it.</summary>
    private static string? Word(string? text) =>
        text is null ? null : Array.Find(Words, w => string.Equals(w, text, StringComparison.OrdinalIgnoreCase)) ?? text;

    private static SessionState StateOf(string state) => state switch
    {
        "Starting" => SessionState.Pending,
        "Working" or "Stopping" or "Pausing" or "Resuming" or "WaitingTape" or "Idle" or "Postprocessing" or "WaitingRepository"
            or "WaitingSlot" or "ActionRequired" => SessionState.Running,
        "Stopped" => SessionState.Done,
        _ => SessionState.Unknown,
    };

    /// <summary>A session that was stopped by REST ends as Failed, and isCanceled stays false.</summary>
    private static SessionResult ResultOf(JsonElement result) =>
        result.Text("isCanceled") == "true" ? SessionResult.Canceled : Word(result.Text("result")) switch
        {
            "Success" => SessionResult.Succeeded,
            "Warning" => SessionResult.Warning,
            _ => SessionResult.FailedOrCanceled,
        };

    private static string? ReasonOf(JsonElement result)
    {
        string? message = StorableText.CleanOrNull(result.Text("message"), MaxReason);
        return Word(result.Text("result")) switch
        {
            "Success" or "Warning" or "Failed" => message,
            null or "None" =>
                $"The server ended the session without a result, so it does not count as a "
                    + $"success.{(message is null ? "" : " It says: " + message)}",
            var other =>
                $"The server ended the session with the unknown result "
                    + $"'{StorableText.Clean(other, MaxState)}', so it does not count as a "
                    + $"success.{(message is null ? "" : " It says: " + message)}",
        };
    }
}
