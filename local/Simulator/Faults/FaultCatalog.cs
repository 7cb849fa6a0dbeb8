using static Rescan.Local.Simulator.Faults.FaultHandlers;

namespace Rescan.Local.Simulator.Faults;

/// <summary>The faults that the simulated appliance can play.</summary>
public static class FaultCatalog
{
    private const int Always = int.MaxValue;

    /// <summary>The kinds of request.</summary>
    public static IReadOnlyList<string> Requests { get; } = ["token", "repositories", "rescan", "session", "log", "stop", "other"];

    /// <summary>Every fault.</summary>
    public static IReadOnlyList<FaultKind> Kinds { get; } =
    [
        new("slow", "answers only after 3 s", Any("session"), 0, 2, 3) { Strike = SlowAsync },
        new("late", "acts and answers only after 6 s, though the caller be gone", Any("rescan"), 0, 1, 6) { Strike = LateAsync },
        new("hang", "takes the request and never answers", Any("session"), 1, 1) { Strike = HangAsync },
        new("drop-before", "drops the connection before it acts", Any("rescan"), 0, 1) { Strike = DropBefore },
        new("drop-after", "acts, then drops the connection", Any("rescan"), 0, 1) { Strike = DropAfter },
        new("expired-token", "forgets every token in the middle of the run", Any("session"), 1,
            1) { Strike = Act(a => a.State.Tokens.Forget()) },
        new("throttled", "429 with Retry-After in seconds", Any("session"), 0, 2, 3) { Strike = BusySeconds(429) },
        new("throttled-date", "429 with Retry-After as a date", Any("session"), 0, 1, 4) { Strike = BusyDate(429) },
        new("throttled-bare", "429 without Retry-After", Any("session"), 0, 2) { Strike = Busy(429) },
        new("unavailable", "503 without Retry-After", Any("session"), 0, 5) { Strike = Busy(503) },
        new("unavailable-seconds", "503 with Retry-After in seconds", Any("session"), 0, 2, 3) { Strike = BusySeconds(503) },
        new("unavailable-date", "503 with Retry-After as a date", Any("session"), 0, 1, 4) { Strike = BusyDate(503) },
        new("server-error", "500", Any("session"), 0, 5) { Strike = Problem(500, "UnknownError", "Something went wrong.") },
        new("gateway-timeout", "504", Any("session"), 0, 5) { Strike = Problem(504, "ServiceUnavailable", "The back end did not answer.") },
        new("html", "a proxy's HTML page instead of JSON", Any("session"), 0,
            1) { Strike = Body("text/html", "<html><body>Gateway</body></html>") },
        new("malformed-json", "JSON that is cut off", Any("session"), 0, 1) { Strike = Body("application/json", "{\"id\": \"") },
        new("empty-body", "200 with nothing in it", Any("session"), 0, 1) { Strike = Body("application/json", "") },
        new("purged", "forgets every session", Any("session"), 1, Always) { Strike = Act(a => a.State.PurgeSessions()) },
        new("new-certificate", "restarts with a new certificate", Any("session"), 1, 1) { Strike = NewCertificate },
        new("reboot", "goes away for 5 s; tokens are forgotten and running sessions fail", Any("session"), 1, 1, 5) { Strike = Reboot },
        new("mfa", "asks for a second factor", ["token"], 0, Always) { Strike = Effect(e => e.AskForCode = true) },
        new("wrong-password", "refuses the password", ["token"], 0,
            Always) { Strike = Effect(e => e.SignInRefusal = "The user name or password is incorrect.") },
        new("expired-password", "says that the password has expired", ["token"], 0,
            Always) { Strike = Effect(e => e.SignInRefusal = "The password has expired.") },
        new("wrong-role", "403: the account lacks the role", Any("rescan"), 0,
            Always) { Strike = Problem(403, "AccessDenied", "The account lacks the role.") },
        new("no-rescan", "is replaced by a release that accepts no revision with rescan", Any("token"), 0,
            1) { Strike = Act(a => a.State.Replacement = a.State.Api.WithoutRescan) },
        new("conflict", "409: a rescan of the repository runs", Any("rescan"), 0,
            1) { Strike = Problem(409, "UnknownError", "A rescan of the repository is running.") },
        new("no-session-id", "accepts the rescan without a session id, and starts none", ["rescan"], 0,
            Always) { Strike = Effect(e => e.StartNoSession = true) },
        new("hidden-session-id", "accepts the rescan without a session id, though a session starts", ["rescan"], 0,
            1) { Strike = Effect(e => e.HideSessionId = true) },
        new("pending", "shows the session as not begun for its first polls", ["session"], 0,
            3) { Strike = Effect(e => e.ShowPending = true) },
        new("unknown-status", "shows a session status that is not documented", ["session"], 0,
            2) { Strike = Effect(e => e.ShowUnknownState = true) },
        new("action-required", "shows the session as waiting for a person to act", ["session"], 0,
            2) { Strike = Effect(e => e.State = "ActionRequired"), Only = SimulatedKind.VeeamBackupAndReplication },
        new("no-result", "ends the session with the result None", ["session"], 0, Always) { Strike = Effect(e => e.Result = "None"),
            Only = SimulatedKind.VeeamBackupAndReplication },
        new("unknown-result", "ends the session with a result that is not documented", ["session"], 0,
            Always) { Strike = Effect(e => e.Result = "Partial"), Only = SimulatedKind.VeeamBackupAndReplication },
        new("dead-refresh-token", "forgets every refresh token, as after a restart", Any("session"), 0,
            1) { Strike = Act(a => a.State.Tokens.ForgetRefreshTokens()), Only = SimulatedKind.VeeamBackupAndReplication },
        new("no-log", "leaves the log out", ["log"], 0, 2) { Strike = Effect(e => e.OmitLog = true) },
        new("huge-log", "answers with 50 MB", Any("log"), 0, Always) { Strike = HugeLogAsync },
        new("redirect", "redirects to another host", Any("session"), 0, Always) { Strike = Redirect },
    ];

