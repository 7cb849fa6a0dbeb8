using Rescan.Functions.Appliances;
using Rescan.Local.Cli.Terminal;
using Rescan.Local.Simulator;

namespace Rescan.Local.Cli;

/// <summary>Tables of what an appliance has, a simulated one too.</summary>
internal static class ApplianceTables
{
    public static Table Of(IEnumerable<Repository> repositories)
    {
        Table table = Empty();
        foreach (Repository repository in repositories.OrderBy(r => r.Name, StringComparer.OrdinalIgnoreCase))
        {
            string place = repository.Bucket is null ? repository.Type ?? "" : $"{repository.Bucket}/{repository.Folder}".Trim('/');
            table.Add(repository.Name, repository.Id,
                repository.LeftOutOfRuns is { } reason ? $"{place}; left out of runs: {reason}" : place);
        }

        return table;
    }

    public static Table Of(IEnumerable<SimulatedRepository> repositories)
    {
        Table table = Empty();
        foreach (SimulatedRepository repository in repositories)
        {
            table.Add(repository.Name, repository.Id, $"{repository.Bucket}/{repository.Folder}".Trim('/'));
        }

        return table;
    }

    private static Table Empty() => new(Column.NameOf("repository"), Column.Id("id"), Column.Text("bucket and folder", 1));
}
