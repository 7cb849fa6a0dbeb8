namespace Rescan.Functions.Polling;

/// <summary>
/// What is believed of a session's duration before it ends. Without a past, the prior: the chance to last beyond an age falls
/// as its square root. After n past runs, three parts: the prior, with one part in n + 1, for any surprise; a tail beyond the
/// longest past run, with as much of the rest, because the next of n + 1 runs alike is the longest that often; and kernels on
/// the past durations. How wide the kernels are and how fast the past fades is weighed by how well each choice would have
/// foretold every past run from those before it. A fourth part, of a share that <see cref="PollPlan"/> chooses, is an end far
/// sooner than the past says, as that of most failures. Pure: the same past gives the same forecast.
/// </summary>
internal sealed class DurationForecast
{
    /// <summary>The newest durations that count; older ones say little and cost time.</summary>
    public const int MaxPast = 20;

    /// <summary>No session outlives the longest deadline that the settings allow, 7 days.</summary>
    private const double LongestDeadline = 7 * 86400;

    /// <summary>Spread, in seconds, that even equal durations are given: timestamps are no finer.</summary>
    private const double Resolution = 0.3;

    /// <summary>
    /// Beyond the longest past run, the chance to last beyond an age falls as this power of it: what lasts longer than ever may well hang.
    /// </summary>
    private const double BeyondPower = 1.0 / 3;

    /// <summary>An end is far sooner than the past says below this share of the median.</summary>
    private const double FarSooner = 1.0 / 3;

    /// <summary>Widths tried for the kernels, in the logarithm of the duration: from hardly any spread to a factor of ten.</summary>
    private static readonly double[] Scales = [0.0005, 0.002, 0.006, 0.02, 0.06, 0.12, 0.25, 0.5, 1];

    /// <summary>Fadings tried: the weight of each run relative to the next newer one.</summary>
    private static readonly double[] Fades = [1, 0.9, 0.6];

    private readonly double _onset;
    private readonly double _priorWeight;
    private readonly double _beyondWeight;
    private readonly List<Kernel> _kernels = [];

    private DurationForecast(double kappa, ReadOnlySpan<double> past)
    {
        _onset = kappa;
        _priorWeight = 1.0 / (1 + past.Length);
        if (past.Length == 0)
        {
            return;
        }

        double[] sorted = past.ToArray();
        Array.Sort(sorted);
        Longest = sorted[^1];
        SoonerUntil = FarSooner * sorted[sorted.Length / 2];
        SoonerSpan = Math.Log(1 + (SoonerUntil / _onset));

        double[] weights = WeighModels(past);
        for (int run = 0; run < past.Length; run++)
        {
            for (int scale = 0; scale < Scales.Length; scale++)
            {
                double weight = 0;
                for (int fade = 0; fade < Fades.Length; fade++)
                {
                    weight += weights[(scale * Fades.Length) + fade] * Recency(Fades[fade], run, past.Length);
                }

                // A choice that foretold nothing costs time and changes nothing.
                if (weight * past.Length > 0.01)
                {
                    _kernels.Add(new Kernel(past[run], Spread(past[run], Scales[scale]), weight));
                }
            }
        }

        _beyondWeight = _priorWeight * (1 - _priorWeight);
        double sum = _kernels.Sum(kernel => kernel.Weight);
        for (int i = 0; i < _kernels.Count; i++)
        {
            _kernels[i] = _kernels[i] with { Weight = _kernels[i].Weight / sum * (1 - _priorWeight - _beyondWeight) };
        }
    }

    /// <summary>The longest past duration that counts, in seconds; 0 without a past.</summary>
    public double Longest { get; }

    /// <summary>The age, in seconds, until which an end is far sooner than the past says; 0 without a past.</summary>
    public double SoonerUntil { get; }

    /// <summary>How many times the age grows by e until then, from kappa on.</summary>
    public double SoonerSpan { get; }

    /// <summary>The kernels; empty without a past.</summary>
    public IReadOnlyList<Kernel> Kernels => _kernels;

    /// <summary>The forecast before a session starts.</summary>
    /// <param name="kappa">Seconds of delay that one poll is worth: sessions much shorter than it need not be told apart.</param>
    /// <param name="pastSeconds">Past durations in seconds, newest first; what is not a positive number is left out.</param>
    public static DurationForecast From(double kappa, IReadOnlyList<double> pastSeconds)
    {
        Span<double> past = stackalloc double[MaxPast];
        int count = 0;
        for (int i = 0; i < pastSeconds.Count && count < MaxPast; i++)
        {
            if (double.IsFinite(pastSeconds[i]) && pastSeconds[i] > 0)
            {
                past[count++] = Math.Min(pastSeconds[i], LongestDeadline);
            }
        }

        return new DurationForecast(kappa, past[..count]);
    }

