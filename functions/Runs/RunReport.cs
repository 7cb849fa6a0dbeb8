using Rescan.Functions.Rescans;
using Rescan.Functions.Storage;

namespace Rescan.Functions.Runs;

/// <summary>What a run's items add up to.</summary>
internal static class RunReport
{
    /// <summary>Appliances whose repositories could not be rescanned; each one's error begins with its name.</summary>
    public static IReadOnlyList<UnlistedAppliance> Unlisted(IEnumerable<PartitionEnd> ends) =>
        [.. ends.Where(e => e.Error is not null).Select(e => new UnlistedAppliance(e.Error!.Split(':', 2)[0], e.Outcome))];

    /// <summary>A run without a repository, what the selection warns of, and folders that several appliances call their own.</summary>
    /// <param name="items">The run's repositories.</param>
    /// <param name="filter">Which repositories it took.</param>
    /// <param name="selected">What was selected on each appliance that listed its repositories.</param>
    public static IReadOnlyList<string> Warnings(
        IReadOnlyList<RunItem> items, RunFilter? filter, IReadOnlyList<SelectedRepositories> selected)
    {
        int listed = selected.Sum(s => s.Listed);
        List<string> warnings = [];
        if (items.Count == 0)
        {
            string conditions = filter?.Describe() is { Length: > 0 } told ? $" ({told})" : "";
            warnings.Add(listed switch
            {
                0 => "Nothing was rescanned: no appliance listed a repository.",
                1 => $"Nothing was rescanned: the only repository listed does not fit the filter{conditions}.",
                _ => $"Nothing was rescanned: none of the {listed} repositories listed fits the filter{conditions}.",
            });
        }

        return
        [
            .. warnings,
            .. selected.SelectMany(s => s.Warnings),
            .. RepositoryWarnings.SharedFolders(items.Select(i => new RepositoryPlace(i.Appliance, i.Repository.Name, i.Bucket, i.Folder))),
        ];
    }
}
