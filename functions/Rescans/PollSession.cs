using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Logging;
using Rescan.Functions.Appliances;
using Rescan.Functions.Telemetry;

namespace Rescan.Functions.Rescans;

/// <summary>A session to look at or to stop.</summary>
/// <param name="Appliance">The appliance's configured name.</param>
/// <param name="SessionId">The session's uuid.</param>
/// <param name="SkipLog">Leave the log, which has grown too large to be read each time.</param>
public sealed record SessionInput(string Appliance, string SessionId, bool SkipLog = false);

/// <summary>What one poll saw: small, since it is kept in history; the log itself is read again at the end.</summary>
/// <param name="State">Where the session stands.</param>
/// <param name="Status">The state as the appliance spells it.</param>
/// <param name="Result">How the session ended; null while it has not.</param>
/// <param name="Reason">Why it ended so.</param>
/// <param name="StartedAt">Start by the appliance's clock, UTC.</param>
/// <param name="StoppedAt">Stop by the appliance's clock, UTC.</param>
/// <param name="LogItems">Number of log items.</param>
/// <param name="LastMessage">The newest log message, shortened.</param>
/// <param name="LogTooLarge">Whether the log has grown larger than what is read.</param>
/// <param name="ProgressPercent">How far it is, 0 to 100, where the appliance tells.</param>
/// <param name="Attention">What the operator should see to while it goes on.</param>
public sealed record SessionSnapshot(
    SessionState State, string Status, SessionResult? Result, string? Reason, DateTimeOffset? StartedAt, DateTimeOffset? StoppedAt,
    int LogItems,
    string? LastMessage, bool LogTooLarge = false, int? ProgressPercent = null, string? Attention = null);

/// <summary>Reads a session and its log once.</summary>
/// <param name="appliances">The appliances' clients.</param>
/// <param name="metrics">What is measured.</param>
/// <param name="log">The log.</param>
public sealed class PollSession(IApplianceClients appliances, RescanMetrics metrics, ILogger<PollSession> log)
{
    private const int MaxMessage = 500;

    /// <summary>Polls.</summary>
    /// <param name="input">The session.</param>
    /// <param name="cancellationToken">Ends with the host.</param>
    [Function(nameof(PollSession))]
    public Task<ActivityResult<SessionSnapshot>> RunAsync([ActivityTrigger] SessionInput input, CancellationToken cancellationToken) =>
        ActivityResult.FromAsync(async () =>
        {
            using IDisposable? scope = TelemetryScope.Begin(log, input.Appliance, sessionId: input.SessionId);
            metrics.Polled(input.Appliance, input.SessionId);
            IApplianceClient client = appliances.Get(input.Appliance);
            ApplianceSession session = await client.GetSessionAsync(input.SessionId, cancellationToken);
            (IReadOnlyList<SessionLogItem> items, bool tooLarge) = input.SkipLog
                ? ([], true) : await ReadLogAsync(client, input.SessionId, cancellationToken);
            return new SessionSnapshot(
                session.State, session.Status, session.Result, session.Reason, session.StartedAt, session.StoppedAt, items.Count,
                items.Count == 0 ? null : Shorten(items[^1].Message), tooLarge, session.ProgressPercent, session.Attention);
        });

    private static string Shorten(string text) => StorableText.Clean(text, MaxMessage);

    /// <summary>The session decides when a rescan has ended; a log that cannot be read must not hide that.</summary>
    private static async Task<(IReadOnlyList<SessionLogItem> Log, bool TooLarge)> ReadLogAsync(
        IApplianceClient client, string sessionId, CancellationToken cancellationToken)
    {
        try
        {
            return (await client.GetSessionLogAsync(sessionId, cancellationToken), false);
        }
        catch (ApplianceException e)
        {
            return ([], e.Failure == ApplianceFailure.TooLarge);
        }
    }
}
