using Rescan.Functions.Appliances;
using Rescan.Functions.Configuration;

namespace Rescan.Bench.Polling;

/// <summary>Mean costs in seconds of one workload whose typical durations lie in one band.</summary>
/// <param name="Workload">The workload.</param>
/// <param name="From">Shortest typical duration, in seconds.</param>
/// <param name="To">Longest typical duration, in seconds.</param>
/// <param name="Optimum">The offline optimum; not a number where there is none.</param>
/// <param name="Ours">By number of past runs known, as in <see cref="PollingStudy.Pasts"/>.</param>
/// <param name="Usual">By strategy, as in <see cref="Strategy.Usual"/>.</param>
/// <param name="Fixed">By interval, as in <see cref="PollingStudy.Intervals"/>.</param>
internal sealed record Cell(Workload Workload, double From, double To, double Optimum, double[] Ours, double[] Usual, double[] Fixed)
{
    /// <summary>With all of the past.</summary>
    public double WithPast => Ours[^1];

    /// <summary>With none.</summary>
    public double WithoutPast => Ours[0];

    /// <summary>
    /// The best of all fixed intervals, in hindsight. A session that never ends favours the longest, so that only up to 10 min count there.
    /// </summary>
    public double BestFixed => Fixed.Where((_, i) => Workload.Kind != WorkloadKind.NeverEnding || PollingStudy.Intervals[i] <= 600).Min();
}

/// <summary>Runs the strategies against the workloads. Seeded: the same arguments give the same numbers.</summary>
internal static class PollingStudy
{
    /// <summary>How many bands of equal ratio divide 5 s .. 24 h.</summary>
    public const int Bands = 6;

    /// <summary>How much of the past our schedule is shown.</summary>
    public static IReadOnlyList<int> Pasts { get; } = [0, 1, 2, 5, 10, 20];

    /// <summary>Fixed intervals, in seconds, 5 % apart, from about the shortest wait to the longest.</summary>
    public static IReadOnlyList<double> Intervals { get; } = [.. Enumerable.Range(0, 138).Select(i => 600 * Math.Pow(1.05, i - 115)), 1800];

    /// <summary>Every workload in every band.</summary>
    /// <param name="options">Kappa and the clamps.</param>
    /// <param name="repositories">How many repositories a cell has.</param>
    /// <param name="sessions">How many sessions of each are polled.</param>
    /// <param name="pasts">How much of the past to show; all of <see cref="Pasts"/> if null.</param>
    public static IReadOnlyList<Cell> Run(PollingOptions options, int repositories, int sessions, IReadOnlyList<int>? pasts = null) =>
        [.. Workload.All.SelectMany((workload, index) => Enumerable.Range(0, Bands).Select(band => (workload, index, band)))
            .AsParallel().AsOrdered().Select(
                cell => Run(options, cell.workload, (cell.index * Bands) + cell.band, cell.band, repositories, sessions, pasts ?? Pasts))];

    private static Cell Run(
        PollingOptions options, Workload workload, int seed, int band, int repositories, int sessions, IReadOnlyList<int> pasts)
    {
        Random random = new(seed);
        double ratio = Math.Pow(Durations.Longest / Durations.Shortest, 1.0 / Bands);
        double from = Durations.Shortest * Math.Pow(ratio, band);
        double optimum = 0;
        double[] ours = new double[pasts.Count];
        double[] usual = new double[Strategy.Usual.Count];
        double[] steady = new double[Intervals.Count];
        bool ends = workload.Kind != WorkloadKind.NeverEnding;
        for (int i = 0; i < repositories; i++)
        {
            // Evenly, not at random: so few repositories would else fill the band badly.
            Repository repository = workload.Create(random, from * Math.Pow(ratio, (i + 0.5) / repositories), sessions);
            double Mean(Wait wait) => Strategy.MeanCost(options.Kappa, repository.Now, ends, wait) / repositories;
            optimum += (repository.Known is { } known ? OfflineOptimum.Cost(options, known) : double.NaN) / repositories;
            for (int p = 0; p < ours.Length; p++)
            {
                ours[p] += Mean(Strategy.Ours(options, repository.Past[..pasts[p]], $"rescan-study-{seed}-{i}"));
            }

            for (int s = 0; s < usual.Length; s++)
            {
                usual[s] += Mean(Strategy.Usual[s].Wait);
            }

            for (int s = 0; s < steady.Length; s++)
            {
                double interval = Intervals[s];
                steady[s] += Mean((_, _) => interval);
            }
        }

        return new Cell(workload, from, from * ratio, optimum, ours, usual, steady);
    }
}
