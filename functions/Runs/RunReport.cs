using Rescan.Functions.Storage;

namespace Rescan.Functions.Runs;

/// <summary>What a run's items add up to.</summary>
internal static class RunReport
{
    private const string NoOutcome = "None";
    private const int MaxWarnings = 50;

    /// <summary>Ended items by outcome, in the order of the outcomes.</summary>
    public static IReadOnlyDictionary<string, int> Count(IEnumerable<RunItem> items) => items
        .Where(i => i.State == RunItemState.Ended)
        .GroupBy(i => i.Outcome)
        .OrderBy(g => g.Key ?? (Outcome)int.MaxValue)
        .ToDictionary(g => g.Key?.ToString() ?? NoOutcome, g => g.Count(), StringComparer.Ordinal);

    /// <summary>A run without a repository, and folders that several appliances call their own.</summary>
    public static IReadOnlyList<string> Warnings(IReadOnlyList<RunItem> items, RunFilter? filter, bool hasErrors)
    {
        if (items.Count == 0 && !hasErrors)
        {
            return [filter?.Describe() is { Length: > 0 } conditions ? $"No repository fits the filter: {conditions}." : "The appliances list no repository."];
        }

        List<string> shared = [.. items
            .Where(i => !string.IsNullOrEmpty(i.Bucket))
            .GroupBy(i => (i.Bucket, Folder: (i.Folder ?? "").Trim('/')))
            .Where(g => g.Select(i => i.Appliance).Distinct(StringComparer.OrdinalIgnoreCase).Skip(1).Any())
            .Select(g => $"Bucket {g.Key.Bucket}, folder {(g.Key.Folder.Length == 0 ? "/" : g.Key.Folder)} is a repository of more than one appliance ({string.Join(", ", g.Select(i => $"{i.Repository.Name} on {i.Appliance}"))}): two appliances that write to one folder can corrupt its backups.")];
        return shared.Count <= MaxWarnings ? shared : [.. shared.Take(MaxWarnings), $"{shared.Count - MaxWarnings} more folders are shared."];
    }
}
