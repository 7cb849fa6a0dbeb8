using Cronos;
using Microsoft.Extensions.Configuration;
using TimeZoneConverter;

namespace Rescan.Functions.Runs;

/// <summary>
/// When the scheduled run is due, by the settings that the host's timer reads. The host runs the timer; this only tells what it will
/// do and what it should have done.
/// </summary>
public sealed class NightlySchedule
{
    private const string ExpressionKey = "RescanSchedule";
    private const string ZoneKey = "WEBSITE_TIME_ZONE";

    /// <summary>How far back is looked for a run that was due; each step costs more where runs are frequent.</summary>
    private static readonly TimeSpan[] LooksBack = [TimeSpan.FromMinutes(2), TimeSpan.FromDays(2), TimeSpan.FromDays(32), TimeSpan.FromDays(400)];

    private static readonly string[] DisabledKeys =
    [
        $"AzureWebJobs.{nameof(NightlyRescan)}.Disabled", $"AzureWebJobs:{nameof(NightlyRescan)}:Disabled", $"AzureWebJobs_{nameof(NightlyRescan)}_Disabled",
    ];

    private readonly CronExpression? cron;
    private readonly TimeZoneInfo zone = TimeZoneInfo.Utc;

    /// <summary>Reads the settings. Those that the host's timer would refuse leave the schedule unknown.</summary>
    public NightlySchedule(IConfiguration settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        Expression = settings[ExpressionKey]?.Trim();
        IsEnabled = !Array.Exists(DisabledKeys, k => IsTrue(settings[k]));
        bool isZoneKnown = true;
        if (settings[ZoneKey] is { } wanted && !string.IsNullOrWhiteSpace(wanted))
        {
            isZoneKnown = TZConvert.TryGetTimeZoneInfo(wanted, out TimeZoneInfo? found);
            zone = found ?? TimeZoneInfo.Utc;
        }

        TimeZone = zone.Id != TimeZoneInfo.Utc.Id && TZConvert.TryWindowsToIana(zone.Id, out string? iana) ? iana : zone.Id;
        if (isZoneKnown && !string.IsNullOrEmpty(Expression))
        {
            bool hasSeconds = Expression.Split(' ', StringSplitOptions.RemoveEmptyEntries).Length == 6;
            CronExpression.TryParse(Expression, hasSeconds ? CronFormat.IncludeSeconds : CronFormat.Standard, out cron);
        }
    }

    /// <summary>The NCRONTAB expression; null when none is set.</summary>
    public string? Expression { get; }

    /// <summary>The IANA name of the time zone in which the expression holds.</summary>
    public string TimeZone { get; }

    /// <summary>Whether the timer runs at all.</summary>
    public bool IsEnabled { get; }

    /// <summary>When the next run is due after a time; null when none is.</summary>
    public DateTimeOffset? NextAfter(DateTimeOffset time) => IsEnabled ? cron?.GetNextOccurrence(time, zone)?.ToUniversalTime() : null;

    /// <summary>When the last run was due up to a time, within the last 400 days; null when none was.</summary>
    public DateTimeOffset? LastUntil(DateTimeOffset time)
    {
        foreach (TimeSpan back in LooksBack)
        {
            if (Between(time - back, time) is { Count: > 0 } due)
            {
                return due[^1];
            }
        }

        return null;
    }

    /// <summary>Runs that were due after a time, up to another and then included.</summary>
    public IReadOnlyList<DateTimeOffset> Between(DateTimeOffset after, DateTimeOffset until) => cron is null || until <= after ? []
        : [.. cron.GetOccurrences(after, until, zone, fromInclusive: false, toInclusive: true).Select(t => t.ToUniversalTime())];

    private static bool IsTrue(string? setting) => setting == "1" || (bool.TryParse(setting, out bool value) && value);
}
