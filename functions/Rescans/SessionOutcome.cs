using Rescan.Functions.Appliances.VeeamBackupForAws;
using Rescan.Functions.Storage;

namespace Rescan.Functions.Rescans;

/// <summary>What a session's status means for its rescan.</summary>
public static class SessionOutcome
{
    /// <summary>The outcome that a status means; null when it is not terminal, which any unknown status counts as.</summary>
    public static Outcome? Of(string status) => status switch
    {
        SessionStatus.Succeeded => Outcome.Succeeded,
        SessionStatus.Warning => Outcome.Warning,
        SessionStatus.Failed => Outcome.Failed,
        SessionStatus.Canceled => Outcome.Canceled,
        _ => null,
    };
}
