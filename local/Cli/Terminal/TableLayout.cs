namespace Rescan.Local.Cli.Terminal;

/// <summary>Which columns of a table are shown, and how wide.</summary>
internal static class TableLayout
{
    public const int Gap = 2;

    private const int Recognisable = 24;
    private const int Readable = 48;
    private const int Hardly = 8;
    private const int Nothing = 2;

    /// <param name="columns">The columns.</param>
    /// <param name="natural">The width of each one's widest cell; 0 for one that has nothing to show.</param>
    /// <param name="least">How narrow each one may get before another goes.</param>
    /// <param name="width">The cells of a line.</param>
    /// <returns>The width of each column; null for one that is not shown.</returns>
    public static int?[] Widths(IReadOnlyList<Column> columns, IReadOnlyList<int> natural, IReadOnlyList<int> least, int width)
    {
        List<int> kept = [.. Enumerable.Range(0, columns.Count).Where(i => natural[i] > 0)];
        int[] widths = [.. least];
        int Spare() => width - (Gap * (kept.Count - 1)) - kept.Sum(i => widths[i]);
        while (Spare() < 0 && kept.MaxBy(i => columns[i].Drop) is var last && columns[last].Drop > 0)
        {
            kept.Remove(last);
        }

        Shrink(kept.Where(i => columns[i].Fit is Fit.Name or Fit.Text), Hardly);
        Shrink(kept, Nothing);
        Grow(kept.Where(i => columns[i].Fit == Fit.Name), i => Math.Min(natural[i], Recognisable));
        Grow(kept.Where(i => columns[i].Fit == Fit.Text), i => Math.Min(natural[i], Readable));
        Grow(kept.Where(i => columns[i].Fit == Fit.Name), i => Math.Min(natural[i], Readable));
        Grow(kept.Where(i => columns[i].Fit == Fit.Text), i => natural[i]);
        foreach (int id in kept.Where(i => columns[i].Fit == Fit.Id && natural[i] - widths[i] <= Spare()))
        {
            widths[id] = natural[id];
        }

        Grow(kept.Where(i => columns[i].Fit == Fit.Name), i => natural[i]);
        return [.. widths.Select((w, i) => kept.Contains(i) ? w : (int?)null)];

        void Shrink(IEnumerable<int> which, int downTo)
        {
            int[] all = [.. which];
            while (all.Length > 0 && Spare() < 0 && all.MaxBy(i => widths[i]) is var widest && widths[widest] > downTo)
            {
                widths[widest]--;
            }
        }

        void Grow(IEnumerable<int> which, Func<int, int> upTo)
        {
            List<int> hungry = [.. which.Where(i => widths[i] < upTo(i))];
            for (int spare = Spare(); spare > 0 && hungry.Count > 0; spare--)
            {
                int next = hungry.MinBy(i => widths[i]);
                if (++widths[next] >= upTo(next))
                {
                    hungry.Remove(next);
                }
            }
        }
    }
}
