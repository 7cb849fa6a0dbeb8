namespace Rescan.Functions.Health;

/// <summary>One thing that must work before rescans can be started and watched.</summary>
public interface IReadinessCheck
{
    /// <summary>Its name, as <c>GET /api/health</c> shows it.</summary>
    string Name { get; }

    /// <summary>Looks.</summary>
    /// <returns>What is wrong; null when nothing is. Anybody may read it, so it holds no address.</returns>
    Task<string?> FindFaultAsync(CancellationToken cancellationToken);
}
