using System.Diagnostics;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Logging;
using Rescan.Functions.Appliances;
using Rescan.Functions.Storage;
using Rescan.Functions.Telemetry;

namespace Rescan.Functions.Rescans;

/// <summary>Which rescan to start.</summary>
/// <param name="RequestId">Identifies the rescan, so that a repeat finds what the first run left.</param>
/// <param name="Appliance">The appliance's configured name.</param>
/// <param name="RepositoryId">The repository's uuid.</param>
/// <param name="AdoptOnly">Only look for a session that an earlier try may have started; post nothing.</param>
public sealed record StartRescanInput(string RequestId, string Appliance, string RepositoryId, bool AdoptOnly = false);

/// <summary>The session of a rescan.</summary>
/// <param name="SessionId">Its uuid; null when only a session to adopt was looked for and there is none.</param>
/// <param name="Remark">What the operator should know about how it was found.</param>
/// <param name="PastSeconds">Durations of this repository's last rescans, newest first.</param>
public sealed record StartedRescan(string? SessionId, string? Remark, IReadOnlyList<double> PastSeconds);

/// <summary>
/// Starts exactly one session a rescan, however often it runs. The POST has no idempotency key and its answer can be lost, so an
/// intent is written before it; a repeat takes the session that can only be the intent's, if there is one (see <see cref="SessionSearch"/>).
/// </summary>
/// <param name="appliances">The appliances' clients.</param>
/// <param name="intents">Keeps intents and claims.</param>
/// <param name="outcomes">Tells how long past rescans took.</param>
/// <param name="search">Finds the session of a POST without an answer.</param>
/// <param name="gates">Serialises starts per appliance.</param>
/// <param name="time">The clock.</param>
/// <param name="metrics">What is measured.</param>
/// <param name="log">The log.</param>
public sealed class StartRescan(
    IApplianceClients appliances, IntentStore intents, OutcomeStore outcomes, SessionSearch search, KeyedLock gates, TimeProvider time,
    RescanMetrics metrics, ILogger<StartRescan> log)
{
    private const int PastRescans = 20;

    /// <summary>Starts, or finds what was started.</summary>
    /// <param name="input">The rescan.</param>
    /// <param name="cancellationToken">Ends with the host.</param>
    [Function(nameof(StartRescan))]
    public Task<ActivityResult<StartedRescan>> RunAsync([ActivityTrigger] StartRescanInput input, CancellationToken cancellationToken) =>
        ActivityResult.FromAsync(async () =>
        {
            string instanceId = RescanRequest.InstanceIdOf(input.Appliance, input.RepositoryId);
            using IDisposable? scope = TelemetryScope.Begin(log, input.Appliance, instanceId, input.RequestId);
            using IDisposable gate = await gates.EnterAsync(input.Appliance, cancellationToken).ConfigureAwait(false);
            (string? session, string? remark) = await StartAsync(input, cancellationToken).ConfigureAwait(false);
            if (session is not null)
            {
                metrics.Started(input.Appliance, session);
                Activity.Current?.SetTag(TelemetryNames.SessionId, session);
            }

            IReadOnlyList<RescanOutcome> past = await outcomes.GetRecentAsync(instanceId, PastRescans, cancellationToken).ConfigureAwait(false);
            return new StartedRescan(
                session, remark,
                [.. past.Where(o => o.Outcome is Outcome.Succeeded or Outcome.Warning or Outcome.Failed && o.DurationSeconds > 0).Select(o => o.DurationSeconds)]);
        });

    private async Task<(string? SessionId, string? Remark)> StartAsync(StartRescanInput input, CancellationToken cancellationToken)
    {
        IApplianceClient client = appliances.Get(input.Appliance);

        // A first call tells the appliance's clock, by which it stamps its sessions, where none has been made yet in this process.
        if (client.ClockOffset is null)
        {
            await client.SignInAsync(cancellationToken).ConfigureAwait(false);
        }

        DateTimeOffset now = time.GetUtcNow();
        DateTimeOffset post = now + (client.ClockOffset ?? TimeSpan.Zero);
        RescanIntent wish = new(input.RequestId, client.Name, input.RepositoryId, now, null);
        (RescanIntent intent, bool created) = await intents.GetOrAddIntentAsync(
            input.AdoptOnly ? wish : wish with { FirstPostAt = post, LastPostAt = post }, cancellationToken).ConfigureAwait(false);
        if (intent.SessionId is { } known)
        {
            return (known, null);
        }

        RescanIntent before = created ? wish : intent;
        string? remark = null;
        if (before.LastPostAt is not null)
        {
            (string? adopted, remark) = await search.FindAsync(client, intent, cancellationToken).ConfigureAwait(false);
            if (adopted is not null)
            {
                return (adopted, remark);
            }
        }

        if (input.AdoptOnly)
        {
            return (null, remark);
        }

        if (!created)
        {
            post = time.GetUtcNow() + (client.ClockOffset ?? TimeSpan.Zero);
            intent = before with { FirstPostAt = before.FirstPostAt ?? post, LastPostAt = post };
            await intents.SetPostsAsync(intent, cancellationToken).ConfigureAwait(false);
        }

        string? session;
        try
        {
            session = await client.StartRescanAsync(input.RepositoryId, cancellationToken).ConfigureAwait(false);
        }
        catch (ApplianceException e) when (HasSurelyNotActed(e))
        {
            // Nothing to look for later: a session that somebody else starts meanwhile cannot be taken for this one.
            await intents.SetPostsAsync(before, cancellationToken).ConfigureAwait(false);
            throw;
        }

        if (session is null)
        {
            (session, remark) = await search.FindAsync(client, intent, cancellationToken).ConfigureAwait(false);
            return session is not null
                ? (session, remark)
                : throw new ApplianceException(
                    ApplianceFailure.Rejected,
                    $"Appliance '{input.Appliance}', rescan: it accepted the request but named no session, and none that could be the rescan's has started, so it cannot be watched.");
        }

        if (!await intents.TryClaimSessionAsync(intent, session, cancellationToken).ConfigureAwait(false))
        {
            log.LogWarning("Session {SessionId} of appliance {Appliance} was taken for another rescan's before its own start could be noted", session, client.Name);
        }

        return (session, remark);
    }

    /// <summary>Whether the POST cannot have started a session: it never left, or was answered with a refusal. A proxy's 5xx may hide that it was.</summary>
    private static bool HasSurelyNotActed(ApplianceException e) => !e.MayHaveActed || e.Status is >= 300 and < 500 and not 408;
}
