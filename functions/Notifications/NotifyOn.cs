using Rescan.Functions.Storage;

namespace Rescan.Functions.Notifications;

/// <summary>When a channel is told.</summary>
internal enum NotifyOn
{
    Never,

    /// <summary>Whenever the repository was not rescanned.</summary>
    Failure,

    /// <summary>When it ended otherwise than the time before; without a time before, when it did not succeed.</summary>
    Change,

    Always,
}

/// <summary>Decides by outcomes.</summary>
internal static class NotifyOnExtensions
{
    /// <summary>Whether an end is an occasion.</summary>
    /// <param name="occasion">What the channel asks for.</param>
    /// <param name="outcome">How it ended.</param>
    /// <param name="previous">How it ended the time before; null when there was none.</param>
    public static bool Includes(this NotifyOn occasion, Outcome outcome, Outcome? previous) => occasion switch
    {
        NotifyOn.Never => false,
        NotifyOn.Failure => outcome.Severity() == Severity.Bad,
        NotifyOn.Change => outcome != Outcome.Canceled && outcome.Severity() != (previous?.Severity() ?? Severity.Good),
        _ => true,
    };
}
