namespace Rescan.Local.Appliance;

/// <summary>A fault to play.</summary>
/// <param name="Name">One of <see cref="FaultCatalog"/>.</param>
/// <param name="Request">The kind of request it strikes; null: the fault's usual one.</param>
/// <param name="After">Requests of the kind let through first.</param>
/// <param name="Times">How often it strikes; null: the fault's usual number.</param>
public sealed record Fault(string Name, string? Request = null, int? After = null, int? Times = null);

/// <summary>The faults that the simulated appliance can play.</summary>
public static class FaultCatalog
{
    private const int Always = int.MaxValue;

    private static readonly Dictionary<string, (string What, string Request, int After, int Times)> Known = new(StringComparer.Ordinal)
    {
        ["slow"] = ("answers a poll only after 3 s", "session", 0, 2),
        ["drop-before"] = ("drops the connection before it acts", "rescan", 0, 1),
        ["drop-after"] = ("acts, then drops the connection", "rescan", 0, 1),
        ["expired-token"] = ("forgets the token in the middle of the run", "session", 1, 1),
        ["throttled"] = ("429 with Retry-After in seconds", "session", 0, 2),
        ["throttled-date"] = ("429 with Retry-After as a date", "session", 0, 1),
        ["unavailable"] = ("503 without Retry-After", "session", 0, 2),
        ["html"] = ("a proxy's HTML page instead of JSON", "session", 0, 1),
        ["malformed-json"] = ("JSON that is cut off", "session", 0, 1),
        ["purged"] = ("forgets the session", "session", 1, Always),
        ["new-certificate"] = ("restarts with a new certificate", "session", 1, 1),
        ["mfa"] = ("asks for a second factor", "token", 0, Always),
        ["wrong-role"] = ("403: the account lacks the role", "rescan", 0, Always),
        ["no-rescan"] = ("accepts no revision with rescan (product 8.0)", "token", 0, Always),
        ["wrong-password"] = ("refuses the password", "token", 0, Always),
        ["no-session-id"] = ("202 without a session id, and no session", "rescan", 0, Always),
        ["huge-log"] = ("a session log of 50 MB", "log", 0, Always),
        ["redirect"] = ("redirects to another host", "session", 0, Always),
    };

    /// <summary>Every fault's name and what it does.</summary>
    public static IReadOnlyList<(string Name, string What)> All { get; } = [.. Known.Select(k => (k.Key, k.Value.What))];

    /// <summary>Fills in what the fault leaves open.</summary>
    /// <exception cref="ArgumentException">No fault has that name.</exception>
    public static Fault Complete(Fault fault)
    {
        ArgumentNullException.ThrowIfNull(fault);
        return Known.TryGetValue(fault.Name, out (string What, string Request, int After, int Times) usual)
            ? new Fault(fault.Name, fault.Request ?? usual.Request, fault.After ?? usual.After, fault.Times ?? usual.Times)
            : throw new ArgumentException($"No fault is named '{fault.Name}'. Faults: {string.Join(", ", Known.Keys)}.");
    }
}
