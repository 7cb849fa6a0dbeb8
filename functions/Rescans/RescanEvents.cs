namespace Rescan.Functions.Rescans;

/// <summary>External events that the orchestrations understand.</summary>
public static class RescanEvents
{
    /// <summary>Cancels; the payload is the reason, a string.</summary>
    public const string Cancel = "cancel";

    /// <summary>Asks a rescan to tell its end; the payload is the watching instance's id, a string.</summary>
    public const string Watch = "watch";
}
