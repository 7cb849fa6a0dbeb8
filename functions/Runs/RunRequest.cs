using System.IO.Enumeration;
using Rescan.Functions.Appliances;
using Rescan.Functions.Configuration;
using Rescan.Functions.Display;
using Rescan.Functions.Rescans;
using Rescan.Functions.Storage;

namespace Rescan.Functions.Runs;

/// <summary>One appliance of a run over many repositories.</summary>
/// <param name="Name">Its configured name.</param>
/// <param name="MaxConcurrentRescans">Rescans in flight at once.</param>
public sealed record RunAppliance(string Name, int MaxConcurrentRescans)
{
    /// <summary>The appliances of a run.</summary>
    /// <param name="options">The settings.</param>
    /// <param name="names">Their names; none: all.</param>
    public static IEnumerable<RunAppliance> Of(RescanOptions options, IReadOnlyCollection<string> names)
    {
        ArgumentNullException.ThrowIfNull(options);
        return options.Appliances.Where(a => names.Count == 0 || names.Contains(a.Name, StringComparer.OrdinalIgnoreCase))
            .Select(a => new RunAppliance(a.Name, a.MaxConcurrentRescans));
    }
}

/// <summary>Which repositories a run takes.</summary>
/// <param name="Include">Names with * and ?, compared without case; empty: all.</param>
/// <param name="Exclude">Names left out, likewise.</param>
/// <param name="Bucket">The S3 bucket; null: any.</param>
/// <param name="Folder">The folder in the bucket; null: any.</param>
public sealed record RunFilter(IReadOnlyList<string> Include, IReadOnlyList<string> Exclude, string? Bucket, string? Folder)
{
    private const int MaxShown = 255;

    /// <summary>The filter that somebody gave; null: all.</summary>
    public static RunFilter Of(RepositoryFilter? filter) =>
        new(filter?.Include ?? [], filter?.Exclude ?? [], filter?.Bucket, filter?.Folder);

    /// <summary>As it is kept and shown; null: all.</summary>
    public RepositoryFilter? ToKeep() =>
        Include.Count + Exclude.Count == 0 && Bucket is null && Folder is null
            ? null
            : new(Include.Count == 0 ? null : Include, Exclude.Count == 0 ? null : Exclude, Bucket, Folder);

    /// <summary>Whether the run takes a repository. One that runs leave out is taken only where its whole name is given.</summary>
    public bool Takes(Repository repository)
    {
        ArgumentNullException.ThrowIfNull(repository);
        return Fits(repository)
            && (repository.LeftOutOfRuns is null || Include.Contains(repository.Name, StringComparer.OrdinalIgnoreCase));
    }

    /// <summary>Whether a repository fits the conditions.</summary>
    public bool Fits(Repository repository) => WhyUnfit(repository) is null;

    /// <summary>The first condition that a repository does not fit, in words; null when it fits all.</summary>
    public string? WhyUnfit(Repository repository)
    {
        ArgumentNullException.ThrowIfNull(repository);
        bool IsLike(string pattern) => FileSystemName.MatchesSimpleExpression(pattern, repository.Name);
        string folder = (repository.Folder ?? "").Trim('/');
        return Include.Count > 0 && !Include.Any(IsLike) ? $"its name is not like {Quoted(Include)}"
            : Exclude.FirstOrDefault(IsLike) is { } excluded ? $"its name is like {Quoted([excluded])}, which is excluded"
            : Bucket is not null && Bucket != repository.Bucket
                ? $"its bucket is {Told(repository.Bucket)}, not {Quoted([Bucket])}"
            : Folder is not null && Folder.Trim('/') != folder ? $"its folder is {Told(folder)}, not {Quoted([Folder])}"
            : null;
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

    private static string Told(string? text) => string.IsNullOrEmpty(text) ? "not told" : Quoted([text]);

    private static string Quoted(IEnumerable<string> patterns) =>
        string.Join(", ", patterns.Select(p => $"'{SafeText.Line(p, MaxShown)}'"));
}

/// <summary>Input of <see cref="RunOrchestration"/>. Settings travel in it, so that a replay decides as the first run did.</summary>
/// <param name="Appliances">The appliances.</param>
/// <param name="Filter">Which of their repositories.</param>
/// <param name="Deadline">How long each rescan may take.</param>
/// <param name="RunDeadline">How long the run may take; then no more rescans are started, and those under way go on by themselves.</param>
/// <param name="Polling">When to poll.</param>
public sealed record RunRequest(
    IReadOnlyList<RunAppliance> Appliances, RunFilter Filter, TimeSpan Deadline, TimeSpan RunDeadline, PollingOptions Polling)
{
    /// <summary>What the instance ids of all runs begin with.</summary>
    public const string InstanceIdPrefix = "run-";

    /// <summary>Who or what asked for the run.</summary>
    public Initiator? StartedBy { get; init; }

    /// <summary>When it was due, UTC; null for one that the schedule did not start.</summary>
    public DateTimeOffset? DueAt { get; init; }

    /// <summary>The run of which it repeats what was not rescanned; null when it repeats none.</summary>
    public RunRepeat? Repeats { get; init; }

    /// <summary>Why it began later than it was due; null when it did not.</summary>
    public string? LateBecause { get; init; }

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
    /// <summary>What was selected of the appliance's repositories; null until they have been listed.</summary>
    public SelectedRepositories? Selected { get; init; }

    /// <summary>Since when the appliance has not answered the rescans in flight, UTC; null while it does.</summary>
    public DateTimeOffset? TroubleSince { get; init; }

    /// <summary>Whether somebody was told of that.</summary>
    public bool IsTroubleTold { get; init; }

    /// <summary>Why no more rescans are started; null while they are.</summary>
    public RunStopReason? Stop { get; init; }

    /// <summary>Rescans that told their end since the last step.</summary>
    public IReadOnlyList<RescanEnded> Ended { get; init; } = [];

    /// <summary>When all rescans in flight are looked at, UTC, whatever they told: an event can be lost.</summary>
    public DateTimeOffset LookAgainAt { get; init; }
}

/// <summary>The end of one appliance's part of a run.</summary>
/// <param name="Error">Why the appliance's repositories could not be rescanned; null when they could.</param>
/// <param name="Selected">What was selected of its repositories; null when they were never listed.</param>
public sealed record PartitionEnd(string? Error, SelectedRepositories? Selected)
{
    /// <summary>
    /// With an error: Rejected when trying again does not help, Unreachable when it may, Canceled; null where a fault ended the part.
    /// </summary>
    public Outcome? Outcome { get; init; }
}

/// <summary>The custom status of one appliance's part of a run while the appliance does not do as it should.</summary>
/// <param name="Trouble">What is wrong, in words for the operator.</param>
/// <param name="Since">Since when, UTC.</param>
/// <param name="NextTryAt">When it is asked next, UTC.</param>
/// <param name="GivesUpAt">When the run goes on without it, UTC; null when its rescans wait until their own deadline.</param>
public sealed record PartitionTrouble(string Trouble, DateTimeOffset Since, DateTimeOffset NextTryAt, DateTimeOffset? GivesUpAt);
