namespace Rescan.Functions.Storage;

/// <summary>When a rescan did what, in seconds after it was asked for, by the orchestration's clock.</summary>
public sealed record RescanTimeline
{
    private const int MaxPolls = 200;

    /// <summary>When it had signed in to the appliance; null while it has not.</summary>
    public double? SignedIn { get; init; }

    /// <summary>When its session was known; null while there is none.</summary>
    public double? Started { get; init; }

    /// <summary>When the appliance accepted to stop the session; null unless canceled.</summary>
    public double? StopAccepted { get; init; }

    /// <summary>
    /// When polls were answered: every one of the first 200, beyond that every 2nd, 4th, 8th and so on, so that 200 suffice.
    /// </summary>
    public IReadOnlyList<double> Polls { get; init; } = [];

    /// <summary>With one more poll.</summary>
    /// <param name="at">Seconds after the rescan was asked for.</param>
    /// <param name="number">Which poll it was, from 1 without gaps.</param>
    public RescanTimeline WithPoll(double at, int number)
    {
        int stride = 1;
        while (number > MaxPolls * stride)
        {
            stride *= 2;
        }

        bool outgrown = stride > 1 && number == (MaxPolls * stride / 2) + 1;
        IEnumerable<double> kept = outgrown ? Polls.Where((_, i) => i % 2 == 1) : Polls;
        return this with { Polls = number % stride == 0 ? [.. kept, at] : [.. kept] };
    }
}
