using Rescan.Functions.Configuration;
using Rescan.Functions.Polling;

namespace Rescan.Bench.Polling;

/// <summary>A way to poll: the wait in seconds before a poll, from its number (the first is 0) and the session's age.</summary>
internal delegate double Wait(int poll, double age);

/// <summary>A named way to poll that knows nothing of the repository.</summary>
internal sealed record Strategy(string Name, Wait Wait)
{
    /// <summary>The usual ways.</summary>
    public static IReadOnlyList<Strategy> Usual { get; } =
    [
        Fixed(10), Fixed(30), Fixed(60), Doubling(30), Doubling(60), Doubling(300),
    ];

    /// <summary>Always the same wait.</summary>
    public static Strategy Fixed(double seconds) => new($"fixed {seconds:0.#} s", (_, _) => seconds);

    /// <summary>From the shortest wait, doubled after every poll up to a cap.</summary>
    public static Strategy Doubling(double cap) =>
        new($"doubling to {cap:0} s", (poll, _) => Math.Min(2 * Math.Pow(2, Math.Min(poll, 30)), cap));

    /// <summary>The app's own schedule after this past.</summary>
    public static Wait Ours(PollingOptions options, IReadOnlyList<double> past, string instanceId)
    {
        // What PollSchedule.Next does, without planning anew for every poll.
        PollPlan plan = new(options, DurationForecast.From(options.Kappa, past));
        return (poll, age) => plan.Wait(age, PollSchedule.Spread(instanceId, poll));
    }

    /// <summary>The mean cost, in seconds, of polling sessions that take this long.</summary>
    /// <param name="kappa">Seconds of delay that a poll is worth.</param>
    /// <param name="durations">In seconds.</param>
    /// <param name="ends">False: the sessions never end, and nothing is polled from the longest duration on.</param>
    /// <param name="wait">The way to poll.</param>
    public static double MeanCost(double kappa, IReadOnlyList<double> durations, bool ends, Wait wait)
    {
        double longest = durations.Max();
        List<double> polls = [];
        for (double age = 0; age < longest;)
        {
            polls.Add(age += wait(polls.Count, age));
        }

        if (!ends)
        {
            return kappa * polls.Count(poll => poll < longest);
        }

        double sum = 0;
        foreach (double duration in durations)
        {
            int at = polls.BinarySearch(duration);
            at = at < 0 ? ~at : at;
            sum += (kappa * (at + 1)) + polls[at] - duration;
        }

        return sum / durations.Count;
    }
}
