using Rescan.Functions.Configuration;

namespace Rescan.Functions.Polling;

/// <summary>
/// When to look at a session next. A poll costs kappa seconds of delay; with the hazard h that the session ends now, the
/// near-optimal interval is sqrt(2 kappa / h) (Barlow, Hunter and Proschan 1963; Keller 1974). With no past, h is 1 / age.
/// </summary>
public static class PollSchedule
{
    private const double Jitter = 0.1;

    /// <summary>The wait before the next poll.</summary>
    /// <param name="options">Kappa and the clamps.</param>
    /// <param name="age">How long the session has run; not negative.</param>
    /// <param name="instanceId">Spreads instances that would otherwise poll together.</param>
    /// <param name="poll">Number of the poll, so that each has a jitter of its own.</param>
    /// <param name="retryAfter">What the appliance asked for; never undercut, even beyond the longest interval.</param>
    /// <returns>A wait of at least MinInterval; at most MaxInterval unless the appliance asked for more.</returns>
    public static TimeSpan Next(PollingOptions options, TimeSpan age, string instanceId, int poll, TimeSpan? retryAfter = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfLessThan(age, TimeSpan.Zero);
        double seconds = Math.Sqrt(2 * options.Kappa * age.TotalSeconds) * (1 + (Jitter * Spread(instanceId, poll)));
        seconds = Math.Clamp(seconds, options.MinInterval.TotalSeconds, options.MaxInterval.TotalSeconds);
        return TimeSpan.FromSeconds(Math.Max(seconds, (retryAfter ?? TimeSpan.Zero).TotalSeconds));
    }

    /// <summary>A number from -1 to 1 that replay finds again; string.GetHashCode differs from process to process.</summary>
    private static double Spread(string instanceId, int poll)
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
