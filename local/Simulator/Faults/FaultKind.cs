namespace Rescan.Local.Simulator.Faults;

/// <summary>A fault of the catalogue.</summary>
/// <param name="Name">Its name.</param>
/// <param name="What">What it does.</param>
/// <param name="Requests">The kinds of request it can strike; the first is the usual one.</param>
/// <param name="After">Requests of the kind usually let through first.</param>
/// <param name="Times">How often it usually strikes; <see cref="int.MaxValue"/>: always.</param>
/// <param name="Seconds">How long it usually lasts.</param>
public sealed record FaultKind(string Name, string What, IReadOnlyList<string> Requests, int After, int Times, double Seconds = 0)
{
    /// <summary>The kind of appliance that it is a fault of; null: any.</summary>
    public SimulatedKind? Only { get; init; }

    /// <summary>What it does.</summary>
    internal FaultHandler Strike { get; init; } = _ => throw new InvalidOperationException("The fault has no handler.");
}
