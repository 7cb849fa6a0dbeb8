using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;
using Rescan.Functions.Configuration;
using Rescan.Functions.Storage;

namespace Rescan.Functions.Schedules;

/// <summary>All schedules of the settings.</summary>
public sealed class SchedulePlan : ITimerPlan
{
    private const string ReasonOfSetting = "by the setting Rescan__PausedUntil";

    private static readonly string[] DisabledKeys =
    [
        $"AzureWebJobs.{nameof(StartScheduledRuns)}.Disabled", $"AzureWebJobs:{nameof(StartScheduledRuns)}:Disabled",
        $"AzureWebJobs_{nameof(StartScheduledRuns)}_Disabled",
    ];

    /// <summary>Reads the settings.</summary>
    public SchedulePlan(IOptions<RescanOptions> options, IConfiguration configuration)
        : this(options?.Value!, configuration)
    {
    }

    /// <summary>Reads the settings, whether they make sense or not.</summary>
    public SchedulePlan(RescanOptions options, IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(configuration);
        Schedules = [.. options.Schedules.DefaultIfEmpty(new ScheduleOptions()).Select(s => new Schedule(s))];
        IsEnabled = !Array.Exists(DisabledKeys, k => IsTrue(configuration[k]));
        PausedUntil = options.PausedUntil?.ToUniversalTime();
    }

    /// <summary>The schedules, at least one.</summary>
    public IReadOnlyList<Schedule> Schedules { get; }

    /// <summary>Whether the timer runs at all.</summary>
    public bool IsEnabled { get; }

    /// <summary>Until when the settings pause all schedules, UTC; null when they do not.</summary>
    public DateTimeOffset? PausedUntil { get; }

    /// <inheritdoc/>
    public string Function => nameof(StartScheduledRuns);

    /// <inheritdoc/>
    public DateTimeOffset? NextAfter(DateTimeOffset time) => Schedules.Min(s => s.NextAfter(time));

    /// <summary>The pause that keeps a run from beginning, the longest if there are several; null when there is none.</summary>
    /// <param name="schedule">The schedule's name.</param>
    /// <param name="due">When the run is due.</param>
    /// <param name="kept">The pauses that are kept; that of the settings comes besides.</param>
    public SchedulePause? PauseAt(string schedule, DateTimeOffset due, IEnumerable<SchedulePause> kept)
    {
        ArgumentNullException.ThrowIfNull(kept);
        IEnumerable<SchedulePause> all = PausedUntil is { } until
            ? kept.Append(new SchedulePause(null, until, DateTimeOffset.MinValue, ReasonOfSetting))
            : kept;
        return all.Where(p => p.Covers(schedule, due)).MaxBy(p => p.Until);
    }

    /// <summary>When the next run of a schedule is due that no pause keeps from beginning; null when none is.</summary>
    /// <param name="schedule">The schedule.</param>
    /// <param name="after">After when.</param>
    /// <param name="kept">The pauses that are kept.</param>
    public DateTimeOffset? NextRunAfter(Schedule schedule, DateTimeOffset after, IReadOnlyCollection<SchedulePause> kept)
    {
        ArgumentNullException.ThrowIfNull(schedule);
        DateTimeOffset? due = IsEnabled ? schedule.NextAfter(after) : null;
        while (due is { } time && PauseAt(schedule.Name, time, kept) is { } pause)
        {
            // One that is due at the very end of a pause begins.
            due = schedule.NextAfter(pause.Until.AddTicks(-1));
        }

        return due;
    }

    private static bool IsTrue(string? setting) => setting == "1" || (bool.TryParse(setting, out bool value) && value);
}
