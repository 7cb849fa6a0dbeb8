using Microsoft.DurableTask.Client;
using Rescan.Functions.Appliances;

namespace Rescan.Functions.Rescans;

/// <summary>A rescan, or a run over many repositories, that was started or joined.</summary>
/// <param name="Id">The orchestration's instance id.</param>
/// <param name="Joined">True when it ran already.</param>
/// <param name="RequestId">Tells the rescans of one id apart; null for runs.</param>
/// <param name="Waits">True when it starts once the one before it has ended, which can no longer be joined.</param>
public sealed record AcceptedRescan(string Id, bool Joined, string? RequestId = null, bool Waits = false);

/// <summary>Starts the rescans that signed messages ask for.</summary>
public interface IRescanStarter
{
    /// <summary>Starts what the body of <c>POST /api/hooks/rescan</c> asks for.</summary>
    /// <exception cref="KeyNotFoundException">No such appliance or repository; the message says which, for the caller to read.</exception>
    /// <exception cref="ApplianceException">The appliance had to be asked and did not answer.</exception>
    /// <param name="client">The durable client.</param>
    /// <param name="request">The wish.</param>
    /// <param name="seed">The same whenever the same request comes again, so that what it started is
    /// known; null: a wish of its own.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task<IReadOnlyList<AcceptedRescan>> StartAsync(
        DurableTaskClient client, StartRescanRequest request, string? seed, CancellationToken cancellationToken);
}
