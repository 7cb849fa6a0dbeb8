using Rescan.Functions.Outcomes;

namespace Rescan.Functions.Appliance;

/// <summary>The appliance's session statuses, as the public swagger of revision 1.0-rev0 lists them.</summary>
public static class SessionStatus
{
    /// <summary>Accepted, not begun.</summary>
    public const string NeverExecuted = "NeverExecuted";

    /// <summary>Under way.</summary>
    public const string Running = "Running";

    /// <summary>The outcome that a status means; null when it is not terminal, which any unknown status counts as.</summary>
    public static Outcome? OutcomeOf(string status) => status switch
    {
        "Succeeded" => Outcome.Succeeded,
        "Warning" => Outcome.Warning,
        "Failed" => Outcome.Failed,
        "Canceled" => Outcome.Canceled,
        _ => null,
    };

    /// <summary>Whether the status is one of those documented.</summary>
    public static bool IsKnown(string status) => status is NeverExecuted or Running || OutcomeOf(status) is not null;
}
