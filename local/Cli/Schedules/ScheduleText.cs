using System.Globalization;
using Rescan.Functions.Notifications;
using Rescan.Functions.Schedules;
using Rescan.Functions.Storage;
using Rescan.Local.Cli.Terminal;

namespace Rescan.Local.Cli.Schedules;

/// <summary>When the next scheduled runs are due and what became of the last ones, as people read it.</summary>
internal static class ScheduleText
{
    private const string Inset = "  ";
    private const int Label = 10;

    /// <summary>What the reason of a skipped run begins with.</summary>
    private const string Skipped = "Skipped: ";

    /// <summary>A line a fact, and a heading a schedule where there are several. Times are in the schedule's own zone and say so.</summary>
    /// <param name="schedules">The schedules.</param>
    /// <param name="isServed">Whether a process runs that would begin the next run.</param>
    /// <param name="now">The time.</param>
    public static IEnumerable<string> Lines(SchedulesView schedules, bool isServed, DateTimeOffset now)
    {
        if (!isServed || !schedules.IsEnabled || schedules.Schedules.Count == 0)
        {
            yield return "next run: none, since " + (isServed
                ? $"the timer is switched off (AzureWebJobs.{nameof(StartScheduledRuns)}.Disabled)"
                : "no process serves this state");
        }

        if (schedules is { Schedules.Count: 0, Paused: { } pause })
        {
            yield return Paused(pause, "UTC");
        }

        foreach (ScheduleView schedule in schedules.Schedules)
        {
            bool isOne = schedules.Schedules.Count == 1;
            if (!isOne)
            {
                yield return $"schedule {schedule.Name}";
            }

            foreach (string line in Lines(schedule, isServed && schedules.IsEnabled, now))
            {
                yield return isOne ? line : Inset + line;
            }
        }
    }

    /// <summary>Blanks before what does not fit on a line, so that it stands below the line's own text.</summary>
    public static int IndentOf(string line) => line.StartsWith(Inset, StringComparison.Ordinal) ? Label + Inset.Length : Label;

    private static IEnumerable<string> Lines(ScheduleView schedule, bool runs, DateTimeOffset now)
    {
        string Moment(DateTimeOffset time) => At(time, schedule.TimeZone);
        if (runs)
        {
            yield return "next run: " + (schedule.NextDueAt is { } due
                ? $"{Moment(due)}, in {DisplayFormat.Duration(due - now)}"
                : $"none, since '{schedule.Cron}' is never due");
        }

        if (schedule.Paused is { } paused)
        {
            yield return Paused(paused, schedule.TimeZone);
        }

        if (runs && schedule.MissedAt is { } missed)
        {
            yield return $"missed:   the run due at {Moment(missed)} never began";
        }

        if (schedule.Last is not { } last)
        {
            yield break;
        }

        yield return "last run: " + Outcome(last, Moment);
        if (last.IsRetryDue)
        {
            yield return $"retry:    {Moment(last.Retry!.DueAt)}, of what failed";
        }
        else if (last.RepeatedBy.Count > 0)
        {
            yield return $"repeated: by {last.RepeatedBy[^1].RunId}";
        }

        if (last.Status == RunStatus.Skipped && schedule.LastStarted is { } before)
        {
            yield return "before:   " + Outcome(before, Moment);
        }
    }

    private static string Paused(PauseView pause, string zone) =>
        $"paused:   until {At(pause.Until, zone)}{(pause.Reason is { } why ? $" ({Words.Line(why)})" : "")}"
        + $"{(pause.By is { } by ? $", by {InitiatorText.Of(by)}" : "")}; "
        + "runs due before are skipped";

    private static string Outcome(RunRecord run, Func<DateTimeOffset, string> moment)
    {
        string counts = string.Join(", ", run.Counts.Select(c => string.Create(CultureInfo.InvariantCulture, $"{c.Value} {c.Key}")));
        string how = run switch
        {
            { Status: RunStatus.Running } => "goes on",
            { Status: RunStatus.Skipped } => "skipped",
            { Errors.Count: > 0 } => $"{Named(run.Status)}, {Appliances(run.Errors.Count)} not rescanned",
            { Warnings.Count: > 0 } => $"{Named(run.Status)}, with warnings",
            { Status: RunStatus.Canceled, CanceledBy: { } by } => $"canceled by {InitiatorText.Of(by)}",
            _ => Named(run.Status),
        };
        string reason = run.Reason is not { } told ? ""
            : run.Status == RunStatus.Skipped && told.StartsWith(Skipped, StringComparison.Ordinal)
                ? ": " + Words.Line(told[Skipped.Length..])
            : ". " + Words.Line(told);
        return $"{moment(run.DueAt ?? run.StartedAt)}, {how}{(counts.Length > 0 ? $" ({counts})" : "")}{reason}";
    }

    private static string Named(RunStatus status) => status switch
    {
        RunStatus.Completed => "completed",
        RunStatus.Canceled => "canceled",
        RunStatus.TimedOut => "ended by its deadline",
        _ => "failed",
    };

    private static string Appliances(int count) =>
        count == 1 ? "1 appliance" : string.Create(CultureInfo.InvariantCulture, $"{count} appliances");

    internal static string At(DateTimeOffset time, string zone)
    {
        TimeZoneInfo known = TimeZones.Find(zone) ?? TimeZoneInfo.Utc;
        return TimeZoneInfo.ConvertTime(time, known).ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture) + " "
            + TimeZones.NameOf(known);
    }
}
