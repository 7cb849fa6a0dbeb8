namespace Rescan.Functions.Display;

/// <summary>What somebody may have meant.</summary>
public static class NearestName
{
    /// <summary>The name that is fewest typing mistakes away; null when none is near.</summary>
    public static string? Of(string typed, IEnumerable<string> names)
    {
        ArgumentNullException.ThrowIfNull(typed);
        string bare = typed.TrimStart('-');
        (string Name, int Mistakes)? nearest = names.Select(n => (Name: n, Mistakes: Mistakes(bare, n.TrimStart('-'))))
            .OrderBy(n => n.Mistakes).Cast<(string, int)?>().FirstOrDefault();
        return nearest is { } found && bare.Length > 0 && found.Mistakes <= Math.Max(1, Math.Max(bare.Length, found.Name.Length) / 3)
            ? found.Name : null;
    }

    /// <summary>How many letters to add, leave out, change, or swap with their neighbour, without regard to case.</summary>
    public static int Mistakes(string a, string b)
    {
        ArgumentNullException.ThrowIfNull(a);
        ArgumentNullException.ThrowIfNull(b);
        int[] before = new int[b.Length + 1];
        int[] above = new int[b.Length + 1];
        int[] row = [.. Enumerable.Range(0, b.Length + 1)];
        for (int i = 1; i <= a.Length; i++)
        {
            (before, above, row) = (above, row, before);
            row[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                row[j] = Math.Min(Math.Min(above[j], row[j - 1]) + 1, above[j - 1] + (IsSame(a[i - 1], b[j - 1]) ? 0 : 1));
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                {
                    row[j] = Math.Min(row[j], before[j - 2] + 1);
                }
            }
        }

        return row[b.Length];
    }

    private static bool IsSame(char a, char b) => char.ToUpperInvariant(a) == char.ToUpperInvariant(b);
}
