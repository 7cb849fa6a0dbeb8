namespace Rescan.Local.Simulator.Faults;

/// <summary>A fault to play.</summary>
/// <param name="Name">One of <see cref="FaultCatalog"/>.</param>
/// <param name="Request">The kind of request it strikes (token, repositories, rescan, session, log, stop, other);
/// null: the fault's usual one.</param>
/// <param name="After">Requests of the kind let through first.</param>
/// <param name="Times">How often it strikes; null: the fault's usual number.</param>
/// <param name="Seconds">How long it lasts, for faults that last, or the Retry-After it asks for; null: the fault's usual time.</param>
public sealed record Fault(string Name, string? Request = null, int? After = null, int? Times = null, double? Seconds = null);
