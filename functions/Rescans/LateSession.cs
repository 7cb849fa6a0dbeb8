using Microsoft.Extensions.Logging;
using Rescan.Functions.Appliances;
using Rescan.Functions.Storage;

namespace Rescan.Functions.Rescans;

/// <summary>
/// What comes to light of a rescan only after its outcome was recorded: a process can stand still between its last look and its POST for
/// longer than the rescan takes. Whoever starts looks for the outcome after it has claimed the session, and whoever records looks for the
/// claim after it has recorded, so that one of the two sees the other. A session that came too late is
/// stopped, and the outcome tells of it.
/// </summary>
/// <param name="appliances">The appliances' clients.</param>
/// <param name="intents">Keeps claims.</param>
/// <param name="outcomes">Where outcomes are kept.</param>
/// <param name="log">The log.</param>
public sealed class LateSession(IApplianceClients appliances, IntentStore intents, OutcomeStore outcomes, ILogger<LateSession> log)
{
    /// <summary>Tells the recorded outcome what it does not know.</summary>
    /// <param name="requestId">The rescan.</param>
    /// <param name="recorded">Its outcome.</param>
    /// <param name="session">The session that is claimed for it; null when none is.</param>
    /// <param name="remark">What an outcome of it must tell; null when there is nothing.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The outcome as it stands now.</returns>
    internal async Task<RescanOutcome> TellAsync(
        string requestId, RescanOutcome recorded, string? session, string? remark, CancellationToken cancellationToken)
    {
        string told = remark is null || recorded.Reason?.Contains(remark, StringComparison.Ordinal) == true ? "" : remark;
        if (session is not null && session != recorded.SessionId)
        {
            string became = await StopAsync(recorded.Appliance, session, cancellationToken);
            told = $"{told} A process that had stood still posted the rescan after this was recorded; its session, {session}, {became}.".Trim();
        }

        return told.Length == 0 ? recorded : await outcomes.AddReasonAsync(requestId, told, cancellationToken) ?? recorded;
    }

    /// <summary>Stops a session that no rescan follows, and keeps others from taking it.</summary>
    /// <returns>What became of it, in words.</returns>
    internal async Task<string> StopAsync(IApplianceClient client, string session, CancellationToken cancellationToken)
    {
        log.LogWarning(
            "Session {SessionId} of appliance {Appliance} was started by a process that had lost its work; it is stopped", session,
            client.Name);
        try
        {
            await intents.SetAsideAsync(client.Name, [session], cancellationToken);
            await client.StopSessionAsync(session, cancellationToken);
            return "was stopped";
        }
        catch (ApplianceException e)
        {
            return $"could not be stopped ({e.Message.TrimEnd('.')})";
        }
    }

    private async Task<string> StopAsync(string appliance, string session, CancellationToken cancellationToken)
    {
        try
        {
            return await StopAsync(appliances.Get(appliance), session, cancellationToken);
        }
        catch (UnknownApplianceException e)
        {
            return $"could not be stopped ({e.Message.TrimEnd('.')})";
        }
    }
}
