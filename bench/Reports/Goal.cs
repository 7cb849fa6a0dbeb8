using System.Text;

namespace Rescan.Bench.Reports;

/// <summary>A goal and what came of it in this run.</summary>
/// <param name="Text">What is aimed at.</param>
/// <param name="Measured">What was measured.</param>
/// <param name="Reached">Whether that is enough.</param>
internal sealed record Goal(string Text, string Measured, bool Reached)
{
    /// <summary>A measured value against the most that it may be.</summary>
    public static Goal AtMost(string text, double measured, double limit, string unit = "") =>
        new(text, Markdown.Format($"{measured:0.##}{unit}"), measured <= limit);

    /// <summary>A measured value against the least that it must be.</summary>
    public static Goal AtLeast(string text, double measured, double limit, string unit = "") =>
        new(text, Markdown.Format($"{measured:0.##}{unit}"), measured >= limit);

    /// <summary>The goals as a table.</summary>
    public static void Table(StringBuilder text, IEnumerable<Goal> goals) =>
        Markdown.Table(
            text, ["goal", "measured", "reached"], goals.Select(g => (string[])[g.Text, g.Measured, g.Reached ? "yes" : "**no**"]));
}
