using Rescan.Functions.Durable;
using Rescan.Local.Runtime.Hosting;

namespace Rescan.Local.Cli;

/// <summary>Lets the app's activities ask the task hub whether their work is still theirs.</summary>
/// <param name="ownership">The host's answer.</param>
internal sealed class HubOwnership(WorkOwnership ownership) : IOwnership
{
    /// <inheritdoc/>
    public Task<bool> IsHeldAsync(CancellationToken cancellationToken) => ownership.IsHeldAsync(cancellationToken);
}
