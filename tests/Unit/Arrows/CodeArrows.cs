using ArchUnitNET.Domain;
using ArchUnitNET.Loader;
using DurableTask.Sqlite;
using Rescan.Functions.Configuration;
using Rescan.Local.Cli;
using Rescan.Local.Runtime.Hosting;
using Rescan.Local.Simulator;
using Rescan.Tests.Integration.Runtime.Hosting;

namespace Rescan.Tests.Unit.Arrows;

/// <summary>Which folders use which, as the compiled assemblies say.</summary>
internal static class CodeArrows
{
    // A program registers and starts everything, so what stands at the top of one imports all of it.
    private static readonly string[] Tops = ["functions", "local/Cli", "local/Runtime", "local/Simulator"];

    private static readonly (string Namespace, string Folder)[] Roots =
    [
        ("Rescan.Functions", "functions"), ("Rescan.Local.Cli", "local/Cli"), ("Rescan.Local.Runtime", "local/Runtime"),
        ("Rescan.Local.Simulator", "local/Simulator"), ("DurableTask.Sqlite", "local/DurableTask.Sqlite"),
    ];

    private static readonly Lazy<IReadOnlyDictionary<(string From, string To), SortedSet<string>>> Found = new(Read);

    /// <summary>From folder to folder, with the types that make the arrow, such as "RunsApi uses ApiJson".</summary>
    public static IReadOnlyDictionary<(string From, string To), SortedSet<string>> All => Found.Value;

    /// <summary>The folder of a namespace; null for code of others.</summary>
    public static string? FolderOf(string name)
    {
        foreach ((string root, string folder) in Roots)
        {
            if (name == root)
            {
                return folder;
            }

            if (name.StartsWith(root + ".", StringComparison.Ordinal))
            {
                // Of the command and the simulator the parts make one whole.
                return folder is "functions" or "local/Runtime" ? $"{folder}/{name[(root.Length + 1)..].Split('.')[0]}" : folder;
            }
        }

        return null;
    }

    private static Dictionary<(string From, string To), SortedSet<string>> Read()
    {
        Architecture code = new ArchLoader().LoadAssemblies(
            typeof(RescanOptions).Assembly, typeof(ExitCodes).Assembly, typeof(LocalFunctionHost).Assembly,
            typeof(SimulatorOptions).Assembly,
            typeof(SqliteDatabase).Assembly).Build();
        Dictionary<(string From, string To), SortedSet<string>> arrows = [];
        foreach (IType type in code.Types)
        {
            // Type parameters have no namespace.
            if (type.Namespace is not { } own || FolderOf(own.FullName) is not { } from
                || Array.Exists(Tops, t => from == t && t is not "local/Cli" and not "local/Simulator"))
            {
                continue;
            }

            foreach (IType target in type.Dependencies.Select(d => d.Target))
            {
                if (target.Namespace is not { } other || FolderOf(other.FullName) is not { } to || from == to)
                {
                    continue;
                }

                // Between the halves and the programs only the whole counts.
                string whole = Array.Find(
                    Tops, t => (to == t || to.StartsWith(t + "/", StringComparison.Ordinal))
                    && !from.StartsWith(t, StringComparison.Ordinal)) ?? to;
                if (!arrows.TryGetValue((from, whole), out SortedSet<string>? uses))
                {
                    arrows[(from, whole)] = uses = new SortedSet<string>(StringComparer.Ordinal);
                }

                uses.Add($"{NameOf(type)} uses {NameOf(target)}");
            }
        }

        return arrows;
    }

    /// <summary>Compilers make types within types, for closures and state machines.</summary>
    private static string NameOf(IType type) => type.FullName[(type.Namespace.FullName.Length + 1)..].Split('+', '/', '`')[0];
}
