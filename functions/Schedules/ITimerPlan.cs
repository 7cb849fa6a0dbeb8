namespace Rescan.Functions.Schedules;

/// <summary>
/// When a timer function has something to do between its ticks. A host of its own may call it then, to the second; the Functions host
/// knows nothing of it, and there the next tick is soon enough.
/// </summary>
public interface ITimerPlan
{
    /// <summary>The function's name.</summary>
    string Function { get; }

    /// <summary>When it next has something to do after a time; null when never.</summary>
    DateTimeOffset? NextAfter(DateTimeOffset time);
}
