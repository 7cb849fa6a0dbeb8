using Rescan.Functions.Appliances;
using Rescan.Functions.Notifications;
using Rescan.Functions.Storage;

namespace Rescan.Local.Cli.Reports;

/// <summary>How the rescans of a period went.</summary>
/// <param name="From">Its beginning, UTC.</param>
/// <param name="To">Its end, UTC.</param>
/// <param name="Counts">Rescans by outcome.</param>
/// <param name="Days">Day by day, oldest first, none left out.</param>
/// <param name="Repositories">Repository by repository, those that need a look first.</param>
/// <param name="Problems">What went wrong, newest first.</param>
/// <param name="Rescans">All of them, newest first, without their logs.</param>
internal sealed record RescanReport(
    DateTimeOffset From,
    DateTimeOffset To,
    IReadOnlyDictionary<Outcome, int> Counts,
    IReadOnlyList<ReportDay> Days,
    IReadOnlyList<ReportRepository> Repositories,
    IReadOnlyList<RecordedOutcome> Problems,
    IReadOnlyList<RecordedOutcome> Rescans)
{
    /// <summary>How many who asked for rescans are told by name.</summary>
    private const int MaxAskers = 5;

    public int Total => Rescans.Count;

    public int Failed => Counts.Where(c => c.Key.Severity() == Severity.Bad).Sum(c => c.Value);

    /// <summary>When the last rescan before the period ended, UTC; asked for only where none ended in it.</summary>
    public DateTimeOffset? LastBefore { get; init; }

    /// <summary>The report in one sentence.</summary>
    public string Summary => Total == 0
        ? LastBefore is { } last
        ? $"No rescan ended in this time; the last one before it ended {DisplayFormat.Time(last)}."
        : "No rescan has ended yet, so there is nothing to report."
        : $"{Many(Total, "rescan", "rescans")} of {Many(Repositories.Count, "repository", "repositories")}: {string.Join(", ", Counts.OrderByDescending(c => c.Value).Select(c => $"{c.Value} {DisplayFormat.Words(c.Key)}"))}.";

    /// <summary>Who asked for the rescans, those who asked for most first, and who canceled some; null when there was none.</summary>
    public string? Askers
    {
        get
        {
            string started = Tally(Rescans.Select(r => r.Outcome.StartedBy));
            string canceled = Tally(Rescans.Where(r => r.Outcome.CanceledBy is not null).Select(r => r.Outcome.CanceledBy));
            return Total == 0 ? null : $"Started by {started}.{(canceled.Length > 0 ? $" Canceled by {canceled}." : "")}";
        }
    }

    private static string Tally(IEnumerable<Initiator?> who)
    {
        IGrouping<string, string>[] all = [.. who.Select(InitiatorText.Of).GroupBy(w => w, StringComparer.Ordinal)
            .OrderByDescending(g => g.Count()).ThenBy(g => g.Key, StringComparer.Ordinal)];
        string told = string.Join(", ", all.Take(MaxAskers).Select(g => $"{g.Key} ({g.Count()})"));
        return all.Length > MaxAskers ? $"{told} and {all.Length - MaxAskers} more" : told;
    }

    /// <param name="from">The beginning, UTC.</param>
    /// <param name="to">The end, UTC.</param>
    /// <param name="rescans">What ended in between, newest first.</param>
    public static RescanReport Of(DateTimeOffset from, DateTimeOffset to, IReadOnlyList<RecordedOutcome> rescans)
    {
        DateOnly first = DateOnly.FromDateTime(from.UtcDateTime);
        ILookup<DateOnly, RescanOutcome> byDay = rescans.Select(r => r.Outcome)
            .ToLookup(o => DateOnly.FromDateTime(o.FinishedAt.UtcDateTime));
        return new RescanReport(
            from, to,
            rescans.GroupBy(r => r.Outcome.Outcome).OrderBy(g => g.Key).ToDictionary(g => g.Key, g => g.Count()),
            [.. Enumerable.Range(0, DateOnly.FromDateTime(to.UtcDateTime).DayNumber - first.DayNumber + 1).Select(first.AddDays)
                .Select(d => ReportDay.Of(d, byDay[d]))],
            [.. rescans.GroupBy(r => r.Outcome.Id).Select(g => ReportRepository.Of([.. g.Select(r => r.Outcome)]))
                .OrderByDescending(r => r.Last.Outcome.Severity()).ThenByDescending(r => r.Failed)
                .ThenBy(r => r.Appliance, StringComparer.Ordinal).ThenBy(r => r.Repository.Name, StringComparer.Ordinal)],
            [.. rescans.Where(r => r.Outcome.Outcome.Severity() == Severity.Bad)],
            rescans);
    }

    private static string Many(int count, string one, string more) => $"{count} {(count == 1 ? one : more)}";
}

/// <summary>One day of a report.</summary>
internal sealed record ReportDay(DateOnly Day, int Good, int Warning, int Canceled, int Bad)
{
    public int Total => Good + Warning + Canceled + Bad;

    public static ReportDay Of(DateOnly day, IEnumerable<RescanOutcome> outcomes)
    {
        ILookup<Severity, RescanOutcome> by = outcomes.ToLookup(o => o.Outcome.Severity());
        return new ReportDay(
            day, by[Severity.Good].Count(), by[Severity.Warning].Count(), by[Severity.Canceled].Count(), by[Severity.Bad].Count());
    }
}

/// <summary>One repository of a report.</summary>
/// <param name="Appliance">The appliance's configured name.</param>
/// <param name="Repository">The repository.</param>
/// <param name="Rescans">How many ended.</param>
/// <param name="Failed">How many of them went wrong.</param>
/// <param name="Last">The last one.</param>
/// <param name="LastSuccess">When one last succeeded, warnings included; null when none did in the period.</param>
/// <param name="MedianSeconds">The median duration of those that the appliance ended; null when there was none.</param>
/// <param name="LongestSeconds">The longest of them.</param>
/// <param name="Points">All, oldest first.</param>
internal sealed record ReportRepository(
    string Appliance, RepositoryRef Repository, int Rescans, int Failed, OutcomePoint Last, DateTimeOffset? LastSuccess,
    double? MedianSeconds, double? LongestSeconds,
    IReadOnlyList<OutcomePoint> Points)
{
    /// <param name="outcomes">One repository's outcomes, newest first, at least one.</param>
    public static ReportRepository Of(IReadOnlyList<RescanOutcome> outcomes)
    {
        OutcomePoint[] points = [.. outcomes.Reverse().Select(o => new OutcomePoint(o.Outcome, o.DurationSeconds, o.FinishedAt))];
        double[] durations = [
            .. points.Where(p => p.Outcome is Outcome.Succeeded or Outcome.Warning or Outcome.Failed).Select(p => p.DurationSeconds)
            .Order()];
        return new ReportRepository(
            outcomes[0].Appliance, outcomes[0].Repository, outcomes.Count, points.Count(p => p.Outcome.Severity() == Severity.Bad),
            points[^1],
            outcomes.FirstOrDefault(o => o.Outcome is Outcome.Succeeded or Outcome.Warning)?.FinishedAt,
            durations.Length == 0 ? null : durations.Length % 2 == 1
            ? durations[durations.Length / 2] : (durations[(durations.Length / 2) - 1] + durations[durations.Length / 2]) / 2,
            durations.Length == 0 ? null : durations[^1],
            points);
    }
}
