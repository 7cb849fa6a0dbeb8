using Rescan.Functions.Storage;

namespace Rescan.Functions.Notifications;

/// <summary>When a channel is told.</summary>
internal enum NotifyOn
{
    Never,

    /// <summary>When a problem begins, and when it is over; not again while it lasts.</summary>
    Failure,

    /// <summary>Whenever the repository was not rescanned.</summary>
    Every,

    /// <summary>When it ended otherwise than the time before; without a time before, when it did not succeed.</summary>
    Change,

    Always,
}

/// <summary>Decides by outcomes.</summary>
internal static class NotifyOnExtensions
{
    /// <summary>Whether the end of a rescan is an occasion.</summary>
    /// <param name="occasion">What the channel asks for; for <see cref="NotifyOn.Failure"/> it takes more than outcomes, see
    /// <see cref="ProblemBook"/>.</param>
    /// <param name="outcome">How it ended.</param>
    /// <param name="previous">How it ended the time before; null when there was none.</param>
    public static bool Includes(this NotifyOn occasion, Outcome outcome, Outcome? previous) => occasion switch
    {
        NotifyOn.Never => false,
        NotifyOn.Failure or NotifyOn.Every => outcome.Severity() == Severity.Bad,
        NotifyOn.Change => outcome != Outcome.Canceled && outcome.Severity() != (previous?.Severity() ?? Severity.Good),
        _ => true,
    };
}
