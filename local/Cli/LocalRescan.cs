using Microsoft.Extensions.DependencyInjection;
using Rescan.Functions.Appliances;
using Rescan.Functions.Rescans;
using Rescan.Functions.Storage;
using Rescan.Local.Runtime.Hosting;

namespace Rescan.Local.Cli;

/// <summary>A rescan that this process runs.</summary>
/// <param name="host">The app.</param>
/// <param name="id">The rescan's id.</param>
/// <param name="requestId">Which rescan of the repository; null: the one that runs.</param>
/// <param name="logs">Session logs as the app reads them.</param>
internal sealed class LocalRescan(LocalFunctionHost host, string id, string? requestId, SessionLogs logs) : IFollowedRescan
{
    private readonly RescanReader reader = host.Services.GetRequiredService<RescanReader>();
    private readonly RescanInstances instances = host.Services.GetRequiredService<RescanInstances>();
    private readonly OutcomeStore outcomes = host.Services.GetRequiredService<OutcomeStore>();

    public string Name => "";

    public TimeSpan Pace => TimeSpan.FromMilliseconds(200);

    public async Task<RescanView> ReadAsync(CancellationToken cancellationToken) =>
        await reader.GetAsync(host.Client, id, requestId, cancellationToken)
            ?? throw new CommandException(ExitCodes.Internal, $"Rescan '{id}' is not in the state folder.");

    public async Task<IReadOnlyList<SessionLogItem>> ReadLogAsync(RescanView rescan, CancellationToken cancellationToken) =>
        rescan is { Outcome: not null, RequestId: { } recorded } ? (await outcomes.GetAsync(recorded, cancellationToken))?.Log ?? []
        : rescan.SessionId is { } session ? logs.Of(session)
        : [];

    public Task LookAsync(RescanView rescan, CancellationToken cancellationToken) =>
        instances.LookAsync(host.Client, id, rescan.Phase, rescan.LookedOnUntil, cancellationToken);
}
