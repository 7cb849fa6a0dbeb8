using System.Collections.Concurrent;

namespace Rescan.Functions.Rescans;

/// <summary>Lets one rescan at a time start on an appliance, which keeps narrow the window in which sessions could be mixed up.</summary>
public sealed class KeyedLock : IDisposable
{
    private readonly ConcurrentDictionary<string, SemaphoreSlim> gates = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Waits for its turn.</summary>
    /// <param name="appliance">The appliance's configured name.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>Ends the turn when disposed.</returns>
    public async Task<IDisposable> EnterAsync(string appliance, CancellationToken cancellationToken)
    {
        SemaphoreSlim gate = gates.GetOrAdd(appliance, _ => new SemaphoreSlim(1));
        await gate.WaitAsync(cancellationToken);
        return new Exit(gate);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (SemaphoreSlim gate in gates.Values)
        {
            gate.Dispose();
        }
    }

    private sealed class Exit(SemaphoreSlim gate) : IDisposable
    {
        public void Dispose() => gate.Release();
    }
}
