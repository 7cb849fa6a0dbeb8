namespace Rescan.Bench.Polling;

/// <summary>What the schedule is held to. Every number is the worst of its kind.</summary>
/// <param name="Kappa">Seconds of delay that a poll was worth.</param>
/// <param name="Cells">What was measured.</param>
internal sealed record PollingGoals(double Kappa, IReadOnlyList<Cell> Cells)
{
    /// <summary>With the past, on any stationary workload and band: cost less 2 kappa, over the offline optimum. At most 1.3.</summary>
    public double NearOptimum => Of(WorkloadKind.Stationary).Max(cell => (cell.WithPast - (2 * Kappa)) / cell.Optimum);

    /// <summary>
    /// Without a past, on any workload and band: cost over that of the fixed interval that is best there in hindsight. At most 1.6.
    /// Where all sessions take one time, an interval can be made to fit it, so that such a workload does not count.
    /// </summary>
    public double NearBestFixed =>
        Cells.Where(cell => cell.Workload.Name != Workload.OverAtOnce).Max(cell => cell.WithoutPast / cell.BestFixed);

    /// <summary>When the past misleads, on any such workload and band: cost over that without a past. At most 1.2.</summary>
    public double Misled => Of(WorkloadKind.Misleading, WorkloadKind.NeverEnding).Max(cell => cell.WithPast / cell.WithoutPast);

    /// <summary>
    /// When sessions end ten times sooner than the past says: their cost over all bands over that without a past. At most 2.
    /// </summary>
    public double Sooner => Misleading([.. Cells.Where(cell => cell.Workload.Name == Workload.TenTimesShorter)]);

    /// <summary>The eight workloads that ordinary repositories are made of, each band alike.</summary>
    public IReadOnlyList<Cell> Mix { get; } = [.. Cells.Where(cell => cell.Workload.InMix)];

    /// <summary>Cost with the past over that without, of all these together.</summary>
    public static double Misleading(IReadOnlyList<Cell> cells) => cells.Sum(cell => cell.WithPast) / cells.Sum(cell => cell.WithoutPast);

    /// <summary>Cost over the whole mix, ours with the past over that of another way to poll.</summary>
    public double OfTotal(Func<Cell, double> other) => Mix.Sum(cell => cell.WithPast) / Mix.Sum(other);

    /// <summary>The mean over the mix of ours with the past over another way to poll.</summary>
    public double OfEach(Func<Cell, double> other) => Mix.Average(cell => cell.WithPast / other(cell));

    /// <summary>The one fixed interval that is best over the mix, as its place in <see cref="PollingStudy.Intervals"/>.</summary>
    public int BestInterval => Enumerable.Range(0, PollingStudy.Intervals.Count).MinBy(i => Mix.Sum(cell => cell.Fixed[i]));

    /// <summary>Every way to poll that the mix is compared with: the best fixed interval and the backoffs.</summary>
    public IReadOnlyList<(string Name, Func<Cell, double> Cost)> Rivals
    {
        get
        {
            int best = BestInterval;
            return
            [
                ($"best fixed interval ({PollingStudy.Intervals[best]:0} s)", cell => cell.Fixed[best]),
                .. Strategy.Usual.Select((strategy, i) => (strategy.Name, (Func<Cell, double>)(cell => cell.Usual[i]))),
            ];
        }
    }

    private IEnumerable<Cell> Of(params WorkloadKind[] kinds) => Cells.Where(cell => kinds.Contains(cell.Workload.Kind));
}
