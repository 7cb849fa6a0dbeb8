using System.Collections.Concurrent;
using Rescan.Functions.Appliances;

namespace Rescan.Functions.Rescans;

/// <summary>
/// Asks appliances for their repositories, and remembers since when one that does not list them has failed to. The memory is this
/// process's own: after a restart, a failure begins when it is first met again.
/// </summary>
/// <param name="appliances">The appliances' clients.</param>
/// <param name="distinct">Tells where two entries of the settings are one appliance, whose repositories only one of them lists.</param>
/// <param name="time">The clock.</param>
public sealed class RepositoryReader(IApplianceClients appliances, DistinctAppliances distinct, TimeProvider time)
{
    private readonly ConcurrentDictionary<string, (bool IsSilent, DateTimeOffset Since)> failing = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>All repositories of an appliance.</summary>
    /// <exception cref="ApplianceException">The appliance did not list them, or another entry of the settings stands for it.</exception>
    /// <exception cref="UnknownApplianceException">No appliance of that name is configured.</exception>
    public async Task<IReadOnlyList<Repository>> ReadAsync(string appliance, CancellationToken cancellationToken)
    {
        DateTimeOffset asked = time.GetUtcNow();
        try
        {
            await distinct.RequireAsync(appliance, cancellationToken);
            IReadOnlyList<Repository> repositories = await appliances.Get(appliance).GetRepositoriesAsync(cancellationToken);
            failing.TryRemove(appliance, out _);
            return repositories;
        }
        catch (ApplianceException e)
        {
            // An appliance that goes from silent to refusing, or back, is in a new state.
            failing.AddOrUpdate(
                appliance, (e.IsTransient, asked), (_, known) => known.IsSilent == e.IsTransient ? known : (e.IsTransient, asked));
            throw;
        }
    }

    /// <summary>
    /// Since when the appliance has failed to list its repositories, UTC; null when its last listing succeeded or there was none.
    /// </summary>
    public DateTimeOffset? FailingSince(string appliance) =>
        failing.TryGetValue(appliance, out (bool, DateTimeOffset Since) known) ? known.Since : null;
}
