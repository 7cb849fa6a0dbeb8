using Rescan.Functions.Notifications;
using Rescan.Functions.Storage;

namespace Rescan.Functions.Schedules;

/// <summary>A pause in words.</summary>
internal static class PauseText
{
    public static string Of(SchedulePause pause) =>
        $"{(pause.Schedule is null ? "all schedules were" : "the schedule was")} paused until {DisplayFormat.Time(pause.Until)}"
        + (pause.Reason is { } reason ? $" ({reason})" : "")
        + (pause.By is { } by ? $" by {InitiatorText.Of(by)}" : "");
}
