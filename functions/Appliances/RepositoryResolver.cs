using Rescan.Functions.Display;

namespace Rescan.Functions.Appliances;

/// <summary>Finds the repository that a person or a program named.</summary>
public static class RepositoryResolver
{
    private const int Suggestions = 3;
    private const int MaxName = 200;

    /// <summary>Finds one repository by id or by name; an id wins, a name is compared without case.</summary>
    /// <param name="appliance">The appliance's configured name, for messages.</param>
    /// <param name="repositories">What the appliance lists.</param>
    /// <param name="nameOrId">What was asked for.</param>
    /// <exception cref="UnknownRepositoryException">None fits, or a name fits several; the message says which come near or which share
    /// it.</exception>
    public static Repository Find(string appliance, IReadOnlyList<Repository> repositories, string nameOrId)
    {
        ArgumentNullException.ThrowIfNull(repositories);
        if (repositories.FirstOrDefault(r => string.Equals(r.Id, nameOrId, StringComparison.OrdinalIgnoreCase)) is { } byId)
        {
            return byId;
        }

        List<Repository> named = [.. repositories.Where(r => r.Name == nameOrId)];
        if (named.Count == 0)
        {
            named = [.. repositories.Where(r => string.Equals(r.Name, nameOrId, StringComparison.OrdinalIgnoreCase))];
        }

        if (named.Count == 1)
        {
            return named[0];
        }

        if (named.Count > 1)
        {
            throw new UnknownRepositoryException(
                $"{named.Count} repositories of appliance '{appliance}' are named '{SafeText.Line(nameOrId, MaxName)}'. Name one by its "
                    + $"id: {string.Join(", ", named.Select(r => SafeText.Line(r.Id, MaxName)))}.", ambiguous: true);
        }

        if (repositories.Count == 0)
        {
            throw new UnknownRepositoryException(
                $"Appliance '{appliance}' lists no repositories at all; its account may not see them.", ambiguous: false);
        }

        string[] near =
            [.. repositories.OrderBy(r => NearestName.Mistakes(r.Name, nameOrId)).ThenBy(r => r.Name, StringComparer.Ordinal)
                .Take(Suggestions).Select(r => $"'{SafeText.Line(r.Name, MaxName)}'")];
        throw new UnknownRepositoryException(
            $"Appliance '{appliance}' has no repository '{SafeText.Line(nameOrId, MaxName)}'. Nearest names: {string.Join(", ", near)}.",
            ambiguous: false);
    }
}

/// <summary>No repository fits what was asked for, or several do.</summary>
public sealed class UnknownRepositoryException : KeyNotFoundException
{
    /// <summary>Creates the exception.</summary>
    public UnknownRepositoryException(string message, bool ambiguous)
        : base(message) => IsAmbiguous = ambiguous;

    /// <summary>Whether several fit.</summary>
    public bool IsAmbiguous { get; }
}
