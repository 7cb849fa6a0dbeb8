using Rescan.Functions.Rescans;
using Rescan.Functions.Storage;

namespace Rescan.Functions.Schedules;

/// <summary>What the next run of a schedule would rescan, by what the appliances list now.</summary>
/// <param name="Schedule">The schedule's name.</param>
/// <param name="TimeZone">The IANA name of its time zone.</param>
/// <param name="IsEnabled">Whether the timer runs at all.</param>
/// <param name="DueAt">When the run is due that no pause keeps from beginning, UTC; null when none is.</param>
/// <param name="Paused">Until when the schedule is paused now; null when it is not.</param>
/// <param name="Items">What it would rescan, by appliance and turn.</param>
/// <param name="LeftOut">What it would leave out.</param>
/// <param name="OtherAppliances">Configured appliances that the schedule does not name; they were not asked.</param>
/// <param name="Errors">Appliances that did not list their repositories; the run will ask them again.</param>
/// <param name="Warnings">What the operator should look into.</param>
public sealed record PlanView(
    string Schedule, string TimeZone, bool IsEnabled, DateTimeOffset? DueAt, PauseView? Paused, IReadOnlyList<PlannedRescan> Items,
    IReadOnlyList<PlannedOmission> LeftOut, IReadOnlyList<string> OtherAppliances, IReadOnlyList<ApplianceErrorView> Errors,
    IReadOnlyList<string> Warnings);

/// <summary>A repository that the run would rescan.</summary>
/// <param name="Appliance">The appliance's configured name.</param>
/// <param name="Repository">The repository.</param>
public sealed record PlannedRescan(string Appliance, RepositoryRef Repository);

/// <summary>A repository that the run would leave out.</summary>
/// <param name="Appliance">The appliance's configured name.</param>
/// <param name="Repository">The repository.</param>
/// <param name="Reason">Why, in words for the operator.</param>
public sealed record PlannedOmission(string Appliance, RepositoryRef Repository, string Reason);
