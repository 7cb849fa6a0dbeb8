using System.Text.Json.Serialization;
using Rescan.Functions.Display;
using Rescan.Functions.Storage;

namespace Rescan.Functions.Notifications;

/// <summary>How a run ended, short enough to be read.</summary>
/// <param name="Id">The run's id.</param>
/// <param name="StartedAt">When it began, UTC.</param>
/// <param name="FinishedAt">When it ended, UTC.</param>
/// <param name="Repositories">How many repositories it took.</param>
/// <param name="Counts">How many of them ended how; <c>None</c> counts those without an outcome.</param>
/// <param name="Problems">Those that went wrong, the first <see cref="MaxProblems"/> of them.</param>
/// <param name="Errors">Appliances that could not be asked, with the reason, the first <see cref="MaxProblems"/> of them.</param>
public sealed record RunSummary(
    string Id,
    DateTimeOffset StartedAt,
    DateTimeOffset FinishedAt,
    int Repositories,
    IReadOnlyDictionary<string, int> Counts,
    IReadOnlyList<RunProblem> Problems,
    IReadOnlyList<string> Errors)
{
    /// <summary>How many problems and how many errors at most are listed.</summary>
    public const int MaxProblems = 50;

    private const string NoOutcome = "None";

    /// <summary>What the operator should look into, the first <see cref="MaxProblems"/> of it.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>Whether it ran to its end and found no repository to rescan.</summary>
    public bool RescannedNothing { get; init; }

    /// <summary>Who or what asked for it; null where that is not known.</summary>
    public Initiator? StartedBy { get; init; }

    /// <summary>Who or what canceled it; null when nobody did, or where that is not known.</summary>
    public Initiator? CanceledBy { get; init; }

    /// <summary>The runs of all its tries, the first one first; empty when it was tried once.</summary>
    public IReadOnlyList<string> Tries { get; init; } = [];

    /// <summary>How many repositories and appliances went wrong at first and well at a later try.</summary>
    public int Mended { get; init; }

    /// <summary>How many repositories went wrong, listed or not.</summary>
    [JsonIgnore]
    public int Failed =>
        Counts.Where(c => !Enum.TryParse(c.Key, out Outcome outcome) || outcome.Severity() == Severity.Bad).Sum(c => c.Value);

    /// <summary>Whether something was not rescanned that should have been.</summary>
    [JsonIgnore]
    public bool HasFailed => Failed + Errors.Count > 0 || RescannedNothing;

    /// <summary>What it means.</summary>
    [JsonIgnore]
    public Severity Severity =>
        Failed + Errors.Count > 0 ? Severity.Bad
        : RescannedNothing || Warnings.Count > 0 || Counts.GetValueOrDefault(nameof(Outcome.Warning)) > 0 ? Severity.Warning
        : Severity.Good;

    /// <summary>Ended items by outcome, in the order of the outcomes.</summary>
    internal static IReadOnlyDictionary<string, int> Count(IEnumerable<RunItem> items) => items
        .Where(i => i.State == RunItemState.Ended)
        .GroupBy(i => i.Outcome)
        .OrderBy(g => g.Key ?? (Outcome)int.MaxValue)
        .ToDictionary(g => g.Key?.ToString() ?? NoOutcome, g => g.Count(), StringComparer.Ordinal);

    /// <summary>Sums a run's report up.</summary>
    /// <param name="run">The run, ended.</param>
    /// <param name="items">Its repositories.</param>
    public static RunSummary Of(RunRecord run, IReadOnlyList<RunItem> items)
    {
        ArgumentNullException.ThrowIfNull(run);
        ArgumentNullException.ThrowIfNull(items);
        return new RunSummary(
            run.Id, run.StartedAt, run.FinishedAt ?? run.StartedAt, items.Count, run.Counts,
            [.. items.Where(i => i.Outcome is null || i.Outcome.Value.Severity() == Severity.Bad).Take(MaxProblems).Select(RunProblem.Of)],
            [.. run.Errors.Take(MaxProblems).Select(e => SafeText.Line(e))])
        {
            Warnings = [.. run.Warnings.Take(MaxProblems).Select(w => SafeText.Line(w))],
            StartedBy = run.StartedBy,
            CanceledBy = run.CanceledBy,
            RescannedNothing = items.Count == 0 && run.Status is (RunStatus.Completed or RunStatus.TimedOut),
        };
    }
}

/// <summary>A repository that went wrong in a run.</summary>
/// <param name="Appliance">The appliance's configured name.</param>
/// <param name="Repository">The repository.</param>
/// <param name="Outcome">How its rescan ended; null when none was recorded.</param>
/// <param name="DurationSeconds">Seconds its session took.</param>
/// <param name="Reason">Why it ended so, shortened.</param>
public sealed record RunProblem(string Appliance, RepositoryRef Repository, Outcome? Outcome, double DurationSeconds, string? Reason)
{
    private const int MaxReason = 500;

    /// <summary>The part of an item that is told.</summary>
    public static RunProblem Of(RunItem item)
    {
        ArgumentNullException.ThrowIfNull(item);
        string? reason = item.Reason is { } told ? SafeText.Line(told, MaxReason) : null;
        return new RunProblem(item.Appliance, item.Repository, item.Outcome, item.DurationSeconds, reason);
    }
}
