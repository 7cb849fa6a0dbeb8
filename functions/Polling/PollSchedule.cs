using Rescan.Functions.Configuration;

namespace Rescan.Functions.Polling;

/// <summary>
/// When to look at a session next, so that the delay in noticing its end plus kappa seconds a poll is least. Pure: the same
/// arguments give the same wait, to the millisecond. docs/polling.md says how near the optimum it comes.
/// </summary>
public static class PollSchedule
{
    /// <summary>The wait before the next poll of a repository without a past: 2 sqrt(kappa (age + kappa)).</summary>
    /// <param name="options">Kappa and the clamps.</param>
    /// <param name="age">How long the session has run. A negative one, as after the clock was set back, counts as none.</param>
    /// <param name="instanceId">Spreads instances that would otherwise poll together.</param>
    /// <param name="poll">Number of the poll, so that each has a jitter of its own.</param>
    /// <param name="retryAfter">What the appliance asked for; never undercut, even beyond the longest interval.</param>
    /// <returns>A wait of at least MinInterval; at most MaxInterval unless the appliance asked for more.</returns>
    public static TimeSpan Next(PollingOptions options, TimeSpan age, string instanceId, int poll, TimeSpan? retryAfter = null) =>
        Next(options, [], age, instanceId, poll, retryAfter);

    /// <summary>The wait before the next poll of a repository whose past sessions took this long. Takes a few milliseconds.</summary>
    /// <param name="options">Kappa and the clamps.</param>
    /// <param name="pastSeconds">Durations of past sessions in seconds, newest first; the first 20 count. Sessions that were cut
    /// short do not belong here.</param>
    /// <param name="age">How long the session has run. A negative one, as after the clock was set back, counts as none.</param>
    /// <param name="instanceId">Spreads instances that would otherwise poll together.</param>
    /// <param name="poll">Number of the poll, so that each has a jitter of its own.</param>
    /// <param name="retryAfter">What the appliance asked for; never undercut, even beyond the longest interval.</param>
    /// <returns>A wait of at least MinInterval; at most MaxInterval unless the appliance asked for more.</returns>
    public static TimeSpan Next(
        PollingOptions options, IReadOnlyList<double> pastSeconds, TimeSpan age, string instanceId, int poll, TimeSpan? retryAfter = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(pastSeconds);
        age = age > TimeSpan.Zero ? age : TimeSpan.Zero;
        double seconds = new PollPlan(options, DurationForecast.From(options.Kappa, pastSeconds)).Wait(
            age.TotalSeconds, Spread(instanceId, poll));
        return TimeSpan.FromMilliseconds(Math.Ceiling(1000 * Math.Max(seconds, (retryAfter ?? TimeSpan.Zero).TotalSeconds)));
    }

    /// <summary>A number from -1 to 1 that replay finds again; string.GetHashCode differs from process to process.</summary>
    internal static double Spread(string instanceId, int poll)
    {
        uint hash = 2166136261;
        foreach (char c in instanceId)
        {
            hash = (hash ^ c) * 16777619;
        }

        hash = (hash ^ (uint)poll) * 16777619;
        hash ^= hash >> 15;
        hash *= 2246822519;
        hash ^= hash >> 13;
        return (hash / (double)uint.MaxValue * 2) - 1;
    }
}
