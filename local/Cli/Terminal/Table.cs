using Spectre.Console;
using Spectre.Console.Rendering;

namespace Rescan.Local.Cli.Terminal;

/// <summary>The one way in which commands show rows. On a terminal a row is a line: columns go and the last is cut where the line ends.
/// In a pipe it is every column, tabs between them, under a header that never changes.</summary>
internal sealed class Table(params Column[] columns)
{
    private readonly List<Cell[]> rows = [];

    public Table Add(params Cell[] cells)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(cells.Length, columns.Length);
        rows.Add(cells);
        return this;
    }

    public void Print(Screen screen)
    {
        if (screen.Width is { } width)
        {
            screen.Console.Write(Render(width));
        }
        else
        {
            foreach (IEnumerable<string> line in rows.Select(r => r.Select(c => c.Piped)).Prepend(columns.Select(c => Header(c))))
            {
                screen.Console.Profile.Out.Writer.WriteLine(string.Join('\t', line));
            }
        }
    }

    /// <summary>As a terminal of so many columns shows it, without colours.</summary>
    public string ToText(int width)
    {
        using StringWriter text = new();
        Print(Screen.Plain(text, width));
        return text.ToString();
    }

    /// <summary>Lines of at most so many cells.</summary>
    public IRenderable Render(int width)
    {
        int[] natural =
        [
            .. columns.Select((c, i) => rows.Max(r => (int?)Words.Width(r[i].Shown)) is > 0 and { } cell
                ? Math.Max(Words.Width(c.Name), cell) : 0),
        ];
        int[] least = [.. columns.Select((c, i) => c.Least(natural[i], [.. rows.Select(r => r[i].Shown)]))];
        int?[] widths = TableLayout.Widths(columns, natural, least, width);
        Paragraph lines = new() { Overflow = Overflow.Crop };
        Style bold = new(decoration: Decoration.Bold);
        Append(lines, widths, width, i => (Header(columns[i]), bold));
        foreach (Cell[] row in rows)
        {
            Append(lines, widths, width, i => (row[i].Shown, row[i].Style));
        }

        return lines;
    }

    private static string Header(Column column) => column.Name.ToUpperInvariant();

    private void Append(Paragraph lines, int?[] widths, int width, Func<int, (string Text, Style Style)> cell)
    {
        int left = width;
        string blank = "";
        for (int i = 0; i < columns.Length; i++)
        {
            if (widths[i] is not { } wide)
            {
                continue;
            }

            (string text, Style style) = cell(i);
            string shown = columns[i].Fit == Fit.Id && Words.Width(text) > wide ? Words.First(text, wide) : Words.Cut(text, wide);
            string pad = new(' ', Math.Max(0, wide - Words.Width(shown)));
            (string before, string after) = columns[i].Fit == Fit.Number ? (blank + pad, "") : (blank, pad);
            if (shown.Length > 0 && left > before.Length)
            {
                string fitting = Words.Cut(shown, left - before.Length);
                lines.Append(before).Append(fitting, style);
                left -= before.Length + Words.Width(fitting);
                before = "";
            }

            blank = before + after + new string(' ', TableLayout.Gap);
        }

        lines.Append("\n");
    }
}
