using System.Globalization;
using Rescan.Functions.Runs;
using Rescan.Functions.Storage;

namespace Rescan.Functions.Health;

/// <summary>
/// Whether the scheduled run that was due has begun: timers that have stopped say nothing by themselves. Before the first scheduled run there
/// is nothing to compare with.
/// </summary>
/// <param name="runs">Where runs are kept, scheduled ones and skipped ones too.</param>
/// <param name="schedule">When scheduled runs are due.</param>
/// <param name="time">The clock.</param>
internal sealed class ScheduleReadiness(RunStore runs, NightlySchedule schedule, TimeProvider time) : IReadinessCheck
{
    /// <summary>A host that has to be started first is late; and where a zone's clock is changed, a run is up to an hour later.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromHours(2);

    private const int LookBack = 50;

    /// <inheritdoc/>
    public string Name => "timers";

    /// <inheritdoc/>
    public async Task<string?> FindFaultAsync(CancellationToken cancellationToken)
    {
        if (!schedule.IsEnabled)
        {
            return null;
        }

        RunRecordPage recent = await runs.ListRunsAsync(LookBack, null, cancellationToken);
        if (recent.Items.FirstOrDefault(r => r.Id.StartsWith(NightlyRescan.InstanceIdPrefix, StringComparison.Ordinal)) is not { } last)
        {
            return null;
        }

        // A timer may fire just before its second.
        DateTimeOffset? due = schedule.NextAfter(last.StartedAt.AddMinutes(1));
        return due is null || time.GetUtcNow() - Grace <= due
            ? null
            : string.Create(CultureInfo.InvariantCulture, $"the scheduled run that was due at {due:yyyy-MM-dd HH:mm} UTC has not begun");
    }
}
