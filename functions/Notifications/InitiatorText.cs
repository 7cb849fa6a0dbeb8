using Rescan.Functions.Display;
using Rescan.Functions.Storage;

namespace Rescan.Functions.Notifications;

/// <summary>Who or what asked for something, in words: one way in notifications, commands and reports.</summary>
public static class InitiatorText
{
    private const int MaxName = 100;
    private const string ScheduledRun = "run-scheduled-";

    /// <summary>After "started by" or "canceled by"; what is not known is said to be so.</summary>
    public static string Of(Initiator? by)
    {
        string? name = string.IsNullOrWhiteSpace(by?.Name) ? null : SafeText.Line(by.Name, MaxName);
        return by?.Kind switch
        {
            null => "not known",
            InitiatorKind.Schedule => name is null ? "the schedule" : $"the schedule {name}",
            InitiatorKind.Api => name ?? "the HTTP API",
            InitiatorKind.Webhook => name is null ? "a webhook" : $"webhook message {name}",
            InitiatorKind.S3Event => "new objects in its bucket",
            InitiatorKind.Run => name?.StartsWith(ScheduledRun, StringComparison.Ordinal) == true ? "a scheduled run" : "a run",
            InitiatorKind.Command => name is null ? "the rescan command" : $"{name} (rescan command)",
            _ => "a retry",
        };
    }
}
