namespace Rescan.Functions.Polling;

/// <summary>The ages that a poll may be planned at.</summary>
internal static class PollGrid
{
    /// <summary>The grid's step as a share of the wait without a past.</summary>
    private const double Step = 0.2;

    /// <summary>Bounds the work for a small kappa and long sessions.</summary>
    private const double MostSteps = 4000;

    /// <summary>How many times the longest past duration the grid reaches; waits are taken from its first half.</summary>
    private const double Reach = 4;

    /// <summary>Where each kernel asks for grid points of its own: logits of 1 % to 99.9 %.</summary>
    private static readonly double[] Logits = [-4.6, -2.2, -0.85, 0, 0.85, 1.5, 2.2, 3.2, 4.6, 6.9];

    /// <summary>Ages from 0 to beyond the longest past, dense where the past lies.</summary>
    public static double[] Of(DurationForecast forecast, double kappa, double min)
    {
        double end = Reach * forecast.Longest;
        double step = 2 * Math.Max(Step, Math.Sqrt(end / kappa) / MostSteps);
        List<double> ages = [];
        for (double age = min; age < end; age += step * Math.Sqrt(kappa * (age + kappa)))
        {
            ages.Add(age);
        }

        foreach (DurationForecast.Kernel kernel in forecast.Kernels)
        {
            foreach (double logit in Logits)
            {
                double age = kernel.Center * Math.Exp(logit * kernel.Spread);
                if (age > min && age < end)
                {
                    ages.Add(age);
                }
            }
        }

        ages.Sort();

        // From the end, so that of points too close to matter the last stays: a poll just before the end is in vain.
        List<double> kept = [end];
        for (int i = ages.Count - 1; i >= 0; i--)
        {
            if (kept[^1] - ages[i] >= kappa / 10)
            {
                kept.Add(ages[i]);
            }
        }

        if (end > 0)
        {
            kept.Add(0);
        }

        kept.Reverse();
        return [.. kept];
    }
}
