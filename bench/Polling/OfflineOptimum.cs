using Rescan.Functions.Configuration;

namespace Rescan.Bench.Polling;

/// <summary>
/// The least mean cost of any schedule that keeps the clamps and knows the distribution of the duration, by dynamic
/// programming over a grid much finer than the waits.
/// </summary>
internal static class OfflineOptimum
{
    /// <summary>The least mean cost, in seconds.</summary>
    public static double Cost(PollingOptions options, Durations durations)
    {
        double kappa = options.Kappa;
        double min = options.MinInterval.TotalSeconds;
        double max = options.MaxInterval.TotalSeconds;
        if (durations is ConstantDurations constant)
        {
            return kappa * Math.Ceiling(constant.Seconds / max);
        }

        List<double> ages = [0];
        for (double age = Durations.Shortest; age < Durations.Longest; age += Math.Sqrt(2 * kappa * age) / 24)
        {
            ages.Add(age);
        }

        ages.Add(Durations.Longest);
        int last = ages.Count - 1;
        double[] ended = [.. ages.Select(durations.Cumulative)];
        double[] sum = new double[ages.Count];
        for (int i = 1; i <= last; i++)
        {
            sum[i] = sum[i - 1] + ((ages[i] - ages[i - 1]) * (ended[i] + ended[i - 1]) / 2);
        }

        double[] cost = new double[ages.Count];
        for (int i = last - 1; i >= 0; i--)
        {
            double best = double.PositiveInfinity;
            for (int next = i + 1; next <= last; next++)
            {
                double wait = ages[next] - ages[i];
                double now = (kappa * (1 - ended[i])) + sum[next] - sum[i] - (ended[i] * wait);
                if (wait > max || now > best)
                {
                    break;
                }

                best = wait >= min || next == last ? Math.Min(best, now + cost[next]) : best;
            }

            cost[i] = best;
        }

        return cost[0];
    }
}
