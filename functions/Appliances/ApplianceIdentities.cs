using System.Collections.Concurrent;

namespace Rescan.Functions.Appliances;

/// <summary>
/// Notices two configured appliances that are one: an appliance makes the ids of its repositories itself, so two that list the same id are
/// the same. The one that listed it first keeps it; for the other nothing is posted.
/// </summary>
public sealed class ApplianceIdentities
{
    private readonly ConcurrentDictionary<string, string> holders = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Checks a listing.</summary>
    /// <exception cref="ApplianceException">Another configured appliance is the same.</exception>
    public void Check(string appliance, IReadOnlyList<Repository> repositories)
    {
        ArgumentNullException.ThrowIfNull(repositories);
        foreach (Repository repository in repositories.Where(r => Guid.TryParse(r.Id, out _)))
        {
            string holder = holders.GetOrAdd(repository.Id, appliance);
            if (!string.Equals(holder, appliance, StringComparison.OrdinalIgnoreCase))
            {
                throw new ApplianceException(
                    ApplianceFailure.Rejected,
                    $"Appliance '{appliance}' is the same as appliance '{holder}': both list repository {repository.Name} ({repository.Id}). Remove one of the two from the settings.");
            }
        }
    }
}
