using Microsoft.DurableTask.Client;
using Rescan.Functions.Orchestrations;

namespace Rescan.Functions.Webhooks;

/// <summary>A rescan, or a run over many repositories, that was started or joined.</summary>
/// <param name="Id">The orchestration's instance id.</param>
/// <param name="Joined">True when it ran already.</param>
public sealed record StartedRescan(string Id, bool Joined);

/// <summary>Starts the rescans that hooks ask for.</summary>
public interface IRescanStarter
{
    /// <summary>Starts what the body of <c>POST /api/hooks/rescan</c> asks for.</summary>
    /// <exception cref="KeyNotFoundException">No such appliance or repository; the message says which, for the caller to read.</exception>
    /// <exception cref="Appliance.ApplianceException">The appliance had to be asked and did not answer.</exception>
    Task<IReadOnlyList<StartedRescan>> StartAsync(DurableTaskClient client, RescanHookRequest request, CancellationToken cancellationToken);

    /// <summary>Starts a rescan after S3 events, unless one that has seen all of them runs.</summary>
    Task<TouchedRescanStart> StartTouchedAsync(DurableTaskClient client, TouchedRescan touched, CancellationToken cancellationToken);
}
