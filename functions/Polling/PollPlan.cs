using Rescan.Functions.Configuration;

namespace Rescan.Functions.Polling;

/// <summary>
/// The polls that cost least in the mean if the forecast holds. Backwards over a grid of ages, the cost still to come
/// after a poll at age x that finds the session running is the least, over the next poll y, of kappa, the mean delay of an
/// end between x and y, and the cost after y. Costs carry the probability that the session reaches x, so none is divided.
/// How likely an end far sooner than the past says is, no past tells. So it is taken for as likely as can be paid for: the polls
/// that look out for it may make a session that takes as long as those before it dearer by a tenth and 1.9 polls.
/// </summary>
internal sealed class PollPlan
{
    /// <summary>A poll may move as long as that costs no more than this share of a poll.</summary>
    private const double Tolerance = 0.05;

    /// <summary>The farthest a poll may move, as a share of the wait.</summary>
    private const double Jitter = 0.1;

    /// <summary>
    /// What looking out for an end far sooner may cost in polls, and as a share of the least cost, of a
    /// session that takes as long as before.
    /// </summary>
    private const double SoonerPolls = 1.9;
    private const double SoonerShare = 0.1;

    /// <summary>
    /// The highest chance tried for an end far sooner, for each e-fold of the age and in all; then ever lower ones, and how many.
    /// </summary>
    private const double MostSooner = 0.15;
    private const double MostOfAll = 0.9;
    private const double Lower = 0.8;
    private const int Tries = 20;

    private readonly DurationForecast _forecast;
    private readonly double _kappa;
    private readonly double _min;
    private readonly double _max;
    private readonly double[] _age;
    private readonly double[] _ended;
    private readonly double[] _endedSum;
    private readonly double[] _cost;
    private double _sooner;

    /// <summary>Plans the polls of one session.</summary>
    public PollPlan(PollingOptions options, DurationForecast forecast)
    {
        _forecast = forecast;
        _kappa = options.Kappa;
        _min = options.MinInterval.TotalSeconds;
        _max = options.MaxInterval.TotalSeconds;
        _age = PollGrid.Of(forecast, _kappa, _min);
        _ended = Array.ConvertAll(_age, forecast.Cumulative);
        _endedSum = new double[_age.Length];
        _cost = new double[_age.Length];
        if (forecast.Longest > 0)
        {
            PlanWithPast();
        }
    }

    /// <summary>The wait before the next poll, in seconds, between the clamps.</summary>
    /// <param name="age">The session's age, in seconds.</param>
    /// <param name="spread">From -1 to 1: where among the waits that are as good, within a small share of a poll, and at most a
    /// tenth apart from the best.</param>
    public double Wait(double age, double spread)
    {
        (double best, double from, double to) = age < _age[^1] / 2 ? Planned(age) : Local(age);
        return Math.Clamp(best + (spread < 0 ? spread * (best - from) : spread * (to - best)), _min, _max);
    }

    private void PlanWithPast()
    {
        double[] surprise = [.. _ended];
        double[] asBefore = Array.ConvertAll(_age, _forecast.CumulativeAsBefore);
        double[] asBeforeSum = new double[_age.Length];
        Sum(asBefore, asBeforeSum);
        asBefore.CopyTo(_ended, 0);
        double allowed = ((1 + SoonerShare) * Solve(asBefore, asBeforeSum)) + (SoonerPolls * _kappa);

        // The less likely, the fewer polls: the first chance that can be paid for, else none.
        int first = 0;
        int last = Tries;
        int solved = -1;
        while (first < last)
        {
            solved = (first + last) / 2;
            if (SolveWith(solved) <= allowed)
            {
                last = solved;
            }
            else
            {
                first = solved + 1;
            }
        }

        if (solved != first)
        {
            SolveWith(first);
        }

        double SolveWith(int attempt)
        {
            _sooner = attempt == Tries ? 0 : Math.Min(MostSooner * Math.Pow(Lower, attempt) * _forecast.SoonerSpan, MostOfAll);
            for (int i = 0; i < _age.Length; i++)
            {
                _ended[i] = Ended(surprise[i], _age[i]);
            }

            return Solve(asBefore, asBeforeSum);
        }
    }

    /// <summary>Finds the best polls for <see cref="_ended"/>.</summary>
    /// <returns>What they cost if a session takes as long as before.</returns>
    private double Solve(double[] asBefore, double[] asBeforeSum)
    {
        Sum(_ended, _endedSum);
        double[] cost = new double[_age.Length];
        int last = _age.Length - 1;
        _cost[last] = (1 - _ended[last]) * 3 * Math.Sqrt(_kappa * (_age[last] + _kappa));
        for (int i = last - 1; i >= 0; i--)
        {
            (_cost[i], int next) = Best(_age[i], _ended[i], _endedSum[i], i + 1);
            cost[i] = Cost(_age[next] - _age[i], asBefore[i], asBeforeSum[next] - asBeforeSum[i]) + cost[next];
        }

        return cost[0];
    }

    private void Sum(double[] ended, double[] sum)
    {
        for (int i = 1; i < _age.Length; i++)
        {
            sum[i] = sum[i - 1] + ((_age[i] - _age[i - 1]) * (ended[i] + ended[i - 1]) / 2);
        }
    }

    /// <summary>The probability of an end by this age, an end far sooner included.</summary>
    private double Ended(double otherwise, double age) =>
        _sooner > 0 ? ((1 - _sooner) * otherwise) + (_sooner * _forecast.CumulativeSooner(age)) : otherwise;

    private (double Best, double From, double To) Local(double age)
    {
        double wait = Math.Sqrt(2 * _kappa * (1 - _forecast.Cumulative(age)) / _forecast.Density(age));
        return (wait, wait * (1 - Jitter), wait * (1 + Jitter));
    }

    private (double Best, double From, double To) Planned(double age)
    {
        int next = Array.BinarySearch(_age, age);
        next = next < 0 ? ~next : next + 1;
        double ended = Ended(_forecast.Cumulative(age), age);
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

    private double Cost(double age, double ended, double endedSum, int next) =>
        Cost(_age[next] - age, ended, _endedSum[next] - endedSum) + _cost[next];

    /// <summary>The cost of the next poll and of the delay in noticing an end before it.</summary>
    private double Cost(double wait, double ended, double endedSum)
    {
        double polls = wait <= _max ? 1 : Math.Ceiling(wait / _max);
        return (polls * _kappa * (1 - ended)) + endedSum - (ended * wait);
    }
}