    /// <summary>The probability of an end by this age, in seconds.</summary>
    public double Cumulative(double age)
    {
        double sum = (_priorWeight * (1 - Math.Sqrt(_onset / (_onset + age)))) + OfKernels(age);
        return age > Longest && Longest > 0 ? sum + (_beyondWeight * (1 - Math.Pow(Longest / age, BeyondPower))) : sum;
    }

    /// <summary>The same if the session takes as long as those before it, without any surprise. There must be a past.</summary>
    public double CumulativeAsBefore(double age) => OfKernels(age) / (1 - _priorWeight - _beyondWeight);

    /// <summary>
    /// The same if the session ends far sooner, any age between kappa and <see cref="SoonerUntil"/> being as likely as
    /// twice that age. There must be a past.
    /// </summary>
    public double CumulativeSooner(double age) => age >= SoonerUntil ? 1 : Math.Log(1 + (age / _onset)) / SoonerSpan;

    /// <summary>The probability density of an end at this age, per second.</summary>
    public double Density(double age)
    {
        double sum = _priorWeight * PriorDensity(age);
        if (age > Longest && Longest > 0)
        {
            sum += _beyondWeight * BeyondPower * Math.Pow(Longest / age, BeyondPower) / age;
        }

        double log = Math.Log(age);
        foreach (Kernel kernel in _kernels)
        {
            sum += kernel.Weight * LogDensity(log - kernel.LogCenter, kernel.Spread) / age;
        }

        return sum;
    }

    private double OfKernels(double age)
    {
        double sum = 0;
        double log = Math.Log(age);
        foreach (Kernel kernel in _kernels)
        {
            sum += kernel.Weight / (1 + Math.Exp((kernel.LogCenter - log) / kernel.Spread));
        }

        return sum;
    }

    /// <summary>The weight of each scale and fade after it foretold every past duration from the older ones; they sum to 1.</summary>
    private double[] WeighModels(ReadOnlySpan<double> past)
    {
        double[] evidence = new double[Scales.Length * Fades.Length];
        Span<double> seen = stackalloc double[Fades.Length];
        for (int run = past.Length - 2; run >= 0; run--)
        {
            int older = past.Length - 1 - run;
            double prior = 1.0 / (1 + older);
            for (int scale = 0; scale < Scales.Length; scale++)
            {
                seen.Clear();
                for (int back = 1; back <= older; back++)
                {
                    double center = past[run + back];
                    double density = LogDensity(Math.Log(past[run] / center), Spread(center, Scales[scale]));
                    for (int fade = 0; fade < Fades.Length; fade++)
                    {
                        seen[fade] += density * Recency(Fades[fade], back - 1, older);
                    }
                }

                for (int fade = 0; fade < Fades.Length; fade++)
                {
                    evidence[(scale * Fades.Length) + fade] += Math.Log(
                        (prior * PriorDensity(past[run]) * past[run]) + ((1 - prior) * seen[fade]));
                }
            }
        }

        double best = evidence.Max();
        double[] weights = Array.ConvertAll(evidence, value => Math.Exp(value - best));
        double sum = weights.Sum();
        return Array.ConvertAll(weights, weight => weight / sum);
    }

    /// <summary>The share of one of a number of runs, the newest being run 0.</summary>
    private static double Recency(double fade, int run, int runs) =>
        fade >= 1 ? 1.0 / runs : Math.Pow(fade, run) * (1 - fade) / (1 - Math.Pow(fade, runs));

    private static double Spread(double center, double scale) => Math.Sqrt((scale * scale) + (Resolution / center * (Resolution / center)));

    private static double LogDensity(double distance, double spread)
    {
        double odds = Math.Exp(-Math.Abs(distance) / spread);
        return odds / (spread * (1 + odds) * (1 + odds));
    }

    private double PriorDensity(double age) => 0.5 * Math.Sqrt(_onset / (_onset + age)) / (_onset + age);

    /// <summary>A log-logistic distribution around one past duration.</summary>
    /// <param name="Center">The past duration, in seconds.</param>
    /// <param name="Spread">Scale of the logistic distribution of the logarithm.</param>
    /// <param name="Weight">Share of the whole forecast.</param>
    internal readonly record struct Kernel(double Center, double Spread, double Weight)
    {
        /// <summary>The logarithm of the past duration.</summary>
        public double LogCenter { get; } = Math.Log(Center);
    }
}
