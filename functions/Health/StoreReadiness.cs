using Rescan.Functions.Storage;

namespace Rescan.Functions.Health;

/// <summary>Whether the outcome store can be read.</summary>
internal sealed class StoreReadiness(OutcomeStore outcomes) : IReadinessCheck
{
    /// <inheritdoc/>
    public string Name => "store";

    /// <inheritdoc/>
    public async Task<string?> FindFaultAsync(CancellationToken cancellationToken)
    {
        await outcomes.GetAsync("health", cancellationToken);
        return null;
    }
}
