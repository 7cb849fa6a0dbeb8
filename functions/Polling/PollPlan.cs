using Rescan.Functions.Configuration;

namespace Rescan.Functions.Polling;

/// <summary>
/// The polls that cost least in the mean if the forecast holds. Backwards over a grid of ages, the cost still to come
/// after a poll at age x that finds the session running is the least, over the next poll y, of kappa, the mean delay of an
/// end between x and y, and the cost after y. Costs carry the probability that the session reaches x, so none is divided.
/// </summary>
internal sealed class PollPlan
{
    /// <summary>The grid's step as a share of the wait without a past.</summary>
    private const double Step = 0.2;

    /// <summary>Bounds the work for a small kappa and long sessions.</summary>
    private const double MostSteps = 4000;

    /// <summary>How many times the longest past duration the grid reaches; waits are taken from its first half.</summary>
    private const double Reach = 4;

    /// <summary>A poll may move as long as that costs no more than this share of a poll.</summary>
    private const double Tolerance = 0.05;

    /// <summary>The farthest a poll may move, as a share of the wait.</summary>
    private const double Jitter = 0.1;

    /// <summary>Where each kernel asks for grid points of its own: logits of 1 % to 99.9 %.</summary>
    private static readonly double[] Logits = [-4.6, -2.2, -0.85, 0, 0.85, 1.5, 2.2, 3.2, 4.6, 6.9];

    private readonly DurationForecast _forecast;
    private readonly double _kappa;
    private readonly double _min;
    private readonly double _max;
    private readonly double[] _age;
    private readonly double[] _ended;
    private readonly double[] _endedSum;
    private readonly double[] _cost;

    /// <summary>Plans the polls of one session.</summary>
    public PollPlan(PollingOptions options, DurationForecast forecast)
    {
        _forecast = forecast;
        _kappa = options.Kappa;
        _min = options.MinInterval.TotalSeconds;
        _max = options.MaxInterval.TotalSeconds;
        _age = Grid();
        _ended = Array.ConvertAll(_age, forecast.Cumulative);
        _endedSum = new double[_age.Length];
        for (int i = 1; i < _age.Length; i++)
        {
            _endedSum[i] = _endedSum[i - 1] + ((_age[i] - _age[i - 1]) * (_ended[i] + _ended[i - 1]) / 2);
        }

        _cost = new double[_age.Length];
        int last = _age.Length - 1;
        _cost[last] = (1 - _ended[last]) * 3 * Math.Sqrt(_kappa * (_age[last] + _kappa));
        for (int i = last - 1; i >= 0; i--)
        {
            _cost[i] = Best(_age[i], _ended[i], _endedSum[i], i + 1).Cost;
        }
    }

    /// <summary>The wait before the next poll, in seconds, between the clamps.</summary>
    /// <param name="age">The session's age, in seconds.</param>
    /// <param name="spread">From -1 to 1: where among the waits that are as good, within a small share of a poll, and at most a tenth apart from the best.</param>
    public double Wait(double age, double spread)
    {
        (double best, double from, double to) = age < _age[^1] / 2 ? Planned(age) : Local(age);
        return Math.Clamp(best + (spread < 0 ? spread * (best - from) : spread * (to - best)), _min, _max);
    }

    private (double Best, double From, double To) Local(double age)
    {
        double wait = Math.Sqrt(2 * _kappa * (1 - _forecast.Cumulative(age)) / _forecast.Density(age));
        return (wait, wait * (1 - Jitter), wait * (1 + Jitter));
    }

    private (double Best, double From, double To) Planned(double age)
    {
        int next = Array.BinarySearch(_age, age);
        next = next < 0 ? ~next : next + 1;
        double ended = _forecast.Cumulative(age);
        double endedSum = _endedSum[next - 1] + ((age - _age[next - 1]) * (ended + _ended[next - 1]) / 2);
        (double cost, int best) = Best(age, ended, endedSum, next);
        double bound = cost + (Tolerance * _kappa * (1 - ended));
        double reach = Jitter * (_age[best] - age);
        int from = best;
        while (from > next && _age[best] - _age[from - 1] <= reach && Cost(age, ended, endedSum, from - 1) <= bound)
        {
            from--;
        }

        int to = best;
        while (to < _age.Length - 1 && _age[to + 1] - _age[best] <= reach && Cost(age, ended, endedSum, to + 1) <= bound)
        {
            to++;
        }

        return (_age[best] - age, _age[from] - age, _age[to] - age);
    }

    private (double Cost, int Next) Best(double age, double ended, double endedSum, int first)
    {
        double best = double.PositiveInfinity;
        int at = first;
        for (int next = first; next < _age.Length; next++)
        {
            double wait = _age[next] - age;
            if (wait < _min && next < _age.Length - 1)
            {
                continue;
            }

            double cost = Cost(age, ended, endedSum, next);
            if (cost < best)
            {
                (best, at) = (cost, next);
            }

            if (wait > _max || cost - _cost[next] > best)
            {
                break;
            }
        }

        return (best, at);
    }

    private double Cost(double age, double ended, double endedSum, int next)
    {
        double wait = _age[next] - age;
        double polls = wait <= _max ? 1 : Math.Ceiling(wait / _max);
        double delay = _endedSum[next] - endedSum - (ended * wait);
        return (polls * _kappa * (1 - ended)) + delay + _cost[next];
    }

    /// <summary>Ages from 0 to beyond the longest past, dense where the past lies.</summary>
    private double[] Grid()
    {
        double end = Reach * _forecast.Longest;
        double step = 2 * Math.Max(Step, Math.Sqrt(end / _kappa) / MostSteps);
        List<double> ages = [];
        for (double age = _min; age < end; age += step * Math.Sqrt(_kappa * (age + _kappa)))
        {
            ages.Add(age);
        }

        foreach (DurationForecast.Kernel kernel in _forecast.Kernels)
        {
            foreach (double logit in Logits)
            {
                double age = kernel.Center * Math.Exp(logit * kernel.Spread);
                if (age > _min && age < end)
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
            if (kept[^1] - ages[i] >= _kappa / 10)
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
