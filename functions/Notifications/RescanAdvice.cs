using Rescan.Functions.Storage;

namespace Rescan.Functions.Notifications;

/// <summary>What a person does next, by how a rescan ended: the same words in notifications, the API and the status page.</summary>
public static class RescanAdvice
{
    /// <summary>What to do; null when nothing is.</summary>
    public static string? For(Outcome outcome) => outcome switch
    {
        Outcome.Warning => "Read the session's log for what the appliance warns of; the rescan itself is done.",
        Outcome.Failed => "Read the session's log, mend what it names, then start the rescan again.",
        Outcome.Canceled => "Start the rescan again when it suits.",
        Outcome.TimedOut =>
            "Look the session up on the appliance, where it may go on. If rescans take this long as a rule, raise Rescan__Deadline.",
        Outcome.Lost => "Find out whether the appliance was restored, rebuilt or upgraded, then start the rescan again.",
        Outcome.Rejected =>
            "Trying again does not help before the cause is mended: the account, its role, the certificate or the appliance's "
            + "version. rescan check shows which.",
        Outcome.Unreachable => "See whether the appliance runs and can be reached over the network, then start the rescan again.",
        _ => null,
    };
}
