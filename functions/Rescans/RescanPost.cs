using Microsoft.Extensions.Logging;
using Rescan.Functions.Appliances;
using Rescan.Functions.Durable;
using Rescan.Functions.Storage;

namespace Rescan.Functions.Rescans;

/// <summary>
/// Posts a rescan so that one request has one session. The POST has no idempotency key and its answer can be lost, so an intent is written
/// before it, and the session in one transaction with its claim after it. A process that has lost its work to another does not post; where
/// two have posted all the same, the session that came second is stopped, and the outcome says so.
/// </summary>
/// <param name="intents">Keeps intents and claims.</param>
/// <param name="search">Finds the session of a POST without an answer.</param>
/// <param name="late">Stops a session that came second.</param>
/// <param name="ownership">Tells whether this process still owns the rescan.</param>
/// <param name="limits">How long a POST may be under way.</param>
/// <param name="time">The clock.</param>
/// <param name="log">The log.</param>
public sealed class RescanPost(
    IntentStore intents, SessionSearch search, LateSession late, IOwnership ownership, PostLimits limits, TimeProvider time,
    ILogger<RescanPost> log)
{
    /// <summary>Posts.</summary>
    /// <param name="client">The appliance.</param>
    /// <param name="input">The rescan.</param>
    /// <param name="kept">Its intent as it stands in the store; null while there is none.</param>
    /// <param name="remark">What its outcome must tell.</param>
    /// <param name="cancellationToken">Ends with the host.</param>
    internal async Task<StartedRescan> PostAsync(
        IApplianceClient client, StartRescanInput input, RescanIntent? kept, string? remark, CancellationToken cancellationToken)
    {
        DateTimeOffset now = time.GetUtcNow();
        long written = time.GetTimestamp();
        DateTimeOffset at = now + (client.ClockOffset ?? TimeSpan.Zero);
        RescanIntent before = kept ?? new RescanIntent(input.RequestId, client.Name, input.RepositoryId, now, null);
        RescanIntent intent = before with { FirstPostAt = before.FirstPostAt ?? at, LastPostAt = at, Remark = remark };
        bool ours = kept is null
            ? (await intents.GetOrAddIntentAsync(intent, cancellationToken)).Created
            : await intents.TrySetPostsAsync(intent, before.LastPostAt, cancellationToken);
        if (!ours)
        {
            throw Later(client, "another process starts it too, or it was canceled at this moment; it is looked again.");
        }

        if (!await ownership.IsHeldAsync(cancellationToken))
        {
            throw Later(client, "this process no longer owns the rescan, so it has posted nothing.");
        }

        TimeSpan passed = Max(time.GetElapsedTime(written), time.GetUtcNow() - now);
        if (passed > limits.Fresh)
        {
            throw Later(client, "this process stood still before it could post, so it has posted nothing.");
        }

        string? session;
        try
        {
            session = await client.StartRescanAsync(input.RepositoryId, cancellationToken);
        }
        catch (ApplianceException e) when (HasSurelyNotActed(e))
        {
            // Nothing to look for later: a session that somebody else starts meanwhile cannot be taken for this one.
            await intents.TrySetPostsAsync(before, at, cancellationToken);
            throw;
        }
        catch (ApplianceException e) when (IsOver(e))
        {
            // The appliance's own failure: whether it acted shows now.
            if (await search.FindAsync(client, intent, settled: true, cancellationToken) is { SessionId: { } acted } found)
            {
                return new StartedRescan(acted, Join(remark, found.Remark), []);
            }

            await intents.TrySetPostsAsync(before, at, cancellationToken);
            throw;
        }

        if (session is not null)
        {
            return await ClaimAsync(client, intent, session, cancellationToken);
        }

        FoundSession named = await search.FindAsync(client, intent, settled: true, cancellationToken);
        return named.SessionId is not null
            ? new StartedRescan(named.SessionId, Join(remark, named.Remark), [])
            : throw new ApplianceException(
                ApplianceFailure.Rejected,
                $"Appliance '{input.Appliance}', rescan: it accepted the request but named no session, and none that could be the rescan's "
                    + "has started, so it cannot be watched.");
    }

    private static TimeSpan Max(TimeSpan a, TimeSpan b) => a > b ? a : b;

    private static string Join(string? remark, string? more) => $"{remark} {more}".Trim();

    private static ApplianceException Later(IApplianceClient client, string what) =>
        new(ApplianceFailure.Transient, $"Appliance '{client.Name}', rescan: {what}") { MayHaveActed = false };

    /// <summary>
    /// Whether the POST cannot have started a session: it never left, or was answered with a refusal. A proxy's 5xx may hide that it was.
    /// </summary>
    private static bool HasSurelyNotActed(ApplianceException e) => !e.MayHaveActed || e.Status is >= 300 and < 500 and not 408;

    /// <summary>
    /// Whether the appliance itself has answered, so that the POST is no longer under way. A gateway's 502 or 504 leaves it so.
    /// </summary>
    private static bool IsOver(ApplianceException e) =>
        e is { IsAppliances: true, ErrorCode: not null, Status: >= 500 and not 502 and not 504 };

    private async Task<StartedRescan> ClaimAsync(
        IApplianceClient client, RescanIntent intent, string session, CancellationToken cancellationToken)
    {
        if (await intents.TryClaimSessionAsync(intent, session, cancellationToken))
        {
            return new StartedRescan(session, intent.Remark, []);
        }

        if (await intents.GetIntentAsync(client.Name, intent.RequestId, cancellationToken) is { SessionId: { } other } now)
        {
            string became = await late.StopAsync(client, session, cancellationToken);
            string remark = Join(
                now.Remark, $"Two processes posted the rescan; session {other} is its own, and the second one, {session}, {became}.");
            await intents.SetRemarkAsync(intent, remark, cancellationToken);
            return new StartedRescan(other, remark, []);
        }

        string lost = $"Session {session} was taken for another rescan's before this one could note it, so the rescan was posted again.";
        log.LogWarning(
            "Session {SessionId} of appliance {Appliance} was taken for another rescan's before its own start could be noted", session,
            client.Name);
        await intents.TrySetPostsAsync(
            intent with { FirstPostAt = null, LastPostAt = null, Remark = Join(intent.Remark, lost) }, intent.LastPostAt,
            cancellationToken);
        throw Later(client, lost);
    }
}
