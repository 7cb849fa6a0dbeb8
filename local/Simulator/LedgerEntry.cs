namespace Rescan.Local.Simulator;

/// <summary>One request that the simulated appliance took.</summary>
/// <param name="Time">When, UTC.</param>
/// <param name="Kind">token, repositories, rescan, session, log, stop or other.</param>
/// <param name="Method">The HTTP method.</param>
/// <param name="Path">The path, without the query.</param>
/// <param name="Status">The status answered; 0 when the connection was dropped.</param>
/// <param name="Connection">Id of the TCP connection.</param>
/// <param name="Fault">The fault that struck it, if one did.</param>
public sealed record LedgerEntry(
    DateTimeOffset Time, string Kind, string Method, string Path, int Status, string Connection, string? Fault = null);
