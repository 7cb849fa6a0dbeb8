using Microsoft.Extensions.Logging;
using Rescan.Functions.Appliances;
using Rescan.Functions.Storage;

namespace Rescan.Functions.Rescans;

/// <summary>What a search came to.</summary>
/// <param name="SessionId">The session, which is claimed now; null: there is none to take, and none will come.</param>
/// <param name="Remark">What the operator should know.</param>
internal sealed record FoundSession(string? SessionId, string? Remark);

/// <summary>
/// Finds the session of a POST whose answer was lost. A session does not name its repository, so one is taken only on evidence: it started
/// when the POST was under way, nobody holds it, and its log names this repository alone. Where no log names any repository, a session
/// counts that is a rescan by its type, when no other rescan waits for one of that time. Work of another kind is never taken. Until the
/// longest POST would have acted, nothing found means to look again; after that, what is unclear is set aside, so that nobody takes it, and
/// the rescan is posted again: a second rescan is harmless, a foreign session is not.
/// </summary>
/// <param name="intents">Keeps intents and claims.</param>
/// <param name="outcomes">Tells what rescans of the appliance look like.</param>
/// <param name="limits">How long a POST may be under way.</param>
/// <param name="time">The clock.</param>
/// <param name="log">The log.</param>
public sealed class SessionSearch(
    IntentStore intents, OutcomeStore outcomes, PostLimits limits, TimeProvider time, ILogger<SessionSearch> log)
{
    /// <summary>The appliance's clock is read from its answers to the second, and it stamps sessions in its own time.</summary>
    private static readonly TimeSpan ClockTolerance = TimeSpan.FromSeconds(3);

    /// <summary>Looks for the session and claims it.</summary>
    /// <param name="client">The appliance.</param>
    /// <param name="intent">The intent, with the times of its POSTs.</param>
    /// <param name="settled">Whether the POST is known to be over, so that what is not there will not come.</param>
    /// <param name="cancellationToken">Ends the search.</param>
    /// <exception cref="ApplianceException">Transient: it cannot be told yet; look again.</exception>
    internal async Task<FoundSession> FindAsync(
        IApplianceClient client, RescanIntent intent, bool settled, CancellationToken cancellationToken)
    {
        DateTimeOffset since = intent.FirstPostAt!.Value - ClockTolerance;
        List<ApplianceSession> sessions = [
            .. (await client.FindRescanCandidatesAsync(since, cancellationToken)).Where(s => CanBeOf(intent, s))];
        IReadOnlyDictionary<string, string> claims = await intents.GetClaimsAsync(
            client.Name, [.. sessions.Select(s => s.Id)], cancellationToken);
        if (sessions.Find(s => claims.GetValueOrDefault(s.Id) == intent.RequestId) is { } own)
        {
            return await TakeAsync(client, intent, own, "its session was found by the claim of it", cancellationToken);
        }

        sessions.RemoveAll(s => claims.ContainsKey(s.Id) || s.Nature == SessionNature.OtherWork);
        Dictionary<ApplianceSession, SessionLogEvidence> evidence = await ReadLogsAsync(
            client, intent.RepositoryId, sessions, cancellationToken);
        if (sessions.Find(s => evidence[s] == SessionLogEvidence.Ours) is { } ours)
        {
            return await TakeAsync(client, intent, ours, "its session was found by its log, which names the repository", cancellationToken);
        }

        // A log may name the repository only once the session has run for a while.
        sessions.RemoveAll(s => evidence[s] == SessionLogEvidence.Theirs);
        bool over = settled || time.GetUtcNow() + (client.ClockOffset ?? TimeSpan.Zero) >= intent.LastPostAt + limits.Longest;
        if (!over || (sessions.Count > 0 && settled && !IsPast(intent, client)))
        {
            throw new ApplianceException(
                ApplianceFailure.Transient,
                $"Appliance '{client.Name}', rescan: the answer was lost, and {(sessions.Count == 0 ? "no session" : "no session for certain")} of it has appeared yet; it is looked for until {intent.LastPostAt + limits.Longest:HH:mm:ss} (the appliance's time).");
        }

        if (sessions.Count == 0)
        {
            return new FoundSession(null, null);
        }

        if (await FindByTypeAsync(client, intent, sessions, cancellationToken) is { } taken)
        {
            return taken;
        }

        await intents.SetAsideAsync(client.Name, [.. sessions.Select(s => s.Id)], cancellationToken);
        log.LogWarning(
            "{Count} sessions of appliance {Appliance} could be the rescan of {Repository} whose answer was lost; it is posted again",
            sessions.Count, client.Name, intent.RepositoryId);
        return new FoundSession(
            null, $"It could not be told whether a session of that time was its own "
                + $"({sessions.Count} could), so the repository may have been rescanned twice.");
    }

    /// <summary>Whether a session can come from a POST of an intent, by the times; one that has not begun tells none.</summary>
    private bool CanBeOf(RescanIntent intent, ApplianceSession session) =>
        session.StartedAt is not { } start || (start >= intent.FirstPostAt - ClockTolerance && start <= intent.LastPostAt + limits.Longest);

    private bool IsPast(RescanIntent intent, IApplianceClient client) =>
        time.GetUtcNow() + (client.ClockOffset ?? TimeSpan.Zero) >= intent.LastPostAt + limits.Longest;

    private async Task<FoundSession> TakeAsync(
        IApplianceClient client, RescanIntent intent, ApplianceSession session, string how, CancellationToken cancellationToken)
    {
        if (!await intents.TryClaimSessionAsync(intent, session.Id, cancellationToken))
        {
            throw new ApplianceException(
                ApplianceFailure.Transient,
                $"Appliance '{client.Name}', rescan: session {session.Id} was taken by another rescan at this moment; it is looked again.");
        }

        log.LogInformation(
            "Session {SessionId} of appliance {Appliance} is taken for the rescan of {Repository} whose answer was lost", session.Id,
            client.Name, intent.RepositoryId);
        return new FoundSession(session.Id, $"The answer to the request was lost; {how}.");
    }

    /// <summary>Takes the only session that is a rescan by its type, where logs tell nothing.</summary>
    private async Task<FoundSession?> FindByTypeAsync(
        IApplianceClient client, RescanIntent intent, List<ApplianceSession> sessions, CancellationToken cancellationToken)
    {
        (string? type, bool logsTell) = await LearnAsync(client, cancellationToken);
        List<ApplianceSession> rescans = sessions.FindAll(
            s => s.Nature == SessionNature.Rescan || (s.Nature == SessionNature.Unknown && type is not null && s.Type == type));
        if (rescans.Count != 1 || logsTell)
        {
            return null;
        }

        IReadOnlyList<RescanIntent> waiting = await intents.GetOpenIntentsAsync(
            client.Name, intent.FirstPostAt!.Value - ClockTolerance - limits.Longest, cancellationToken);
        return waiting.Any(other => other.RequestId != intent.RequestId && CanBeOf(other, rescans[0]))
            ? null
            : await TakeAsync(
                client, intent, rescans[0], "the session followed is probably its own, by its type and the time it started",
                cancellationToken);
    }

    /// <summary>The type that a rescan of the appliance is known to have, and whether its log is known to name the repository.</summary>
    private async Task<(string? Type, bool LogsTell)> LearnAsync(IApplianceClient client, CancellationToken cancellationToken)
    {
        const int LookBack = 10;
        OutcomePage last = await outcomes.ListAsync(new OutcomeQuery(client.Name, Limit: LookBack), cancellationToken);
        if (last.Items.FirstOrDefault(i => i.Outcome.SessionId is not null) is not { } known)
        {
            return (null, false);
        }

        RescanOutcome? outcome = await outcomes.GetAsync(known.RequestId, cancellationToken);
        string text = string.Join('\n', outcome?.Log.Select(i => i.Message) ?? []);
        bool tells = SessionLogs.Names(text, known.Outcome.Repository.Name) || SessionLogs.Names(text, known.Outcome.Repository.Id);
        try
        {
            ApplianceSession session = await client.GetSessionAsync(known.Outcome.SessionId!, cancellationToken);
            return (session.Nature == SessionNature.OtherWork ? null : session.Type, tells);
        }
        catch (ApplianceException e) when (!e.IsTransient)
        {
            return (null, tells);
        }
    }

    private static async Task<Dictionary<ApplianceSession, SessionLogEvidence>> ReadLogsAsync(
        IApplianceClient client, string repositoryId, List<ApplianceSession> sessions, CancellationToken cancellationToken)
    {
        Dictionary<ApplianceSession, SessionLogEvidence> evidence = [];
        if (sessions.Count == 0)
        {
            return evidence;
        }

        IReadOnlyList<Repository> repositories = await client.GetRepositoriesAsync(cancellationToken);
        foreach (ApplianceSession session in sessions)
        {
            evidence[session] = SessionLogs.Judge(await ReadLogAsync(client, session.Id, cancellationToken), repositoryId, repositories);
        }

        return evidence;
    }

    private static async Task<IReadOnlyList<SessionLogItem>> ReadLogAsync(
        IApplianceClient client, string sessionId, CancellationToken cancellationToken)
    {
        try
        {
            return await client.GetSessionLogAsync(sessionId, cancellationToken);
        }
        catch (ApplianceException e) when (!e.IsTransient)
        {
            return [];
        }
    }
}
