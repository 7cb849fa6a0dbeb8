using Microsoft.AspNetCore.Http;
using Rescan.Local.Simulator.Faults;

namespace Rescan.Local.Simulator.Endpoints;

/// <summary>The sessions, their logs, and how they are stopped.</summary>
internal sealed class SessionEndpoints(ApplianceState state)
{
    /// <returns>The status answered; null when there is no such endpoint or session.</returns>
    public async Task<int?> TryAnswerAsync(HttpContext http, string[] path, FaultEffects effects) => (http.Request.Method, path) switch
    {
        ("GET", []) => await ApplianceResponses.JsonAsync(http, state.Sessions.List(http.Request, state.Now)),
        ("GET", [var id]) when state.Sessions.Find(id, state.Now) is { } session => await ApplianceResponses.JsonAsync(
            http, session.Describe(state.Now, effects.ShowPending ? "NeverExecuted" : effects.ShowUnknownState ? "Verifying" : null)),
        ("GET", [var id, "log"]) when state.Sessions.Find(id, state.Now) is { } session => await LogAsync(http, session, effects),
        ("POST", [var id, "stop"]) when state.Sessions.Find(id, state.Now) is { } session => Stop(http, session),
        _ => null,
    };

    private async Task<int> LogAsync(HttpContext http, SimulatedSession session, FaultEffects effects)
    {
        IReadOnlyList<object>? log = effects.OmitLog ? null : session.Log(state.Now);
        return await ApplianceResponses.JsonAsync(http, log is null ? new { sessionId = session.Id } : new { sessionId = session.Id, log });
    }

    private int Stop(HttpContext http, SimulatedSession session)
    {
        session.Break(state.Now, "canceled", null);
        state.Save();
        return http.Response.StatusCode = StatusCodes.Status202Accepted;
    }
}
