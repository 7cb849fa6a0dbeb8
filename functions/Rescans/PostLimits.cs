namespace Rescan.Functions.Rescans;

/// <summary>How long a POST may be under way.</summary>
public sealed record PostLimits
{
    /// <summary>
    /// A POST without an answer may act for this long. The client gives it up after 100 seconds, and the appliance may have it in hand then,
    /// also when the process that sent it is gone. Only after that does a missing session mean that there is none.
    /// </summary>
    public TimeSpan Longest { get; init; } = TimeSpan.FromSeconds(120);

    /// <summary>The most time between writing the intent and sending the POST. A process that was stopped for longer may have lost the work to another.</summary>
    public TimeSpan Fresh { get; init; } = TimeSpan.FromSeconds(10);
}
