using System.Globalization;

namespace Rescan.Functions.Schedules;

/// <summary>Ids of scheduled runs: by schedule and due time, so that however many hosts start one, there is one.</summary>
public static class ScheduledRunId
{
    /// <summary>What they all begin with.</summary>
    public const string Prefix = Runs.RunRequest.InstanceIdPrefix + "scheduled-";

    private const string TimeFormat = "yyyyMMdd't'HHmmss'z'";

    /// <summary>The id of a schedule's run.</summary>
    public static string Of(string schedule, DateTimeOffset due) =>
        PrefixOf(schedule) + due.UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture);

    /// <summary>What the ids of a schedule's runs begin with; those of another may too.</summary>
    internal static string PrefixOf(string schedule) => $"{Prefix}{schedule.ToLowerInvariant()}-";

    /// <summary>Whether an id is of a schedule's run.</summary>
    internal static bool IsOf(string schedule, string id) =>
        id.StartsWith(PrefixOf(schedule), StringComparison.Ordinal)
            && !id[PrefixOf(schedule).Length..].Contains('-', StringComparison.Ordinal);
}
