using Rescan.Functions.Appliances;
using Rescan.Functions.Display;

namespace Rescan.Functions.Runs;

/// <summary>A repository that a run does not take.</summary>
/// <param name="Repository">The repository.</param>
/// <param name="Reason">Why not, in words for the operator.</param>
/// <param name="Fits">Whether the run's filter lets it through, so that another rule leaves it out.</param>
public sealed record LeftOutRepository(Repository Repository, string Reason, bool Fits);

/// <summary>What a run takes of the repositories that an appliance lists, and what it leaves out.</summary>
/// <param name="Taken">In the order of their turns.</param>
/// <param name="LeftOut">In the order of their names.</param>
public sealed record RepositorySelection(IReadOnlyList<Repository> Taken, IReadOnlyList<LeftOutRepository> LeftOut)
{
    private const int MostNamed = 10;

    /// <summary>Selects.</summary>
    /// <param name="listed">What the appliance lists.</param>
    /// <param name="filter">Which of them the run takes.</param>
    public static RepositorySelection Of(IReadOnlyList<Repository> listed, RunFilter filter)
    {
        ArgumentNullException.ThrowIfNull(filter);
        List<Repository> taken = [];
        List<LeftOutRepository> leftOut = [];
        foreach (Repository repository in listed.DistinctBy(r => r.Id).OrderBy(r => r.Name, StringComparer.Ordinal))
        {
            if (filter.WhyUnfit(repository) is { } unfit)
            {
                leftOut.Add(new LeftOutRepository(repository, unfit, Fits: false));
            }
            else if (filter.Takes(repository))
            {
                taken.Add(repository);
            }
            else
            {
                leftOut.Add(new LeftOutRepository(repository, repository.LeftOutOfRuns!, Fits: true));
            }
        }

        return new RepositorySelection(taken, leftOut);
    }

    /// <summary>What the operator may not expect: repositories that the filter lets through and a rule leaves out, a line a rule.</summary>
    /// <param name="appliance">The appliance's configured name.</param>
    public IEnumerable<string> Warnings(string appliance) => LeftOut
        .Where(o => o.Fits)
        .GroupBy(o => o.Reason, o => o.Repository.Name)
        .Select(g => $"{appliance}: left out {Names([.. g])} ({g.Key}). Name it in full to have it rescanned.");

    private static string Names(IReadOnlyList<string> names) =>
        SafeText.Line(string.Join(", ", names.Take(MostNamed))) + (names.Count > MostNamed ? $" and {names.Count - MostNamed} more" : "");
}
