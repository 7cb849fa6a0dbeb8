using System.Security.Cryptography.X509Certificates;
using System.Text.Json;

namespace Rescan.Local.Simulator;

/// <summary>
/// What a simulated appliance keeps when it restarts, as a real one does: its certificate, what it calls itself,
/// and its sessions. Tokens go, faults too.
/// </summary>
internal sealed record SimulatorState(string Certificate, Guid ServerId, IReadOnlyList<KeptSession> Sessions)
{
    /// <summary>Reads the file; null when there is none yet.</summary>
    /// <exception cref="IOException">The file is not such a state.</exception>
    public static SimulatorState? Read(string file)
    {
        try
        {
            return File.Exists(file) ? JsonSerializer.Deserialize<SimulatorState>(File.ReadAllText(file)) : null;
        }
        catch (JsonException e)
        {
            throw new IOException($"{file} is not the state of a simulated appliance: {e.Message}", e);
        }
    }

    /// <summary>Replaces the file whole, so that a kill leaves the old one or the new one.</summary>
    public static void Write(string file, X509Certificate2 certificate, Guid serverId, IEnumerable<SimulatedSession> sessions)
    {
        SimulatorState state = new(
            Convert.ToBase64String(certificate.Export(X509ContentType.Pfx)), serverId,
            [.. sessions.OrderBy(s => s.Usn).Select(s => s.Keep()).OfType<KeptSession>()]);
        File.WriteAllText(file + ".new", JsonSerializer.Serialize(state));
        File.Move(file + ".new", file, overwrite: true);
    }
}

/// <summary>A session as it is kept in the file of <see cref="SimulatorOptions.StateFile"/>.</summary>
/// <param name="Id">Its uuid.</param>
/// <param name="Repository">The repository's uuid.</param>
/// <param name="Usn">Its number.</param>
/// <param name="Start">When it started.</param>
/// <param name="Duration">How long it runs.</param>
/// <param name="Outcome">How it ends.</param>
/// <param name="Broken">Its end before its time, when somebody stopped it or the appliance went down.</param>
internal sealed record KeptSession(
    string Id, string Repository, int Usn, DateTimeOffset Start, TimeSpan Duration, string Outcome, BrokenSession? Broken);

/// <summary>A session's end before its time.</summary>
/// <param name="At">When.</param>
/// <param name="Outcome">How it ended instead.</param>
/// <param name="Reason">Why, where the appliance tells.</param>
internal sealed record BrokenSession(DateTimeOffset At, string Outcome, string? Reason);