    /// <summary>The faults that a kind of appliance can have.</summary>
    public static IReadOnlyList<FaultKind> Of(SimulatedKind kind) => [.. Kinds.Where(k => k.Only is null || k.Only == kind)];

    /// <summary>Every fault's name and what it does.</summary>
    public static IReadOnlyList<(string Name, string What)> All { get; } = [.. Kinds.Select(k => (k.Name, k.What))];

    /// <summary>A fault by name.</summary>
    /// <exception cref="ArgumentException">No fault has that name.</exception>
    public static FaultKind Find(string name) => Kinds.FirstOrDefault(k => k.Name == name)
        ?? throw new ArgumentException($"No fault is named '{name}'. Faults: {string.Join(", ", Kinds.Select(k => k.Name))}.");

    /// <summary>Fills in what the fault leaves open.</summary>
    /// <exception cref="ArgumentException">No fault has that name, or it cannot strike such a request, or a
    /// number is out of range.</exception>
    public static Fault Complete(Fault fault)
    {
        ArgumentNullException.ThrowIfNull(fault);
        FaultKind kind = Find(fault.Name);
        string request = fault.Request ?? kind.Requests[0];
        if (!kind.Requests.Contains(request))
        {
            throw new ArgumentException($"Fault '{fault.Name}' cannot strike '{request}'; it strikes {string.Join(", ", kind.Requests)}.");
        }

        return fault is { After: < 0 } or { Times: < 0 } or { Seconds: < 0 or > 3600 }
            ? throw new ArgumentException($"Fault '{fault.Name}': after and times are not negative, and seconds are 0 to 3600.")
            : new Fault(fault.Name, request, fault.After ?? kind.After, fault.Times ?? kind.Times, fault.Seconds ?? kind.Seconds);
    }

    private static string[] Any(string usual) => [usual, .. Requests.Where(r => r != usual)];
}
