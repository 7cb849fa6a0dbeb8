using Microsoft.DurableTask.Client;

namespace Rescan.Functions.Health;

/// <summary>Whether the durable engine's task hub can be read.</summary>
internal sealed class EngineReadiness(DurableTaskClient client) : IReadinessCheck
{
    /// <summary>Any id: that there is none of it is an answer too.</summary>
    private const string Id = "health";

    /// <inheritdoc/>
    public string Name => "engine";

    /// <inheritdoc/>
    public async Task<string?> FindFaultAsync(CancellationToken cancellationToken)
    {
        await client.GetInstanceAsync(Id, false, cancellationToken);
        return null;
    }
}
