using System.Globalization;
using System.Text;
using Rescan.Functions.Notifications;
using Rescan.Functions.Storage;

namespace Rescan.Local.Cli.Reports;

/// <summary>The pictures of a report, in SVG. Each says in words what it shows.</summary>
internal static class ReportPictures
{
    private const int Width = 1060;
    private const int Height = 170;
    private const int Left = 36;
    private const int Bottom = 22;
    private const int Top = 14;
    private const int MaxPoints = 40;
    private const int TrendWidth = 150;
    private const int TrendHeight = 30;

    /// <summary>Rescans of each day, one bar a day, stacked by how they ended.</summary>
    public static string Days(IReadOnlyList<ReportDay> days)
    {
        int most = Math.Max(1, days.Max(d => d.Total));
        double step = (double)(Width - Left) / days.Count;
        double bar = Math.Min(step * 0.72, 46);
        double unit = (double)(Height - Top - Bottom) / most;
        StringBuilder svg = new();
        svg.Append(CultureInfo.InvariantCulture,
            $"<svg role=\"img\" viewBox=\"0 0 {Width} {Height}\" width=\"{Width}\" height=\"{Height}\"><title>Rescans a day, at most {most}; green succeeded, amber with warnings, grey canceled, red failed</title>");
        foreach (int value in most == 1 ? [0, 1] : new[] { 0, most / 2, most }.Distinct())
        {
            double y = Height - Bottom - (value * unit);
            svg.Append(CultureInfo.InvariantCulture,
                $"<line class=\"axis\" x1=\"{Left}\" x2=\"{Width}\" y1=\"{y:0.#}\" y2=\"{y:0.#}\"/><text x=\"{Left - 6}\" y=\"{y + 4:0.#}\" text-anchor=\"end\">{value}</text>");
        }

        int labels = Math.Max(1, (int)Math.Ceiling(days.Count * 64.0 / (Width - Left)));
        for (int i = 0; i < days.Count; i++)
        {
            double middle = Left + (step * (i + 0.5));
            double y = Height - Bottom;
            foreach ((string style, int count) in new[] { ("good", days[i].Good), ("warning", days[i].Warning),
                ("canceled", days[i].Canceled), ("bad", days[i].Bad) })
            {
                if (count > 0)
                {
                    y -= count * unit;
                    svg.Append(CultureInfo.InvariantCulture,
                        $"<rect class=\"{style}\" x=\"{middle - (bar / 2):0.#}\" y=\"{y:0.#}\" width=\"{bar:0.#}\" height=\"{count * unit:0.##}\"><title>{days[i].Day:yyyy-MM-dd}: {count} {style}</title></rect>");
                }
            }

            if (i % labels == 0)
            {
                svg.Append(CultureInfo.InvariantCulture,
                    $"<text x=\"{middle:0.#}\" y=\"{Height - 6}\" text-anchor=\"middle\">{days[i].Day:MM-dd}</text>");
            }
        }

        return svg.Append("</svg>").ToString();
    }

    /// <summary>The durations of a repository's rescans over time, a dot each in the colour of its outcome.</summary>
    public static string Trend(ReportRepository repository)
    {
        OutcomePoint[] points = [.. repository.Points.TakeLast(MaxPoints)];
        double longest = Math.Max(points.Max(p => p.DurationSeconds), 1e-9);
        (double X, double Y)[] at = [.. points.Select((p, i) => (
            X: points.Length == 1 ? TrendWidth / 2.0 : 4 + ((TrendWidth - 8.0) * i / (points.Length - 1)),
            Y: TrendHeight - 4 - ((TrendHeight - 8) * p.DurationSeconds / longest)))];
        StringBuilder svg = new();
        svg.Append(CultureInfo.InvariantCulture,
            $"<svg role=\"img\" viewBox=\"0 0 {TrendWidth} {TrendHeight}\" width=\"{TrendWidth}\" height=\"{TrendHeight}\"><title>The last {points.Length} durations, at most {TextReport.Duration(longest)}</title>");
        svg.Append("<polyline class=\"trend\" points=\"")
            .AppendJoin(' ', at.Select(p => string.Create(CultureInfo.InvariantCulture, $"{p.X:0.#},{p.Y:0.#}"))).Append("\"/>");
        for (int i = 0; i < points.Length; i++)
        {
            svg.Append(
                CultureInfo.InvariantCulture,
                $"<circle class=\"{HtmlReport.ClassOf(points[i].Outcome)}\" cx=\"{at[i].X:0.#}\" cy=\"{at[i].Y:0.#}\" r=\"2.5\"><title>{DisplayFormat.Time(points[i].FinishedAt)}: {points[i].Outcome}, {TextReport.Duration(points[i].DurationSeconds)}</title></circle>");
        }

        return svg.Append("</svg>").ToString();
    }
}
