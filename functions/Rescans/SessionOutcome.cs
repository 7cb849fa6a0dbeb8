using Rescan.Functions.Appliances;
using Rescan.Functions.Storage;

namespace Rescan.Functions.Rescans;

/// <summary>What the end of a session means for its rescan.</summary>
public static class SessionOutcome
{
    /// <summary>The outcome.</summary>
    /// <param name="result">How the session ended.</param>
    /// <param name="stopAsked">Whether it was asked to stop, which decides where the appliance shows a stop as a failure.</param>
    public static Outcome Of(SessionResult result, bool stopAsked) => result switch
    {
        SessionResult.Succeeded => Outcome.Succeeded,
        SessionResult.Warning => Outcome.Warning,
        SessionResult.Canceled => Outcome.Canceled,
        SessionResult.FailedOrCanceled when stopAsked => Outcome.Canceled,
        _ => Outcome.Failed,
    };
}
