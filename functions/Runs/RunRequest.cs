using System.IO.Enumeration;
using Rescan.Functions.Appliances;
using Rescan.Functions.Configuration;
using Rescan.Functions.Display;

namespace Rescan.Functions.Runs;

/// <summary>One appliance of a run over many repositories.</summary>
/// <param name="Name">Its configured name.</param>
/// <param name="MaxConcurrentRescans">Rescans in flight at once.</param>
public sealed record RunAppliance(string Name, int MaxConcurrentRescans);

/// <summary>Which repositories a run takes.</summary>
/// <param name="Include">Names with * and ?, compared without case; empty: all.</param>
/// <param name="Exclude">Names left out, likewise.</param>
/// <param name="Bucket">The S3 bucket; null: any.</param>
/// <param name="Folder">The folder in the bucket; null: any.</param>
public sealed record RunFilter(IReadOnlyList<string> Include, IReadOnlyList<string> Exclude, string? Bucket, string? Folder)
{
    private const int MaxShown = 255;

    /// <summary>Whether the run takes a repository. One that runs leave out is taken only where its whole name is given.</summary>
    public bool Takes(Repository repository)
    {
        ArgumentNullException.ThrowIfNull(repository);
        return Fits(repository) && (repository.LeftOutOfRuns is null || Include.Contains(repository.Name, StringComparer.OrdinalIgnoreCase));
    }

    /// <summary>Whether a repository fits the conditions.</summary>
    public bool Fits(Repository repository)
    {
        ArgumentNullException.ThrowIfNull(repository);
        return (Include.Count == 0 || Include.Any(p => FileSystemName.MatchesSimpleExpression(p, repository.Name)))
            && !Exclude.Any(p => FileSystemName.MatchesSimpleExpression(p, repository.Name))
            && (Bucket is null || Bucket == repository.Bucket)
            && (Folder is null || Folder.Trim('/') == (repository.Folder ?? "").Trim('/'));
    }

    /// <summary>The filter in words, with how each of its conditions is compared; empty when it has none.</summary>
    public string Describe()
    {
        string[] conditions =
        [
            .. Include.Count > 0 ? [$"name like {Quoted(Include)}"] : Array.Empty<string>(),
            .. Exclude.Count > 0 ? [$"name not like {Quoted(Exclude)}"] : Array.Empty<string>(),
            .. Bucket is { } bucket ? [$"bucket '{SafeText.Line(bucket, MaxShown)}', compared with case"] : Array.Empty<string>(),
            .. Folder is { } folder ? [$"folder '{SafeText.Line(folder, MaxShown)}', compared whole and with case"] : Array.Empty<string>(),
        ];
        return string.Join("; ", conditions);
    }

    private static string Quoted(IEnumerable<string> patterns) => string.Join(", ", patterns.Select(p => $"'{SafeText.Line(p, MaxShown)}'"));
}

/// <summary>Input of <see cref="RunOrchestration"/>. Settings travel in it, so that a replay decides as the first run did.</summary>
/// <param name="Appliances">The appliances.</param>
/// <param name="Filter">Which of their repositories.</param>
/// <param name="Deadline">How long each rescan may take.</param>
/// <param name="RunDeadline">How long the run may take; then no more rescans are started, and those under way go on by themselves.</param>
/// <param name="Polling">When to poll.</param>
public sealed record RunRequest(IReadOnlyList<RunAppliance> Appliances, RunFilter Filter, TimeSpan Deadline, TimeSpan RunDeadline, PollingOptions Polling)
{
    /// <summary>What the instance ids of all runs begin with.</summary>
    public const string InstanceIdPrefix = "run-";

    /// <summary>The instance id of one appliance's part of a run.</summary>
    public static string PartitionIdOf(string runId, string appliance) => $"partition-{runId}-{appliance}".ToLowerInvariant();
}

/// <summary>Input of <see cref="RunApplianceOrchestration"/>. How far it has come stands in the run's items, not here.</summary>
/// <param name="RunId">The run.</param>
/// <param name="Appliance">The appliance.</param>
/// <param name="Request">The run's settings.</param>
/// <param name="Until">The run's deadline, UTC.</param>
public sealed record AppliancePartition(string RunId, RunAppliance Appliance, RunRequest Request, DateTimeOffset Until)
{
    /// <summary>Whether the appliance's repositories have been listed.</summary>
    public bool RepositoriesSelected { get; init; }

    /// <summary>Repositories that the run leaves out, a line a reason.</summary>
    public IReadOnlyList<string> LeftOut { get; init; } = [];

    /// <summary>Why no more rescans are started; null while they are.</summary>
    public RunStopReason? Stop { get; init; }
}

/// <summary>The end of one appliance's part of a run.</summary>
/// <param name="Error">Why the appliance's repositories could not be rescanned; null when they could.</param>
/// <param name="LeftOut">Repositories that the run left out, a line a reason.</param>
public sealed record PartitionEnd(string? Error, IReadOnlyList<string> LeftOut);
