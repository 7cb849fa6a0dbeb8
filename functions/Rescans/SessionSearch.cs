using Microsoft.Extensions.Logging;
using Rescan.Functions.Appliances;
using Rescan.Functions.Storage;

namespace Rescan.Functions.Rescans;

/// <summary>
/// Finds the session of a POST whose answer was lost. A session does not name its repository, so one is taken only when it can be
/// nobody else's: it started when the POST was under way, nobody holds it, its kind is that of a rescan, its log does not name another
/// repository, and no other rescan waits for a session of that time, unless its log names this repository alone. What is left open is
/// set aside, so that nobody takes it, and the rescan is posted again: a second rescan is harmless, a foreign session is not.
/// </summary>
/// <param name="intents">Keeps intents and claims.</param>
/// <param name="outcomes">Tells a session that is known to be a rescan.</param>
/// <param name="log">The log.</param>
public sealed class SessionSearch(IIntentStore intents, IOutcomeStore outcomes, ILogger<SessionSearch> log)
{
    /// <summary>The appliance's clock is read from its answers to the second, and it stamps sessions in its own time.</summary>
    private static readonly TimeSpan ClockTolerance = TimeSpan.FromSeconds(3);

    /// <summary>A POST is given up after 100 seconds; it acts within them or never.</summary>
    private static readonly TimeSpan LongestPost = TimeSpan.FromSeconds(120);

    private enum Evidence
    {
        /// <summary>Its log names this repository and no other.</summary>
        Ours,

        /// <summary>Nothing is said.</summary>
        None,

        /// <summary>Its log names another repository and not this one.</summary>
        Theirs,
    }

    /// <summary>Looks for the session and claims it.</summary>
    /// <param name="client">The appliance.</param>
    /// <param name="intent">The intent, with the times of its POSTs.</param>
    /// <param name="cancellationToken">Ends the search.</param>
    /// <returns>The session, null when there is none to take; and what the operator should know.</returns>
    public async Task<(string? SessionId, string? Remark)> FindAsync(IApplianceClient client, RescanIntent intent, CancellationToken cancellationToken)
    {
        DateTimeOffset since = intent.FirstPostAt!.Value - ClockTolerance;
        List<ApplianceSession> sessions = [.. (await client.FindRescanCandidatesAsync(since, cancellationToken).ConfigureAwait(false)).Where(s => CanBeOf(intent, s))];
        IReadOnlyDictionary<string, string> claims = await intents.GetClaimsAsync(client.Name, [.. sessions.Select(s => s.Id)], cancellationToken).ConfigureAwait(false);
        if (sessions.Find(s => claims.GetValueOrDefault(s.Id) == intent.RequestId) is { } own)
        {
            return await TakeAsync(client, intent, own, cancellationToken).ConfigureAwait(false);
        }

        sessions.RemoveAll(s => claims.ContainsKey(s.Id));
        if (sessions.Count > 0 && await TypeOfRescansAsync(client, cancellationToken).ConfigureAwait(false) is { } type)
        {
            sessions.RemoveAll(s => s.Type is not null && s.Type != type);
        }

        if (sessions.Count == 0)
        {
            return (null, null);
        }

        Dictionary<ApplianceSession, Evidence> evidence = await ReadLogsAsync(client, intent.RepositoryId, sessions, cancellationToken).ConfigureAwait(false);
        if (sessions.Find(s => evidence[s] == Evidence.Ours) is { } ours)
        {
            return await TakeAsync(client, intent, ours, cancellationToken).ConfigureAwait(false);
        }

        List<ApplianceSession> open = sessions.FindAll(s => evidence[s] != Evidence.Theirs);
        if (open.Count == 0)
        {
            return (null, null);
        }

        IReadOnlyList<RescanIntent> waiting = await intents.GetOpenIntentsAsync(client.Name, since - LongestPost, cancellationToken).ConfigureAwait(false);
        if (open is [{ Evidence: not RescanEvidence.Ambiguous }] && !waiting.Any(other => other.RequestId != intent.RequestId && CanBeOf(other, open[0])))
        {
            return await TakeAsync(client, intent, open[0], cancellationToken).ConfigureAwait(false);
        }

        await intents.SetAsideAsync(client.Name, [.. open.Select(s => s.Id)], cancellationToken).ConfigureAwait(false);
        log.LogWarning("{Count} sessions of appliance {Appliance} could be the rescan of {Repository} whose answer was lost; it is posted again", open.Count, client.Name, intent.RepositoryId);
        return (null, $"The answer to the first request was lost and it could not be told whether a session of that time was its own ({open.Count} could), so the rescan was posted again; the repository may have been rescanned twice.");
    }

