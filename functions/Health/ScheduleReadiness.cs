using System.Globalization;
using Microsoft.Extensions.Configuration;
using NCrontab;
using Rescan.Functions.Runs;
using Rescan.Functions.Storage;

namespace Rescan.Functions.Health;

/// <summary>
/// Whether the scheduled run that was due has begun: timers that have stopped say nothing by themselves. Before the first scheduled run there
/// is nothing to compare with.
/// </summary>
/// <param name="runs">Where runs are kept, scheduled ones and skipped ones too.</param>
/// <param name="settings">The schedule and its zone.</param>
/// <param name="time">The clock.</param>
internal sealed class ScheduleReadiness(RunStore runs, IConfiguration settings, TimeProvider time) : IReadinessCheck
{
    /// <summary>A host that has to be started first is late; and where a zone's clock is changed, a run is up to an hour later.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromHours(2);

    private const int LookBack = 50;

    /// <inheritdoc/>
    public string Name => "timers";

    /// <inheritdoc/>
    public async Task<string?> FindFaultAsync(CancellationToken cancellationToken)
    {
        if (IsDisabled() || Schedule() is not { } schedule)
        {
            return null;
        }

        RunRecordPage recent = await runs.ListRunsAsync(LookBack, null, cancellationToken);
        if (recent.Items.FirstOrDefault(r => r.Id.StartsWith(NightlyRescan.InstanceIdPrefix, StringComparison.Ordinal)) is not { } last)
        {
            return null;
        }

        TimeZoneInfo zone = TimeZoneInfo.TryFindSystemTimeZoneById(settings["WEBSITE_TIME_ZONE"] ?? "", out TimeZoneInfo? named) ? named : TimeZoneInfo.Utc;

        // A timer may fire just before its second.
        DateTime due = schedule.GetNextOccurrence(TimeZoneInfo.ConvertTime(last.StartedAt, zone).DateTime.AddMinutes(1));
        return TimeZoneInfo.ConvertTime(time.GetUtcNow() - Grace, zone).DateTime <= due
            ? null
            : string.Create(CultureInfo.InvariantCulture, $"the scheduled run that was due at {due:yyyy-MM-dd HH:mm} ({zone.Id}) has not begun");
    }

    private bool IsDisabled() => Array.Exists(
        (string[])[$"AzureWebJobs.{nameof(NightlyRescan)}.Disabled", $"AzureWebJobs_{nameof(NightlyRescan)}_Disabled"],
        key => settings[key] == "1" || (bool.TryParse(settings[key], out bool value) && value));

    private CrontabSchedule? Schedule()
    {
        string text = settings["RescanSchedule"] ?? "";
        return CrontabSchedule.TryParse(text, new CrontabSchedule.ParseOptions { IncludingSeconds = text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Length == 6 });
    }
}
