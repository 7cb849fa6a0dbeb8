using System.Globalization;
using System.Text;

namespace Rescan.Bench.Polling;

/// <summary>A drawing of the mean cost of every way to poll, one line a workload, that reads on light and on dark paper.</summary>
internal static class PollingChart
{
    private const int Left = 150;
    private const int Right = 780;
    private const int Top = 92;
    private const int Line = 34;

    /// <summary>The drawing, as SVG.</summary>
    public static string Draw(IReadOnlyList<Cell> cells)
    {
        (string Name, IReadOnlyList<Cell> Cells)[] rows = [
            .. cells.GroupBy(cell => cell.Workload.Name).Select(group => (group.Key, (IReadOnlyList<Cell>)[.. group]))];
        (string Name, string Style, Func<Cell, double> Cost)[] series =
        [
            .. Strategy.Usual.Select(
                (strategy, i) => (strategy.Name, i < 3 ? $"f{i}" : $"d{i - 3}", (Func<Cell, double>)(cell => cell.Usual[i]))),
            ("offline optimum", "opt", cell => cell.Optimum),
            ("ours, no past", "none", cell => cell.WithoutPast),
            ("ours, 20 past runs", "ours", cell => cell.WithPast),
        ];
        int height = Top + (rows.Length * Line) + 50;
        StringBuilder svg = new();
        void Add(FormattableString text) => svg.AppendLine(text.ToString(CultureInfo.InvariantCulture));

        Add($"""
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 800 {height}" width="800" height="{height}" font-family="system-ui, sans-serif" font-size="12" role="img" aria-labelledby="title">
            <title id="title">Mean total cost of a session by way of polling and by workload; left is better</title>
            <style>
            .paper {"{"} fill: #fff {"}"} text {"{"} fill: #1f2328 {"}"} .dim {"{"} fill: #59636e {"}"} .grid {"{"} stroke: #d8dee4 {"}"}
            .f {"{"} fill: #c2700f {"}"} .d {"{"} fill: #7a4fc9 {"}"} .opt {"{"} fill: #1f2328 {"}"} .ours {"{"} fill: #0969da {"}"} .none {"{"} fill: #fff; stroke: #0969da; stroke-width: 2 {"}"}
            @media (prefers-color-scheme: dark) {"{"}
            .paper {"{"} fill: #0d1117 {"}"} text {"{"} fill: #f0f6fc {"}"} .dim {"{"} fill: #9198a1 {"}"} .grid {"{"} stroke: #30363d {"}"}
            .f {"{"} fill: #e39a3b {"}"} .d {"{"} fill: #b392f0 {"}"} .opt {"{"} fill: #f0f6fc {"}"} .ours {"{"} fill: #58a6ff {"}"} .none {"{"} fill: #0d1117; stroke: #58a6ff {"}"}
            {"}"}
            </style>
            <rect class="paper" width="800" height="{height}"/>
            <text x="16" y="24" font-size="15" font-weight="600">Cost of noticing the end of a session: delay + 5 s a poll</text>
            <text class="dim" x="16" y="42">Geometric mean over typical durations of 5 s to 24 h, in seconds, logarithmic; left is better</text>
            """);
        for (int i = 0; i < series.Length; i++)
        {
            int x = i < 6 ? 16 + (i * 125) : 16 + ((i - 6) * 140);
            int y = i < 6 ? 62 : 80;
            Mark(Add, series[i].Style, x + 5, y - 4);
            Add($"""<text x="{x + 16}" y="{y}">{series[i].Name}</text>""");
        }

        double[] values = [.. rows.SelectMany(row => series.Select(one => Mean(row.Cells, one.Cost))).Where(double.IsFinite)];
        double low = Math.Log(values.Min() / 1.3);
        double high = Math.Log(values.Max() * 1.3);
        double X(double value) => Left + ((Right - Left) * (Math.Log(value) - low) / (high - low));
        int bottom = Top + (rows.Length * Line);
        foreach (double tick in new double[] { 10, 30, 100, 300, 1000, 3000, 10000 })
        {
            if (Math.Log(tick) > low && Math.Log(tick) < high)
            {
                Add($"""<line class="grid" x1="{X(tick):0.0}" x2="{X(tick):0.0}" y1="{Top}" y2="{bottom}"/>""");
                Add($"""<text class="dim" x="{X(tick):0.0}" y="{bottom + 18}" text-anchor="middle">{tick:0} s</text>""");
            }
        }

        for (int i = 0; i < rows.Length; i++)
        {
            int y = Top + (i * Line) + (Line / 2);
            Add($"""<line class="grid" x1="{Left}" x2="{Right}" y1="{y}" y2="{y}"/>""");
            Add($"""<text x="{Left - 10}" y="{y + 4}" text-anchor="end">{rows[i].Name}</text>""");
            foreach ((string name, string style, Func<Cell, double> cost) in series)
            {
                if (Mean(rows[i].Cells, cost) is var mean && double.IsFinite(mean))
                {
                    Mark(Add, style, X(mean), y);
                }
            }
        }

        svg.Append("</svg>\n");
        return svg.ToString();
    }

    private static double Mean(IReadOnlyList<Cell> cells, Func<Cell, double> cost) => Math.Exp(cells.Average(cell => Math.Log(cost(cell))));

    /// <summary>Fixed intervals are discs, backoffs are squares, growing with the interval; told apart without colour.</summary>
    private static void Mark(Action<FormattableString> add, string style, double x, double y)
    {
        double size = 3 + (0.9 * (style[^1] - '0'));
        if (style[0] == 'f')
        {
            add($"""<circle class="f" cx="{x:0.0}" cy="{y:0.0}" r="{size:0.0}"/>""");
        }
        else if (style[0] == 'd')
        {
            add($"""<rect class="d" x="{x - size:0.0}" y="{y - size:0.0}" width="{2 * size:0.0}" height="{2 * size:0.0}"/>""");
        }
        else if (style == "opt")
        {
            add($"""<rect class="opt" x="{x - 1.5:0.0}" y="{y - 10:0.0}" width="3" height="20"/>""");
        }
        else
        {
            add($"""<path class="{style}" d="M{x:0.0} {y - 7:0.0}l7 7l-7 7l-7 -7z"/>""");
        }
    }
}
