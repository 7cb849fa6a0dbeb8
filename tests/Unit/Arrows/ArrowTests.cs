using System.Text.RegularExpressions;

namespace Rescan.Tests.Unit.Arrows;

/// <summary>Folders use each other as the map in docs/architecture.md says, and in no other way.</summary>
public sealed partial class ArrowTests
{
    private static readonly IReadOnlyDictionary<string, string[]> Map = ReadMap();

    [Fact]
    public void No_folder_uses_one_that_the_map_does_not_let_it_use()
    {
        string[] refused = [.. CodeArrows.All
            .Where(a => !Map.TryGetValue(a.Key.From, out string[]? allowed) || !allowed.Contains(a.Key.To))
            .Select(a => $"{a.Key.From} must not use {a.Key.To}, but {string.Join("; ", a.Value.Take(5))}")
            .Order(StringComparer.Ordinal)];
        Assert.True(refused.Length == 0, string.Join('\n', refused));
    }

    [Fact]
    public void The_map_has_no_arrow_that_the_code_has_not()
    {
        string[] unused = [
            .. Map.SelectMany(m => m.Value.Select(to => (From: m.Key, To: to))).Where(a => !CodeArrows.All.ContainsKey(a))
            .Select(a => $"{a.From} -> {a.To}")];
        Assert.True(unused.Length == 0, "docs/architecture.md: " + string.Join(", ", unused));
    }

    [Fact]
    public void Every_folder_with_code_is_on_the_map()
    {
        IEnumerable<string> folders = ((string[])["functions", "local/Runtime"]).SelectMany(
            f => Directory.GetDirectories(Path.Combine(SourceTree.Root, f))
            .Where(d => Path.GetFileName(d) is not ("bin" or "obj"))
            .Select(d => $"{f}/{Path.GetFileName(d)}"));
        Assert.Empty(folders.Except(Map.Keys));
    }

    [Fact]
    public void No_folder_uses_one_that_uses_it_even_by_way_of_others()
    {
        foreach (string start in Map.Keys)
        {
            Stack<string[]> paths = new([[start]]);
            HashSet<string> seen = [];
            while (paths.TryPop(out string[]? path))
            {
                foreach (string next in Map.GetValueOrDefault(path[^1], []))
                {
                    Assert.True(next != start, string.Join(" -> ", [.. path, next]));
                    if (seen.Add(next))
                    {
                        paths.Push([.. path, next]);
                    }
                }
            }
        }
    }

    private static Dictionary<string, string[]> ReadMap()
    {
        Dictionary<string, string[]> map = new(StringComparer.Ordinal);
        foreach (Match row in Row().Matches(SourceTree.Read("docs/architecture.md")))
        {
            string folder = row.Groups["folder"].Value;
            string parent = folder.Contains('/', StringComparison.Ordinal) ? folder[..folder.LastIndexOf('/')] : "";
            map[folder] = [.. row.Groups["uses"].Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
                .Select(u => u == "functions" || u.StartsWith("local/", StringComparison.Ordinal) ? u : $"{parent}/{u}")];
        }

        return map;
    }

    [GeneratedRegex(@"^\| `(?<folder>(functions|local)/[A-Za-z0-9./]+)` \|[^|\n]*\|(?<uses>[^|\n]*)\|$", RegexOptions.Multiline)]
    private static partial Regex Row();
}
