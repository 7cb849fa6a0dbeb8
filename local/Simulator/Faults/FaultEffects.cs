using Microsoft.AspNetCore.Http;

namespace Rescan.Local.Simulator.Faults;

/// <summary>What a fault strikes a request with.</summary>
/// <param name="context">The request.</param>
/// <returns>The status answered, 0 when the connection was dropped; null when the request is still to be served.</returns>
internal delegate Task<int?> FaultHandler(FaultContext context);

/// <summary>A request that a fault strikes.</summary>
/// <param name="Appliance">The appliance.</param>
/// <param name="Http">The request.</param>
/// <param name="Span">How long the fault lasts, or the Retry-After it asks for.</param>
/// <param name="Effects">What the endpoint is to do otherwise.</param>
internal sealed record FaultContext(SimulatedAppliance Appliance, HttpContext Http, TimeSpan Span, FaultEffects Effects);

/// <summary>What an endpoint does otherwise than usual, because a fault asks for it.</summary>
internal sealed class FaultEffects
{
    /// <summary>Acts, then drops the connection instead of answering.</summary>
    public bool DropAnswer { get; set; }

    /// <summary>Refuses the password, with this reason.</summary>
    public string? SignInRefusal { get; set; }

    /// <summary>Asks for a second factor.</summary>
    public bool AskForCode { get; set; }

    /// <summary>Accepts a rescan but starts no session.</summary>
    public bool StartNoSession { get; set; }

    /// <summary>Starts a session but does not tell its id.</summary>
    public bool HideSessionId { get; set; }

    /// <summary>Shows the session as one that has not begun.</summary>
    public bool ShowPending { get; set; }

    /// <summary>Shows the session in a state that is not documented.</summary>
    public bool ShowUnknownState { get; set; }

    /// <summary>The state shown instead of the session's own.</summary>
    public string? State { get; set; }

    /// <summary>The result shown of an ended session instead of its own.</summary>
    public string? Result { get; set; }

    /// <summary>Leaves the log out.</summary>
    public bool OmitLog { get; set; }

    /// <summary>Lets the answer go, or drops the connection instead.</summary>
    /// <returns>The status for the ledger; 0 for none.</returns>
    public int Send(HttpContext http, int status)
    {
        if (!DropAnswer)
        {
            return status;
        }

        http.Abort();
        return 0;
    }
}
