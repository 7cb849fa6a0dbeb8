using System.Collections.Concurrent;

namespace Rescan.Functions.Appliances;

/// <summary>
/// Entries of the settings that proved to lead to an appliance which another entry stands for already, as this process saw it.
/// </summary>
public sealed class ApplianceTwins
{
    private readonly ConcurrentDictionary<string, string> known = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>The name of the other entry; null when there is none, or none is known yet.</summary>
    public string? Of(string appliance) => known.GetValueOrDefault(appliance);

    /// <summary>Notes what a sign-in showed.</summary>
    /// <param name="appliance">The entry that signed in.</param>
    /// <param name="other">The other entry; null when there is none.</param>
    public void Note(string appliance, string? other)
    {
        if (other is null)
        {
            known.TryRemove(appliance, out _);
        }
        else
        {
            known[appliance] = other;
        }
    }
}
