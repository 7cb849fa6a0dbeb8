namespace Rescan.Bench.Polling;

/// <summary>How long the sessions of one repository take: a distribution in seconds, kept to 5 s .. 24 h.</summary>
internal abstract class Durations
{
    /// <summary>The shortest duration studied, in seconds.</summary>
    public const double Shortest = 5;

    /// <summary>The longest duration studied, in seconds; also the deadline of a session that never ends.</summary>
    public const double Longest = 86400;

    /// <summary>A duration, in seconds.</summary>
    public double Draw(Random random)
    {
        double value;
        do
        {
            value = DrawFreely(random);
        }
        while (value is < Shortest or > Longest);
        return value;
    }

    /// <summary>The probability of an end by this age, in seconds.</summary>
    public double Cumulative(double age)
    {
        double low = FreeCumulative(Shortest);
        return Math.Clamp((FreeCumulative(age) - low) / (FreeCumulative(Longest) - low), 0, 1);
    }

    /// <summary>A duration before it is kept to the range.</summary>
    protected abstract double DrawFreely(Random random);

    /// <summary>The distribution before it is kept to the range.</summary>
    protected abstract double FreeCumulative(double age);
}

/// <summary>Always the same.</summary>
internal sealed class ConstantDurations(double seconds) : Durations
{
    public double Seconds => seconds;

    protected override double DrawFreely(Random random) => seconds;

    protected override double FreeCumulative(double age) => age >= seconds ? 1 : 0;
}

/// <summary>Lognormal around a median, with a coefficient of variation.</summary>
internal sealed class LognormalDurations(double median, double variation) : Durations
{
    private readonly double _sigma = Math.Sqrt(Math.Log(1 + (variation * variation)));

    protected override double DrawFreely(Random random) =>
        median * Math.Exp(_sigma * Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()));

    protected override double FreeCumulative(double age) => age <= 0 ? 0 : Normal(Math.Log(age / median) / _sigma);

    /// <summary>The normal distribution function, to 1e-7 (Abramowitz and Stegun 7.1.26).</summary>
    private static double Normal(double z)
    {
        double x = Math.Abs(z) / Math.Sqrt(2);
        double t = 1 / (1 + (0.3275911 * x));
        double tail = t * (0.254829592 + (t * (-0.284496736 + (t * (1.421413741 + (t * (-1.453152027 + (t * 1.061405429)))))))) * Math.Exp(
            -x * x) / 2;
        return z > 0 ? 1 - tail : tail;
    }
}

/// <summary>Seven in ten runs take an eighth of the others; each kind varies by 10 %.</summary>
internal sealed class BimodalDurations(double seconds) : Durations
{
    private const double Short = 0.7;
    private readonly LognormalDurations _short = new(Math.Max(seconds / 8, Shortest), 0.1);
    private readonly LognormalDurations _long = new(seconds, 0.1);

    protected override double DrawFreely(Random random) => random.NextDouble() < Short ? _short.Draw(random) : _long.Draw(random);

    protected override double FreeCumulative(double age) => (Short * _short.Cumulative(age)) + ((1 - Short) * _long.Cumulative(age));
}

/// <summary>Pareto with tail index 1.2: one run in sixteen takes ten times the shortest.</summary>
internal sealed class HeavyTailedDurations(double shortest) : Durations
{
    private const double Index = 1.2;

    protected override double DrawFreely(Random random) => shortest * Math.Pow(1 - random.NextDouble(), -1 / Index);

    protected override double FreeCumulative(double age) => age <= shortest ? 0 : 1 - Math.Pow(shortest / age, Index);
}
