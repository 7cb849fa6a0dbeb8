namespace Rescan.Functions.Rescans;

/// <summary>Where a repository keeps its backups.</summary>
/// <param name="Appliance">The appliance's configured name.</param>
/// <param name="Repository">The repository's name.</param>
/// <param name="Bucket">The S3 bucket; null where the appliance does not tell it.</param>
/// <param name="Folder">The folder in the bucket; null where the appliance does not tell it.</param>
public sealed record RepositoryPlace(string Appliance, string Repository, string? Bucket, string? Folder);

/// <summary>What an operator should look into though every appliance answers.</summary>
public static class RepositoryWarnings
{
    /// <summary>An appliance that answers and has nothing to rescan.</summary>
    public const string ListsNone = "the appliance answers but lists no repository. Its account may not see them.";

    private const int MaxWarnings = 50;

    /// <summary>Folders that several appliances call their own, a line each.</summary>
    public static IReadOnlyList<string> SharedFolders(IEnumerable<RepositoryPlace> places)
    {
        List<string> shared = [.. places
            .Where(p => !string.IsNullOrEmpty(p.Bucket))
            .GroupBy(p => (p.Bucket, Folder: (p.Folder ?? "").Trim('/')))
            .Where(g => g.Select(p => p.Appliance).Distinct(StringComparer.OrdinalIgnoreCase).Skip(1).Any())
            .Select(g =>
                $"Bucket {g.Key.Bucket}, folder {(g.Key.Folder.Length == 0 ? "/" : g.Key.Folder)} is a repository of more than one "
                + $"appliance ({string.Join(", ", g.Select(p => $"{p.Repository} on {p.Appliance}"))}): "
                + "two appliances that write to one folder can corrupt its backups.")];
        return shared.Count <= MaxWarnings
            ? shared : [.. shared.Take(MaxWarnings), $"{shared.Count - MaxWarnings} more folders are shared."];
    }
}
