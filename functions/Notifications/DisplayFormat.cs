using System.Globalization;
using Rescan.Functions.Storage;

namespace Rescan.Functions.Notifications;

/// <summary>How times and outcomes are written for people: one way in notifications, commands and reports.</summary>
public static class DisplayFormat
{
    /// <summary>A duration to about two digits that matter, such as <c>2 min 40 s</c>.</summary>
    public static string Duration(TimeSpan time)
    {
        FormattableString text = time switch
        {
            { TotalSeconds: < 10 } => $"{time.TotalSeconds:0.#} s",
            { TotalMinutes: < 1 } => $"{Math.Floor(time.TotalSeconds):0} s",
            { TotalHours: < 1 } => $"{time.Minutes} min {time.Seconds} s",
            { TotalDays: < 1 } => $"{time.Hours} h {time.Minutes} min",
            _ => $"{time.Days} d {time.Hours} h",
        };
        return text.ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>A time to the minute, in UTC and saying so.</summary>
    public static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture);

    /// <summary>An outcome in the middle of a sentence.</summary>
    public static string Words(Outcome outcome) => outcome switch
    {
        Outcome.Succeeded => "succeeded",
        Outcome.Warning => "ended with warnings",
        Outcome.Failed => "failed",
        Outcome.Canceled => "canceled",
        Outcome.TimedOut => "not ended by its deadline",
        Outcome.Lost => "session lost",
        Outcome.Rejected => "refused",
        _ => "appliance unreachable",
    };
}
