using Rescan.Functions.Appliances;
using Rescan.Functions.Rescans;
using Rescan.Local.Cli.History;
using Rescan.Local.Cli.Terminal;

namespace Rescan.Local.Cli.Start;

/// <summary>A rescan at a server.</summary>
/// <param name="client">The server.</param>
/// <param name="accepted">The rescan.</param>
/// <param name="isNamed">Whether lines about it name its repository.</param>
internal sealed class RescanAtServer(OwnerClient client, AcceptedView accepted, bool isNamed) : IFollowedRescan
{
    private readonly bool isLookedOn = Screen.Error.IsLive;
    private (RescanPhase?, int, string?, string?)? read;
    private IReadOnlyList<SessionLogItem> log = [];

    public string Name => isNamed ? accepted.Repository?.Name ?? "" : "";

    public TimeSpan Pace => TimeSpan.FromSeconds(1);

    public Task<RescanView> ReadAsync(CancellationToken cancellationToken) => ServerPatience.AskAsync(
        c => client.GetRescanAsync(accepted.Id, accepted.RequestId, isLookedOn, c), cancellationToken);

    /// <summary>The server asks the appliance for it, so it is asked only where there can be news.</summary>
    public async Task<IReadOnlyList<SessionLogItem>> ReadLogAsync(RescanView rescan, CancellationToken cancellationToken)
    {
        (RescanPhase?, int, string?, string?) now = (rescan.Phase, rescan.Polls, rescan.LastMessage, rescan.Status);
        if (now != read && (rescan.SessionId is not null || rescan.Outcome is not null))
        {
            log = await ServerPatience.AskAsync(
                c => client.GetLogIfKnownAsync(accepted.Id, accepted.RequestId, c), cancellationToken) ?? log;
            read = now;
        }

        return log;
    }

    /// <summary>Whoever reads it says so already.</summary>
    public Task LookAsync(RescanView rescan, CancellationToken cancellationToken) => Task.CompletedTask;
}
