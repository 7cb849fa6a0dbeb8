using System.Globalization;

namespace Rescan.Local.Cli.Schedules;

/// <summary>The end of a pause as people write it.</summary>
internal static class PauseTime
{
    private static readonly string[] Whole = ["yyyy-MM-dd'T'HH:mmK", "yyyy-MM-dd'T'HH:mm:ssK"];
    private static readonly string[] OfThisMachine = ["yyyy-MM-dd HH:mm", "yyyy-MM-dd'T'HH:mm", "yyyy-MM-dd"];

    /// <summary>
    /// A time with its distance from UTC; one without is in a zone of this machine's choice; a day stands for its beginning; an hour for
    /// the next one.
    /// </summary>
    /// <exception cref="CommandException">It is no time.</exception>
    public static DateTimeOffset Parse(string option, string text, DateTimeOffset now, TimeZoneInfo zone)
    {
        if (DateTime.TryParseExact(text, OfThisMachine, CultureInfo.InvariantCulture, DateTimeStyles.None, out DateTime local))
        {
            return In(zone, local);
        }

        if (DateTimeOffset.TryParseExact(text, Whole, CultureInfo.InvariantCulture, DateTimeStyles.None, out DateTimeOffset time))
        {
            return time;
        }

        if (TimeOnly.TryParseExact(text, ["H:mm", "HH:mm"], CultureInfo.InvariantCulture, DateTimeStyles.None, out TimeOnly hour))
        {
            DateTime today = TimeZoneInfo.ConvertTime(now, zone).Date;
            DateTimeOffset next = In(zone, today + hour.ToTimeSpan());
            return next > now ? next : In(zone, today.AddDays(1) + hour.ToTimeSpan());
        }

        throw new CommandException(
            ExitCodes.Usage, $"{option} '{text}' is no time such as 06:00, 2026-05-04, '2026-05-04 06:00' or 2026-05-04T06:00:00Z.");
    }

    /// <summary>Where the clock is put forward, the time that it is put to.</summary>
    private static DateTimeOffset In(TimeZoneInfo zone, DateTime local)
    {
        while (zone.IsInvalidTime(local))
        {
            local = local.AddMinutes(1);
        }

        return new DateTimeOffset(local, zone.GetUtcOffset(local));
    }
}
