using System.Security.Cryptography;
using System.Text;
using Microsoft.DurableTask.Client;
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

    /// <summary>What the instance ids of all rescans begin with.</summary>
    public const string InstanceIdPrefix = "rescan-";

    /// <summary>What the instance ids of rescans begin with that wait for the one before of their repository to end.</summary>
    public const string WaitingIdPrefix = "waiting-";

    private const int LongestRepositoryId = 100;

    /// <summary>
    /// The instance id of a repository's rescan. One instance an id at a time: that is what joins a second request to the first.
    /// </summary>
    public static string InstanceIdOf(string appliance, string repositoryId) => InstanceIdPrefix + Suffix(appliance, repositoryId);

    /// <summary>The instance id of the rescan that waits for its turn.</summary>
    public static string WaitingIdOf(string appliance, string repositoryId) => WaitingIdPrefix + Suffix(appliance, repositoryId);

    /// <summary>The instance id of the rescan that waits for its turn.</summary>
    /// <param name="id">That of the one that runs.</param>
    public static string WaitingIdOf(string id)
    {
        ArgumentNullException.ThrowIfNull(id);
        return WaitingIdPrefix + id[InstanceIdPrefix.Length..];
    }

    /// <summary>The request id that an instance was started with; null when it makes up its own.</summary>
    public static string? RequestIdOf(OrchestrationMetadata instance)
    {
        ArgumentNullException.ThrowIfNull(instance);
        RescanRequest? request = instance.ReadInputAs<RescanRequest>();
        return request?.RequestId ?? request?.State?.RequestId;
    }

    /// <summary>
    /// A repository's id comes from outside. A uuid stays as it is; what stores and addresses cannot hold becomes a digest.
    /// </summary>
    private static string Suffix(string appliance, string repositoryId) =>
        $"{appliance}-{(IsPlain(repositoryId) ? repositoryId : Digest(repositoryId))}".ToLowerInvariant();

    private static bool IsPlain(string id) =>
        id.Length <= LongestRepositoryId && id.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_');

    private static string Digest(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, 16));
}