    /// <summary>Whether a session can come from a POST of an intent, by the times; one that has not begun tells none.</summary>
    private static bool CanBeOf(RescanIntent intent, ApplianceSession session) =>
        session.StartedAt is not { } start || (start >= intent.FirstPostAt - ClockTolerance && start <= intent.LastPostAt + LongestPost);

    /// <summary>Whether a text holds a name as a word of its own.</summary>
    private static bool Names(string text, string name)
    {
        for (int at = text.IndexOf(name, StringComparison.OrdinalIgnoreCase); at >= 0; at = text.IndexOf(name, at + 1, StringComparison.OrdinalIgnoreCase))
        {
            bool begins = at == 0 || !IsPart(text[at - 1]);
            int after = at + name.Length;
            bool ends = after == text.Length || !IsPart(text[after]) || (text[after] == '.' && (after + 1 == text.Length || char.IsWhiteSpace(text[after + 1])));
            if (begins && ends)
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsPart(char c) => char.IsLetterOrDigit(c) || c is '-' or '_' or '.';

    private async Task<(string? SessionId, string? Remark)> TakeAsync(IApplianceClient client, RescanIntent intent, ApplianceSession session, CancellationToken cancellationToken)
    {
        if (!await intents.TryClaimSessionAsync(intent, session.Id, cancellationToken).ConfigureAwait(false))
        {
            return (null, null);
        }

        log.LogInformation("Session {SessionId} of appliance {Appliance} is taken for the rescan of {Repository} whose answer was lost", session.Id, client.Name, intent.RepositoryId);
        return (session.Id, "The answer to the request was lost; the session that was followed is probably its own, by the time it started.");
    }

    /// <summary>The type of sessions that are rescans, which no documentation tells, from one that is known to be; null when none is known any more.</summary>
    private async Task<string?> TypeOfRescansAsync(IApplianceClient client, CancellationToken cancellationToken)
    {
        OutcomePage last = await outcomes.ListAsync(new OutcomeQuery(client.Name, Limit: 1), cancellationToken).ConfigureAwait(false);
        if (last.Items is not [{ Outcome.SessionId: { } known }])
        {
            return null;
        }

        try
        {
            return (await client.GetSessionAsync(known, cancellationToken).ConfigureAwait(false)).Type;
        }
        catch (ApplianceException e) when (!e.IsTransient)
        {
            return null;
        }
    }

    private async Task<Dictionary<ApplianceSession, Evidence>> ReadLogsAsync(
        IApplianceClient client, string repositoryId, List<ApplianceSession> sessions, CancellationToken cancellationToken)
    {
        IReadOnlyList<Repository> repositories = await client.GetRepositoriesAsync(cancellationToken).ConfigureAwait(false);
        Dictionary<ApplianceSession, Evidence> evidence = [];
        foreach (ApplianceSession session in sessions)
        {
            evidence[session] = Judge(await ReadLogAsync(client, session.Id, cancellationToken).ConfigureAwait(false), repositoryId, repositories);
        }

        return evidence;
    }

    private static Evidence Judge(string log, string repositoryId, IReadOnlyList<Repository> repositories)
    {
        bool ours = false;
        bool theirs = false;
        foreach (Repository repository in repositories.Where(r => (r.Name.Length > 0 && Names(log, r.Name)) || Names(log, r.Id)))
        {
            bool same = string.Equals(repository.Id, repositoryId, StringComparison.OrdinalIgnoreCase);
            (ours, theirs) = (ours || same, theirs || !same);
        }

        return ours == theirs ? Evidence.None : ours ? Evidence.Ours : Evidence.Theirs;
    }

    private static async Task<string> ReadLogAsync(IApplianceClient client, string sessionId, CancellationToken cancellationToken)
    {
        try
        {
            return string.Join('\n', (await client.GetSessionLogAsync(sessionId, cancellationToken).ConfigureAwait(false)).Select(i => i.Message));
        }
        catch (ApplianceException e) when (!e.IsTransient)
        {
            return "";
        }
    }
}
