using System.Globalization;
using Rescan.Functions.Notifications;
using Rescan.Functions.Runs;
using Rescan.Functions.Storage;
using Rescan.Local.Cli.Terminal;
using TimeZoneConverter;

namespace Rescan.Local.Cli;

/// <summary>When the next scheduled run is due and what became of the last one, as people read it.</summary>
internal static class ScheduleText
{
    /// <summary>A line a fact. Times are in the schedule's own zone and say so.</summary>
    /// <param name="schedule">The schedule.</param>
    /// <param name="isServed">Whether a process runs that would begin the next run.</param>
    /// <param name="now">The time.</param>
    public static IEnumerable<string> Lines(ScheduleView schedule, bool isServed, DateTimeOffset now)
    {
        string Moment(DateTimeOffset time) => At(time, schedule.TimeZone);
        yield return "next run: " + (schedule switch
        {
            _ when !isServed => "none, since no process serves this state",
            { IsEnabled: false } => "none, since the schedule is switched off (AzureWebJobs.NightlyRescan.Disabled)",
            { NextDueAt: { } due } => $"{Moment(due)}, in {DisplayFormat.Duration(due - now)}",
            _ => "none, since no schedule is set (RescanSchedule)",
        });
        if (isServed && schedule.MissedAt is { } missed)
        {
            yield return $"missed:   the run due at {Moment(missed)} never began";
        }

        if (schedule.Recent.Count == 0)
        {
            yield break;
        }

        RunRecord last = schedule.Recent[0];
        yield return "last run: " + Outcome(last, Moment);
        if (last.IsRetryDue)
        {
            yield return $"retry:    {Moment(last.Retry!.DueAt)}, of what failed";
        }
        else if (last.RepeatedBy.Count > 0)
        {
            yield return $"repeated: by {last.RepeatedBy[^1].RunId}";
        }

        if (last.Status == RunStatus.Skipped && schedule.Recent.FirstOrDefault(r => r.Status != RunStatus.Skipped) is { } before)
        {
            yield return "before:   " + Outcome(before, Moment);
        }
    }

    private static string Outcome(RunRecord run, Func<DateTimeOffset, string> moment)
    {
        string counts = string.Join(", ", run.Counts.Select(c => string.Create(CultureInfo.InvariantCulture, $"{c.Value} {c.Key}")));
        string how = run switch
        {
            { Status: RunStatus.Running } => "goes on",
            { Status: RunStatus.Skipped } => "skipped",
            { Errors.Count: > 0 } => $"{Named(run.Status)}, {Appliances(run.Errors.Count)} not rescanned",
            { Warnings.Count: > 0 } => $"{Named(run.Status)}, with warnings",
            _ => Named(run.Status),
        };
        string reason = run.Reason is { } told ? ". " + Words.Line(told) : "";
        return $"{moment(run.DueAt ?? run.StartedAt)}, {how}{(counts.Length > 0 ? $" ({counts})" : "")}{reason}";
    }

    private static string Named(RunStatus status) => status switch
    {
        RunStatus.Completed => "completed",
        RunStatus.Canceled => "canceled",
        RunStatus.TimedOut => "ended by its deadline",
        _ => "failed",
    };

    private static string Appliances(int count) => count == 1 ? "1 appliance" : string.Create(CultureInfo.InvariantCulture, $"{count} appliances");

    private static string At(DateTimeOffset time, string zone)
    {
        TimeZoneInfo known = TZConvert.TryGetTimeZoneInfo(zone, out TimeZoneInfo? found) ? found : TimeZoneInfo.Utc;
        string name = found is null ? "UTC" : zone;
        return TimeZoneInfo.ConvertTime(time, known).ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture) + " " + name;
    }
}
