namespace Rescan.Local.Cli.Errors;

/// <summary>What somebody may have meant.</summary>
internal static class NearestName
{
    /// <summary>The name that is fewest typing mistakes away; null when none is near.</summary>
    public static string? Of(string typed, IEnumerable<string> names)
    {
        string bare = typed.TrimStart('-');
        (string Name, int Mistakes)? nearest = names.Select(n => (Name: n, Mistakes: Mistakes(bare, n.TrimStart('-'))))
            .OrderBy(n => n.Mistakes).Cast<(string, int)?>().FirstOrDefault();
        return nearest is { } found && bare.Length > 0 && found.Mistakes <= Math.Max(1, Math.Max(bare.Length, found.Name.Length) / 3)
            ? found.Name : null;
    }

    /// <summary>Letters to add, leave out, change, or swap with their neighbour.</summary>
    private static int Mistakes(string a, string b)
    {
        int[,] table = new int[a.Length + 1, b.Length + 1];
        for (int i = 0; i <= a.Length; i++)
        {
            for (int j = 0; j <= b.Length; j++)
            {
                table[i, j] = i == 0 || j == 0 ? i + j : Math.Min(
                    Math.Min(table[i - 1, j], table[i, j - 1]) + 1,
                    table[i - 1, j - 1] + (char.ToUpperInvariant(a[i - 1]) == char.ToUpperInvariant(b[j - 1]) ? 0 : 1));
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                {
                    table[i, j] = Math.Min(table[i, j], table[i - 2, j - 2] + 1);
                }
            }
        }

        return table[a.Length, b.Length];
    }
}
