using System.Text.RegularExpressions;
using Cronos;
using Rescan.Functions.Configuration;
using Rescan.Functions.Storage;

namespace Rescan.Functions.Schedules;

/// <summary>
/// When runs of a schedule are due, and what they take. Where a zone's clock is put forward, a run that falls into the gap is due at its
/// end; where it is put back, one at a fixed hour is due once.
/// </summary>
public sealed partial class Schedule
{
    /// <summary>What an expression is to be, for messages.</summary>
    public const string ExpectedCron = "cron of five fields such as 30 1 * * *, or of six with seconds first such as 0 30 1 * * *";

    /// <summary>How far back is looked for a run that was due; each step costs more where runs are frequent.</summary>
    private static readonly TimeSpan[] LooksBack =
        [TimeSpan.FromMinutes(2), TimeSpan.FromDays(2), TimeSpan.FromDays(32), TimeSpan.FromDays(400)];

    private readonly CronExpression? cron;
    private readonly TimeZoneInfo? zone;

    /// <summary>Reads the settings. What they do not say right leaves the schedule without runs; the validator tells.</summary>
    public Schedule(ScheduleOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        Name = string.IsNullOrWhiteSpace(options.Name) ? ScheduleOptions.DefaultName : options.Name.Trim();
        Cron = Blanks().Replace(options.Cron.Trim(), " ");
        zone = string.IsNullOrWhiteSpace(options.Zone) ? TimeZoneInfo.Utc : TimeZones.Find(options.Zone.Trim());
        TimeZone = zone is null ? options.Zone : TimeZones.NameOf(zone);
        cron = zone is null ? null : Parse(Cron);
        Appliances = Set(options.Appliances);
        Filter = new RepositoryFilter(Set(options.Include), Set(options.Exclude), Set(options.Bucket), Set(options.Folder));
    }

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>The cron expression.</summary>
    public string Cron { get; }

    /// <summary>The IANA name of the time zone in which the expression holds.</summary>
    public string TimeZone { get; }

    /// <summary>The appliances; none: all.</summary>
    public IReadOnlyList<string> Appliances { get; }

    /// <summary>Which of their repositories.</summary>
    public RepositoryFilter Filter { get; }

    /// <summary>What makes it due. Another one owes nothing of what this one left undone.</summary>
    public string Definition => $"{Cron} {TimeZone}";

    /// <summary>Whether a text is an expression.</summary>
    public static bool IsCron(string text) => Parse(text) is not null;

    /// <summary>When the next run is due after a time; null when none is.</summary>
    public DateTimeOffset? NextAfter(DateTimeOffset time) => cron?.GetNextOccurrence(time, zone!)?.ToUniversalTime();

    /// <summary>When the last run was due after a time, up to another and then included, within 400 days; null when none was.</summary>
    public DateTimeOffset? LastIn(DateTimeOffset after, DateTimeOffset until)
    {
        foreach (TimeSpan back in LooksBack)
        {
            DateTimeOffset from = until - back > after ? until - back : after;
            if (Between(from, until).LastOrDefault() is { Year: > 1 } due)
            {
                return due;
            }

            if (from == after)
            {
                break;
            }
        }

        return null;
    }

    /// <summary>Runs that are due after a time, up to another and then included.</summary>
    public IEnumerable<DateTimeOffset> Between(DateTimeOffset after, DateTimeOffset until) => cron is null || until <= after ? []
        : cron.GetOccurrences(after, until, zone!, fromInclusive: false, toInclusive: true).Select(t => t.ToUniversalTime());

    private static CronExpression? Parse(string text)
    {
        bool hasSeconds = text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Length == 6;
        CronFormat format = hasSeconds ? CronFormat.IncludeSeconds : CronFormat.Standard;
        return CronExpression.TryParse(text, format, out CronExpression? cron) ? cron : null;
    }

    private static string[] Set(IEnumerable<string> texts) => [.. texts.Where(t => !string.IsNullOrWhiteSpace(t))];

    private static string? Set(string? text) => string.IsNullOrWhiteSpace(text) ? null : text;

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blanks();
}
