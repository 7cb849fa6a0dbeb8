namespace Rescan.Local.Runtime.Hosting;

/// <summary>Tells the app whether this process still owns the work that it was given; a service of every host.</summary>
/// <param name="isHeld">Asks the task hub.</param>
public sealed class WorkOwnership(Func<CancellationToken, Task<bool>> isHeld)
{
    /// <summary>Whether the work is still this process's.</summary>
    public Task<bool> IsHeldAsync(CancellationToken cancellationToken) => isHeld(cancellationToken);
}
