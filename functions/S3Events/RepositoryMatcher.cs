using Rescan.Functions.Appliances;
using Rescan.Functions.Display;

namespace Rescan.Functions.S3Events;

/// <summary>A repository and the appliance that lists it.</summary>
/// <param name="Appliance">The appliance's configured name.</param>
/// <param name="Repository">The repository.</param>
public sealed record ListedRepository(string Appliance, Repository Repository);

/// <summary>
/// Finds the repositories to which an object belongs, by what the keys of their objects begin with. A repository whose folder the
/// appliance does not tell takes more than its own: a rescan too many is harmless.
/// </summary>
public sealed class RepositoryMatcher
{
    private const int MostNamed = 10;
    private const int MaxName = 255;

    private readonly Dictionary<string, List<ListedRepository>> byBucket = new(StringComparer.Ordinal);

    /// <summary>Creates a matcher; repositories without a bucket never match.</summary>
    public RepositoryMatcher(IEnumerable<ListedRepository> repositories)
    {
        ArgumentNullException.ThrowIfNull(repositories);
        foreach (ListedRepository listed in repositories)
        {
            if (listed.Repository.Bucket is { Length: > 0 } bucket)
            {
                if (!byBucket.TryGetValue(bucket, out List<ListedRepository>? all))
                {
                    byBucket[bucket] = all = [];
                }

                all.Add(listed);
            }
        }
    }

    /// <summary>The repositories of an object: none, one, or several when folders lie within each other or appliances share one.</summary>
    /// <param name="bucket">The bucket's name.</param>
    /// <param name="key">The object's key, decoded; compared with case, as S3 does.</param>
    public IReadOnlyList<ListedRepository> Match(string bucket, string key)
    {
        ArgumentNullException.ThrowIfNull(bucket);
        ArgumentNullException.ThrowIfNull(key);
        return byBucket.TryGetValue(bucket, out List<ListedRepository>? candidates)
            ? [.. candidates.Where(c => c.Repository.KeyPrefixes.Any(p => key.StartsWith(p, StringComparison.Ordinal)))]
            : [];
    }

    /// <summary>Why an object of a bucket belongs to no repository: what the appliances list, to compare with.</summary>
    /// <param name="bucket">The bucket's name.</param>
    public string WhyNone(string bucket)
    {
        ArgumentNullException.ThrowIfNull(bucket);
        return byBucket.TryGetValue(bucket, out List<ListedRepository>? candidates)
            ? candidates.Any(c => c.Repository.KeyPrefixes.Count > 0)
                ? $"Compared with what the keys of the repositories in this bucket begin with: "
                    + $"{Names(candidates.SelectMany(c => c.Repository.KeyPrefixes))}."
                : "The repositories of this name are no buckets of S3."
            : byBucket.Count == 0 ? "The appliances tell the bucket of no repository."
            : $"Compared, with case, with the buckets of the repositories: {Names(byBucket.Keys)}.";
    }

    private static string Names(IEnumerable<string> names)
    {
        string[] all = [.. names.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        string shown = string.Join(", ", all.Take(MostNamed).Select(n => SafeText.Line(n, MaxName)));
        return all.Length > MostNamed ? $"{shown} and {all.Length - MostNamed} more" : shown;
    }
}
