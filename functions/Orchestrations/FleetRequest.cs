using System.IO.Enumeration;
using Rescan.Functions.Appliance;
using Rescan.Functions.Configuration;
using Rescan.Functions.Outcomes;

namespace Rescan.Functions.Orchestrations;

/// <summary>One appliance of a run over many repositories.</summary>
/// <param name="Name">Its configured name.</param>
/// <param name="MaxConcurrentRescans">Rescans in flight at once.</param>
public sealed record FleetAppliance(string Name, int MaxConcurrentRescans);

/// <summary>Which repositories a run takes.</summary>
/// <param name="Include">Names with * and ?; empty: all.</param>
/// <param name="Exclude">Names left out, likewise.</param>
/// <param name="Bucket">The S3 bucket; null: any.</param>
/// <param name="Folder">The folder in the bucket; null: any.</param>
public sealed record FleetFilter(IReadOnlyList<string> Include, IReadOnlyList<string> Exclude, string? Bucket, string? Folder)
{
    /// <summary>Whether the run takes a repository.</summary>
    public bool Takes(Repository repository)
    {
        ArgumentNullException.ThrowIfNull(repository);
        return (Include.Count == 0 || Include.Any(p => FileSystemName.MatchesSimpleExpression(p, repository.Name)))
            && !Exclude.Any(p => FileSystemName.MatchesSimpleExpression(p, repository.Name))
            && (Bucket is null || Bucket == repository.Bucket)
            && (Folder is null || Folder.Trim('/') == repository.Folder?.Trim('/'));
    }
}

/// <summary>Input of <see cref="FleetOrchestration"/>. Settings travel in it, so that a replay decides as the first run did.</summary>
/// <param name="Appliances">The appliances.</param>
/// <param name="Filter">Which of their repositories.</param>
/// <param name="Deadline">How long each rescan may take.</param>
/// <param name="Polling">When to poll.</param>
public sealed record FleetRequest(IReadOnlyList<FleetAppliance> Appliances, FleetFilter Filter, TimeSpan Deadline, PollingOptions Polling);

/// <summary>Input of <see cref="FleetApplianceOrchestration"/>: one appliance's share of a run, and how far it has come.</summary>
/// <param name="Appliance">The appliance.</param>
/// <param name="Fleet">The run.</param>
public sealed record FleetShare(FleetAppliance Appliance, FleetRequest Fleet)
{
    /// <summary>Repositories not yet started; null before they were listed.</summary>
    public IReadOnlyList<RepositoryRef>? Waiting { get; init; }

    /// <summary>Those in flight, by instance id.</summary>
    public IReadOnlyDictionary<string, RepositoryRef> InFlight { get; init; } = new Dictionary<string, RepositoryRef>();

    /// <summary>Those that have ended.</summary>
    public IReadOnlyList<FleetItem> Done { get; init; } = [];
}

/// <summary>One repository in a run's report.</summary>
/// <param name="Appliance">The appliance's configured name.</param>
/// <param name="Repository">The repository.</param>
/// <param name="Outcome">How its rescan ended; null when none was recorded.</param>
/// <param name="DurationSeconds">Seconds its session took.</param>
/// <param name="Reason">Why it ended so.</param>
public sealed record FleetItem(string Appliance, RepositoryRef Repository, Outcome? Outcome, double DurationSeconds, string? Reason);

/// <summary>The report of a run.</summary>
/// <param name="Items">Each repository.</param>
/// <param name="Errors">Appliances that could not be asked, each with its reason.</param>
public sealed record FleetReport(IReadOnlyList<FleetItem> Items, IReadOnlyList<string> Errors);
