using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.AspNetCore.Http;
using Rescan.Local.Simulator.Endpoints;

namespace Rescan.Local.Simulator;

/// <summary>Every session of the appliance: rescans, and other work that it does by itself.</summary>
internal sealed class SessionStore(SimulatorOptions options, IReadOnlyList<string> otherWork, DateTimeOffset since)
{
    private const int MostRows = 5000;

    private static readonly Dictionary<string, Func<SimulatedSession, object?>> Columns = new(StringComparer.Ordinal)
    {
        ["startTime"] = s => s.Start, ["type"] = s => s.Type, ["usn"] = s => s.Usn,
    };

    private static readonly string[] Statuses = ["Running", "NeverExecuted", "Succeeded", "Warning", "Failed", "Canceled"];

    private readonly ConcurrentDictionary<string, SimulatedSession> sessions = new(StringComparer.OrdinalIgnoreCase);
    private readonly Lock gate = new();
    private int others;
    private int usn = 4710;

    /// <summary>What the ids of the next rescans begin with.</summary>
    public string NextIds { get; set; } = "";

    /// <summary>Starts a rescan.</summary>
    /// <param name="repository">The repository.</param>
    /// <param name="now">The appliance's time.</param>
    /// <param name="by">Who asks; null: the account of the options.</param>
    /// <returns>Null when one of the same repository runs and only one may.</returns>
    public SimulatedSession? StartRescan(SimulatedRepository repository, DateTimeOffset now, string? by = null)
    {
        lock (gate)
        {
            if (options.OneRescanAtATime && sessions.Values.Any(s => s.RepositoryId == repository.Id && !s.IsOver(now)))
            {
                return null;
            }

            SimulatedSession session = new(
                NextIds + Guid.NewGuid(), SimulatedSession.RescanType, ++usn, now + options.PendingDuration, options.SessionDuration,
                options.Outcome, repository)
            {
                InitiatedBy = by ?? options.Username,
            };
            sessions[session.Id] = session;
            return session;
        }
    }

    /// <summary>Starts work of another kind.</summary>
    public SimulatedSession StartOther(string type, DateTimeOffset now)
    {
        lock (gate)
        {
            SimulatedSession session = new(Guid.NewGuid().ToString(), type, ++usn, now, options.SessionDuration, "succeeded");
            sessions[session.Id] = session;
            return session;
        }
    }

    public IReadOnlyList<SimulatedSession> All => [.. sessions.Values];

    /// <summary>All sessions as they stand now, other work included.</summary>
    public IReadOnlyList<SimulatedSession> At(DateTimeOffset now)
    {
        DoOtherWork(now);
        return All;
    }

    /// <summary>Puts a session back that was kept.</summary>
    public void Restore(KeptSession kept, SimulatedRepository repository)
    {
        sessions[kept.Id] = SimulatedSession.From(kept, repository, options.Username);
        usn = Math.Max(usn, kept.Usn);
    }

    public SimulatedSession? Find(string id, DateTimeOffset now)
    {
        DoOtherWork(now);

        // The server leaves this one character of a path as it was sent.
        return sessions.GetValueOrDefault(id.Replace("%2F", "/", StringComparison.OrdinalIgnoreCase));
    }

    public object List(HttpRequest request, DateTimeOffset now)
    {
        PageQuery query = new(request.Query, options.PageSize);
        IReadOnlyList<string> status = query.List("Status");
        if (status.FirstOrDefault(s => !Statuses.Contains(s)) is { } unknown)
        {
            throw new QueryException($"Status '{unknown}' is not known.");
        }

        IReadOnlyList<string> types = query.List("Types");
        DateTimeOffset? from = query.Time("FromUtc");
        DateTimeOffset? to = query.Time("ToUtc");
        bool ofPolicies = request.Query.ContainsKey("PolicyId") || request.Query.ContainsKey("VmId");
        IEnumerable<SimulatedSession> rows = At(now)
            .Where(s => (from is null || s.Start >= from) && (to is null || s.Start <= to) && !ofPolicies)
            .Where(s => status.Count == 0 || status.Contains(s.Status(now)))
            .Where(s => types.Count == 0 || types.Contains(s.Type))
            .OrderByDescending(s => s.Usn);
        return query.Page([.. query.Sorted(rows, Columns).Take(MostRows)], s => s.Describe(now), "/api/v1/sessions");
    }

    public void Purge() => sessions.Clear();

    public void GoDown(DateTimeOffset now)
    {
        foreach (SimulatedSession session in sessions.Values)
        {
            session.Break(now, "failed", "The appliance was restarted.");
        }
    }

    private void DoOtherWork(DateTimeOffset now)
    {
        if (options.OtherSessionsEvery is not { } every)
        {
            return;
        }

        lock (gate)
        {
            for (DateTimeOffset start; (start = since + (every * (others + 1))) <= now; others++)
            {
                string id = string.Create(CultureInfo.InvariantCulture, $"07e4c0de-0000-4000-8000-{others:x12}");
                sessions[id] = new SimulatedSession(
                    id, otherWork[others % otherWork.Count], ++usn, start, options.OtherSessionsLast ?? every * 3, "succeeded");
            }
        }
    }
}
