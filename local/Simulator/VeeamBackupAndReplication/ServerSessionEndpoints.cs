using Microsoft.AspNetCore.Http;
using Rescan.Local.Simulator.Faults;

namespace Rescan.Local.Simulator.VeeamBackupAndReplication;

/// <summary>The sessions, their logs, and how they are stopped.</summary>
internal sealed class ServerSessionEndpoints(ApplianceState state)
{
    private static readonly Dictionary<string, Func<SimulatedSession, object?>> Columns = new(StringComparer.Ordinal)
    {
        ["Name"] = _ => ServerSession.RescanName, ["SessionType"] = _ => ServerSession.RescanType, ["CreationTime"] = s => s.Start,
        ["EndTime"] = s => s.Start, ["State"] = s => s.Usn, ["Result"] = s => s.Usn,
    };

    /// <returns>The status answered; null when there is no such endpoint or session.</returns>
    public async Task<int?> TryAnswerAsync(HttpContext http, string[] path, string revision, FaultEffects effects) =>
        (http.Request.Method, path) switch
        {
            ("GET", []) => await ApplianceResponses.JsonAsync(http, List(http.Request, revision, effects)),
            ("GET", [var id]) when Find(id) is { } session =>
                await ApplianceResponses.JsonAsync(http, Describe(session, revision, effects)),
            ("GET", [var id, "logs"]) when Find(id) is { } session =>
                await ApplianceResponses.JsonAsync(http, Log(session, revision, effects)),
            ("POST", [var id, "stop"]) when Find(id) is { } session => await StopAsync(http, session),
            _ => null,
        };

    private SimulatedSession? Find(string id) => state.Sessions.Find(id, state.Now);

    private object Describe(SimulatedSession session, string revision, FaultEffects effects) =>
        ServerSession.Describe(session, state.Now, revision, effects);

    private object List(HttpRequest request, string revision, FaultEffects effects)
    {
        ServerQuery query = new(request.QueryString.Value);
        DateTimeOffset? after = query.Time("createdAfterFilter");
        DateTimeOffset? before = query.Time("createdBeforeFilter");
        IEnumerable<SimulatedSession> rows = state.Sessions.At(state.Now)
            .Where(s => (after is null || s.Start >= after) && (before is null || s.Start <= before))
            .Where(s => query.Text("typeFilter") is not { } type || type == ServerSession.RescanType)
            .OrderByDescending(s => s.Usn);
        return query.Page([.. query.Sorted(rows, Columns)], s => Describe(s, revision, effects));
    }

    private object Log(SimulatedSession session, string revision, FaultEffects effects)
    {
        // A session that was stopped has lost its log.
        bool lost = session.EndOf(state.Now) is { Outcome: "canceled" };
        object[] records = lost || effects.OmitLog
            ? []
            : ServerSession.Records(session, state.Now, revision, state.Options.LogsNameRepository);
        return effects.OmitLog ? new { totalRecords = 0 } : new { totalRecords = records.Length, records };
    }

    private async Task<int> StopAsync(HttpContext http, SimulatedSession session)
    {
        session.Break(state.Now, "canceled", null, state.Options.StopDuration);
        state.Save();
        return await ApplianceResponses.JsonAsync(http, new { });
    }
}
