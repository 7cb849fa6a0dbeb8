using NCrontab;

namespace Rescan.Local.Runtime.Hosting;

/// <summary>
/// An NCRONTAB expression in a time zone. Where the clock is put forward, a run that falls into the gap happens at its
/// end; where it is put back, a run at a fixed hour happens once, and one of every hour goes on.
/// </summary>
internal sealed class TimerSchedule
{
    private readonly CrontabSchedule schedule;
    private readonly TimeZoneInfo zone;
    private readonly bool everyHour;

    private TimerSchedule(CrontabSchedule schedule, TimeZoneInfo zone, bool everyHour)
    {
        this.schedule = schedule;
        this.zone = zone;
        this.everyHour = everyHour;
    }

    /// <summary>Reads an expression of five or six fields; null when it is not one.</summary>
    public static TimerSchedule? TryParse(string expression, TimeZoneInfo zone)
    {
        string[] fields = expression.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return fields.Length is 5 or 6 && CrontabSchedule.TryParse(expression, new CrontabSchedule.ParseOptions { IncludingSeconds = fields.Length == 6 }) is { } parsed
            ? new TimerSchedule(parsed, zone, fields[^4].StartsWith('*'))
            : null;
    }

    /// <summary>The first run after an instant, both UTC.</summary>
    public DateTime Next(DateTime after)
    {
        DateTime from = after;
        TimeSpan offset = zone.GetUtcOffset(from);
        DateTime local = Local(from, offset);
        while (true)
        {
            DateTime next = schedule.GetNextOccurrence(local);
            DateTime candidate = DateTime.SpecifyKind(next - offset, DateTimeKind.Utc);
            if (FirstChange(from, candidate) is not { } change)
            {
                return candidate;
            }

            TimeSpan newOffset = zone.GetUtcOffset(change);
            if (newOffset > offset && next < Local(change, newOffset))
            {
                return change;
            }

            // Just before the change on the new clock, so that a run at the very change counts; after what was lived through already, unless every hour counts.
            DateTime onNewClock = Local(change, newOffset).AddTicks(-1);
            DateTime onOldClock = Local(change, offset).AddTicks(-1);
            local = newOffset < offset && !everyHour ? onOldClock : onNewClock;
            (from, offset) = (change, newOffset);
        }
    }

    private static DateTime Local(DateTime utc, TimeSpan offset) => DateTime.SpecifyKind(utc + offset, DateTimeKind.Unspecified);

    /// <summary>The first instant at which another offset holds; null when none does until the end.</summary>
    private DateTime? FirstChange(DateTime from, DateTime to)
    {
        TimeSpan offset = zone.GetUtcOffset(from);
        if (!zone.SupportsDaylightSavingTime && zone.GetAdjustmentRules().Length == 0)
        {
            return null;
        }

        for (DateTime low = from; low < to;)
        {
            DateTime high = low.AddDays(1) < to ? low.AddDays(1) : to;
            if (zone.GetUtcOffset(high) != offset)
            {
                while (high - low > TimeSpan.FromTicks(1))
                {
                    DateTime middle = low + ((high - low) / 2);
                    (low, high) = zone.GetUtcOffset(middle) == offset ? (middle, high) : (low, middle);
                }

                return high;
            }

            low = high;
        }

        return null;
    }
}
