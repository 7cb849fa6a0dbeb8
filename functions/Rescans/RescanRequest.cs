using Rescan.Functions.Configuration;
using Rescan.Functions.Storage;

namespace Rescan.Functions.Rescans;

/// <summary>Input of <see cref="RescanOrchestration"/>. Settings travel in it, so that a replay decides as the first run did.</summary>
/// <param name="Appliance">The appliance's configured name.</param>
/// <param name="Repository">The repository to rescan.</param>
/// <param name="Deadline">How long the rescan may take before its outcome is TimedOut or Unreachable.</param>
/// <param name="Polling">When to poll.</param>
public sealed record RescanRequest(string Appliance, RepositoryRef Repository, TimeSpan Deadline, PollingOptions Polling)
{
    /// <summary>Identifies this rescan among all of the instance id's; null lets the orchestration make one up.</summary>
    public string? RequestId { get; init; }

    /// <summary>Where an earlier execution of the same instance left off; null at the start.</summary>
    public RescanState? State { get; init; }

    /// <summary>Who or what asked for it; null where that is not known.</summary>
    public Initiator? StartedBy { get; init; }

    /// <summary>Instances to tell when the rescan has ended.</summary>
    public IReadOnlyList<string> Watchers { get; init; } = [];

    /// <summary>The instance id of a repository's rescan. One instance an id at a time: that is what joins a second request to the first.</summary>
    public static string InstanceIdOf(string appliance, string repositoryId) => $"{InstanceIdPrefix}{appliance}-{repositoryId}".ToLowerInvariant();

    /// <summary>What the instance ids of all rescans begin with.</summary>
    public const string InstanceIdPrefix = "rescan-";
}
