using Microsoft.Azure.Functions.Worker;
using Rescan.Functions.Storage;

namespace Rescan.Functions.Runs;

/// <summary>A run that begins.</summary>
/// <param name="RunId">Its id.</param>
/// <param name="StartedAt">When, UTC.</param>
/// <param name="StartedBy">Who or what asked for it.</param>
/// <param name="DueAt">When it was due, UTC; null for one that the schedule did not start.</param>
/// <param name="Reason">Why it began late; null when it did not.</param>
public sealed record BeginRunInput(string RunId, DateTimeOffset StartedAt, Initiator? StartedBy, DateTimeOffset? DueAt, string? Reason)
{
    /// <summary>The appliances that it is to see to.</summary>
    public IReadOnlyList<string> Appliances { get; init; } = [];

    /// <summary>Which of their repositories; null: all.</summary>
    public RepositoryFilter? Filter { get; init; }

    /// <summary>The run that it repeats; null when it repeats none.</summary>
    public RunRepeat? Repeats { get; init; }
}

/// <summary>Writes a run down once.</summary>
/// <param name="runs">Where runs are kept.</param>
public sealed class BeginRun(RunStore runs)
{
    /// <summary>Writes.</summary>
    /// <param name="input">The run.</param>
    /// <param name="cancellationToken">Ends with the host.</param>
    [Function(nameof(BeginRun))]
    public Task RunAsync([ActivityTrigger] BeginRunInput input, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(input);
        return runs.AddRunAsync(
            new RunRecord
            {
                Id = input.RunId,
                Status = RunStatus.Running,
                StartedAt = input.StartedAt,
                StartedBy = input.StartedBy,
                DueAt = input.DueAt,
                Reason = input.Reason,
                Appliances = input.Appliances,
                Filter = input.Filter,
                Repeats = input.Repeats,
            },
            cancellationToken);
    }
}
