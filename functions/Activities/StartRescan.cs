using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Logging;
using Rescan.Functions.Appliance;
using Rescan.Functions.Orchestrations;
using Rescan.Functions.Outcomes;

namespace Rescan.Functions.Activities;

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
/// intent is written before it; a repeat adopts the one session that started since and that no other intent has claimed.
/// </summary>
/// <param name="appliances">The appliances' clients.</param>
/// <param name="outcomes">Keeps intents and claims.</param>
/// <param name="gates">Serialises starts per appliance.</param>
/// <param name="time">The clock.</param>
/// <param name="log">The log.</param>
public sealed class StartRescan(IApplianceClients appliances, IOutcomeStore outcomes, StartGates gates, TimeProvider time, ILogger<StartRescan> log)
{
    private const int PastRescans = 20;

    /// <summary>The appliance's clock is read from its answers to the second, and it stamps sessions in its own time.</summary>
    private static readonly TimeSpan ClockTolerance = TimeSpan.FromSeconds(3);

    /// <summary>Starts, or finds what was started.</summary>
    /// <param name="input">The rescan.</param>
    /// <param name="cancellationToken">Ends with the host.</param>
    [Function(nameof(StartRescan))]
    public Task<ActivityAnswer<StartedRescan>> RunAsync([ActivityTrigger] StartRescanInput input, CancellationToken cancellationToken) =>
        ActivityAnswer.FromAsync(async () =>
        {
            using IDisposable gate = await gates.EnterAsync(input.Appliance, cancellationToken).ConfigureAwait(false);
            (string? session, string? remark) = await StartAsync(input, cancellationToken).ConfigureAwait(false);
            IReadOnlyList<RescanOutcome> past = await outcomes.GetRecentAsync(
                RescanRequest.InstanceIdOf(input.Appliance, input.RepositoryId), PastRescans, cancellationToken).ConfigureAwait(false);
            return new StartedRescan(
                session, remark,
                [.. past.Where(o => o.Outcome is Outcome.Succeeded or Outcome.Warning or Outcome.Failed && o.DurationSeconds > 0).Select(o => o.DurationSeconds)]);
        });

    private async Task<(string? SessionId, string? Remark)> StartAsync(StartRescanInput input, CancellationToken cancellationToken)
    {
        IApplianceClient client = appliances.Get(input.Appliance);
        (RescanIntent intent, bool created) = await outcomes.GetOrAddIntentAsync(
            new RescanIntent(input.RequestId, input.Appliance, input.RepositoryId, time.GetUtcNow(), null), cancellationToken).ConfigureAwait(false);
        if (intent.SessionId is { } known)
        {
            return (known, null);
        }

        string? remark = null;
        if (!created)
        {
            (string? adopted, remark) = await AdoptAsync(client, intent, cancellationToken).ConfigureAwait(false);
            if (adopted is not null || input.AdoptOnly)
            {
                return (adopted, remark);
            }
        }
        else if (input.AdoptOnly)
        {
            return (null, null);
        }

        string? session = await client.StartRescanAsync(input.RepositoryId, cancellationToken).ConfigureAwait(false);
        if (session is null)
        {
            (session, remark) = await AdoptAsync(client, intent, cancellationToken).ConfigureAwait(false);
            return session is not null
                ? (session, remark)
                : throw new ApplianceException(
                    ApplianceFailure.Rejected,
                    $"Appliance '{input.Appliance}', rescan: it accepted the request but named no session, and none that could be the rescan's has started, so it cannot be watched.");
        }

        await outcomes.TryClaimSessionAsync(intent, session, cancellationToken).ConfigureAwait(false);
        return (session, remark);
    }

    private async Task<(string? SessionId, string? Remark)> AdoptAsync(IApplianceClient client, RescanIntent intent, CancellationToken cancellationToken)
    {
        // A first call tells the appliance's clock where none has been made yet in this process.
        if (client.ClockOffset is null)
        {
            await client.SignInAsync(cancellationToken).ConfigureAwait(false);
        }

        DateTimeOffset since = intent.CreatedAt + (client.ClockOffset ?? TimeSpan.Zero) - ClockTolerance;
        IReadOnlyList<ApplianceSession> sessions = await client.GetSessionsSinceAsync(since, cancellationToken).ConfigureAwait(false);
        IReadOnlySet<string> claimed = await outcomes.GetClaimedSessionsAsync(client.Name, [.. sessions.Select(s => s.Id)], cancellationToken).ConfigureAwait(false);
        List<ApplianceSession> candidates = [.. sessions.Where(s => !claimed.Contains(s.Id))];
        if (candidates.Count > 1)
        {
            log.LogWarning("{Count} sessions of appliance {Appliance} could be the rescan of {Repository} whose answer was lost; it is posted again", candidates.Count, client.Name, intent.RepositoryId);
            return (null, $"The answer to the first request was lost and {candidates.Count} sessions could have been its own, so the rescan was posted again; the repository may have been rescanned twice.");
        }

        if (candidates.Count == 1 && await outcomes.TryClaimSessionAsync(intent, candidates[0].Id, cancellationToken).ConfigureAwait(false))
        {
            log.LogInformation("Session {SessionId} of appliance {Appliance} is taken for the rescan of {Repository} whose answer was lost", candidates[0].Id, client.Name, intent.RepositoryId);
            return (candidates[0].Id, "The answer to the request was lost; its session was found by the time it started.");
        }

        return (null, null);
    }
}
