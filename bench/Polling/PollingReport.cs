using System.Text;
using Rescan.Bench.Reports;
using static Rescan.Bench.Reports.Markdown;

namespace Rescan.Bench.Polling;

/// <summary>The study in Markdown tables, which read as text, too.</summary>
internal static class PollingReport
{
    /// <summary>All tables.</summary>
    /// <param name="runs">The study under several settings, the default ones first.</param>
    public static string Write(IReadOnlyList<(string Settings, PollingGoals Goals)> runs)
    {
        PollingGoals goals = runs[0].Goals;
        StringBuilder text = new();
        text.AppendLine("### Mean total cost, in seconds").AppendLine();
        Table(text, [
            "workload", "ours", "ours, no past", "offline optimum", "best fixed in hindsight",
            .. Strategy.Usual.Select(strategy => strategy.Name)],
            Rows(goals.Cells).Append(("**the mix**", goals.Mix)).Select(row => (string[])
            [
                row.Item1, Seconds(row.Item2, cell => cell.WithPast), Seconds(row.Item2, cell => cell.WithoutPast),
                Seconds(row.Item2, cell => cell.Optimum),
                Seconds(row.Item2, cell => cell.BestFixed), .. Strategy.Usual.Select((_, i) => Seconds(row.Item2, cell => cell.Usual[i])),
            ]));
        text.AppendLine("### What knowing the past is worth: cost over the offline optimum, mean of the bands").AppendLine();
        Table(text, ["workload", .. PollingStudy.Pasts.Select(past => past == 1 ? "1 run" : Format($"{past} runs"))],
            Rows(goals.Cells).Where(row => row.Item2.All(cell => double.IsFinite(cell.Optimum)))
                .Select(row => (string[])[
                    row.Item1, .. PollingStudy.Pasts.Select(
                        (_, i) => Format($"{row.Item2.Average(cell => cell.Ours[i] / cell.Optimum):0.00}"))]));
        text.AppendLine("### Ends that the past did not foretell: cost over the cost without a past").AppendLine();
        Table(text, ["workload", "all bands together", "median band", "worst band"],
            Rows(goals.Cells).Where(row => row.Item2[0].Workload.Kind != WorkloadKind.Stationary).Select(row => (string[])
            [
                row.Item1, Format($"{PollingGoals.Misleading(row.Item2):0.00}"), Format($"{Median(row.Item2):0.00}"),
                Format($"{row.Item2.Max(cell => cell.WithPast / cell.WithoutPast):0.00}"),
            ]));
        text.AppendLine("### Ours over the others, over the mix").AppendLine();
        Table(text, ["against", "of the total cost", "mean of the ratios"],
            goals.Rivals.Select(
                rival => (string[])[rival.Name, Format($"{goals.OfTotal(rival.Cost):0.00}"), Format($"{goals.OfEach(rival.Cost):0.00}")]));
        text.AppendLine("### The goals, under other settings").AppendLine();
        Table(text, [
            "settings", "with past: (cost - 2 kappa) / optimum, at most 1.3", "no past: cost / best fixed in hindsight, at most 1.6",
            "misled: cost / cost with no past, at most 1.2", "ten times shorter: the same, at most 2",
            "mix: cost / any rival's, of the total, at most 0.5", "mix: the same, mean of the ratios"],
            runs.Select(run => (string[])
            [
                run.Settings, Format($"{run.Goals.NearOptimum:0.00}"), Format($"{run.Goals.NearBestFixed:0.00}"),
                Format($"{run.Goals.Misled:0.00}"), Format($"{run.Goals.Sooner:0.00}"),
                Format($"{run.Goals.Rivals.Max(rival => run.Goals.OfTotal(rival.Cost)):0.00}"),
                Format($"{run.Goals.Rivals.Max(rival => run.Goals.OfEach(rival.Cost)):0.00}"),
            ]));
        return text.ToString();
    }

    private static IEnumerable<(string, IReadOnlyList<Cell>)> Rows(IReadOnlyList<Cell> cells) =>
        cells.GroupBy(cell => cell.Workload.Name).Select(group => (group.Key, (IReadOnlyList<Cell>)[.. group]));

    private static double Median(IReadOnlyList<Cell> cells)
    {
        double[] ratios = [.. cells.Select(cell => cell.WithPast / cell.WithoutPast).Order()];
        return (ratios[(ratios.Length - 1) / 2] + ratios[ratios.Length / 2]) / 2;
    }

    private static string Seconds(IReadOnlyList<Cell> cells, Func<Cell, double> cost) =>
        cells.Average(cost) is var mean && double.IsFinite(mean) ? Format($"{mean:0}") : "";
}
