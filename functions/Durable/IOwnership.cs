namespace Rescan.Functions.Durable;

/// <summary>
/// Tells whether this process still owns the work that it was given. An activity asks before it does what cannot be repeated, since its
/// process may have been stopped for so long that another took the work over. A host that knows replaces the default, which says yes:
/// the Functions host tells its workers nothing.
/// </summary>
public interface IOwnership
{
    /// <summary>Whether the work is still this process's.</summary>
    Task<bool> IsHeldAsync(CancellationToken cancellationToken);
}

/// <summary>For hosts that do not tell.</summary>
internal sealed class AssumedOwnership : IOwnership
{
    /// <inheritdoc/>
    public Task<bool> IsHeldAsync(CancellationToken cancellationToken) => Task.FromResult(true);
}
