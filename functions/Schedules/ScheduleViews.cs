using Rescan.Functions.Storage;

namespace Rescan.Functions.Schedules;

/// <summary>All schedules, and what became of their last runs.</summary>
/// <param name="IsEnabled">Whether the timer runs at all.</param>
/// <param name="TickedAt">When the timer is known to have looked for due runs, UTC, written down every 10 minutes; null: never.</param>
/// <param name="NextDueAt">When the next run of any schedule begins, UTC; null when none does.</param>
/// <param name="Schedules">The schedules, in the order of the settings.</param>
public sealed record SchedulesView(
    bool IsEnabled, DateTimeOffset? TickedAt, DateTimeOffset? NextDueAt, IReadOnlyList<ScheduleView> Schedules)
{
    /// <summary>Until when all schedules are paused; null when they are not.</summary>
    public PauseView? Paused { get; init; }
}

/// <summary>A schedule, and what became of its last run.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Cron">The cron expression; null where the settings are not known.</param>
/// <param name="TimeZone">The IANA name of the time zone in which it holds.</param>
/// <param name="NextDueAt">When its next run is due that is not skipped for a pause, UTC; null when none is.</param>
/// <param name="LastDueAt">When its last run was due, UTC; null when none was.</param>
/// <param name="MissedAt">When a run was due that neither began nor was skipped, UTC; null when the last that was due did.</param>
public sealed record ScheduleView(
    string Name, string? Cron, string TimeZone, DateTimeOffset? NextDueAt, DateTimeOffset? LastDueAt, DateTimeOffset? MissedAt)
{
    /// <summary>The appliances; none: all.</summary>
    public IReadOnlyList<string> Appliances { get; init; } = [];

    /// <summary>Which of their repositories.</summary>
    public RepositoryFilter Filter { get; init; } = new();

    /// <summary>Until when it is paused, alone or with all others; null when it is not.</summary>
    public PauseView? Paused { get; init; }

    /// <summary>Its last run, also one that was skipped; null when none was due yet.</summary>
    public RunRecord? Last { get; init; }

    /// <summary>Its last run that was not skipped; null when there is none.</summary>
    public RunRecord? LastStarted { get; init; }
}

/// <summary>A pause.</summary>
/// <param name="Until">When it ends by itself, UTC.</param>
/// <param name="Reason">Why; null when no reason was given.</param>
/// <param name="By">Who or what paused; null where that is not known, as by a setting.</param>
public sealed record PauseView(DateTimeOffset Until, string? Reason, Initiator? By = null);
