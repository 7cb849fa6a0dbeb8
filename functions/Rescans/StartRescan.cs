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
/// <param name="SessionId">Its uuid; null when nothing was to be posted and there is none to adopt.</param>
/// <param name="Remark">What the operator should know about how it was found.</param>
/// <param name="PastSeconds">Durations of this repository's last rescans, newest first.</param>
public sealed record StartedRescan(string? SessionId, string? Remark, IReadOnlyList<double> PastSeconds)
{
    /// <summary>Why nothing was posted: the rescan has been canceled, which its orchestration may not have heard yet.</summary>
    public string? CancelReason { get; init; }

    /// <summary>Who or what canceled it.</summary>
    public Initiator? CanceledBy { get; init; }
}

/// <summary>
/// Finds or starts the one session of a rescan (see <see cref="RescanPost"/>), and tells how long its rescans took before.
/// </summary>
/// <param name="appliances">The appliances' clients.</param>
/// <param name="intents">Keeps intents and claims.</param>
/// <param name="outcomes">Tells how long past rescans took.</param>
/// <param name="search">Finds the session of a POST without an answer.</param>
/// <param name="post">Posts.</param>
/// <param name="late">Sees to what comes after the end.</param>
/// <param name="gates">Serialises starts per appliance.</param>
/// <param name="metrics">What is measured.</param>
/// <param name="log">The log.</param>
public sealed class StartRescan(
    IApplianceClients appliances, IntentStore intents, OutcomeStore outcomes, SessionSearch search, RescanPost post, LateSession late,
    KeyedLock gates, RescanMetrics metrics, ILogger<StartRescan> log)
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
            using IDisposable gate = await gates.EnterAsync(input.Appliance, cancellationToken);
            StartedRescan started = await StartAsync(input, cancellationToken);
            if (started.SessionId is { } session)
            {
                metrics.Started(input.Appliance, session);
                Activity.Current?.SetTag(TelemetryNames.SessionId, session);
            }

            IReadOnlyList<RecordedOutcome> recent = await outcomes.GetRecentRecordedAsync(instanceId, PastRescans, cancellationToken);
            if (recent.FirstOrDefault(r => r.RequestId == input.RequestId)?.Outcome is { } ended)
            {
                await late.TellAsync(input.RequestId, ended, started.SessionId, started.Remark, cancellationToken);
            }

            IEnumerable<RescanOutcome> past = recent.Select(r => r.Outcome);
            return started with
            {
                PastSeconds = [
                    .. past.Where(o => o.Outcome is Outcome.Succeeded or Outcome.Warning or Outcome.Failed && o.DurationSeconds > 0)
                    .Select(o => o.DurationSeconds)],
            };
        });

    private async Task<StartedRescan> StartAsync(StartRescanInput input, CancellationToken cancellationToken)
    {
        IApplianceClient client = appliances.Get(input.Appliance);
        RescanIntent? intent = await intents.GetIntentAsync(client.Name, input.RequestId, cancellationToken);
        if (intent?.SessionId is { } known)
        {
            return new StartedRescan(known, intent.Remark, []);
        }

        bool adoptOnly = input.AdoptOnly || intent?.CancelReason is not null;
        if (adoptOnly && intent?.LastPostAt is null)
        {
            return new StartedRescan(null, intent?.Remark, []) { CancelReason = intent?.CancelReason, CanceledBy = intent?.CanceledBy };
        }

        // A first call tells the appliance's clock, by which it stamps its sessions, where none has been made yet in this process.
        if (client.ClockOffset is null)
        {
            await client.SignInAsync(cancellationToken);
        }

        string? remark = intent?.Remark;
        if (intent?.LastPostAt is not null)
        {
            FoundSession found = await search.FindAsync(client, intent, settled: false, cancellationToken);
            if (found.SessionId is not null || adoptOnly)
            {
                return new StartedRescan(found.SessionId, Join(remark, found.Remark), [])
                {
                    CancelReason = intent.CancelReason,
                    CanceledBy = intent.CanceledBy,
                };
            }

            remark = Join(
                remark, "The answer to a request was lost and no session of it was found, so the rescan was posted again.", found.Remark);
        }

        return await post.PostAsync(client, input, intent, remark, cancellationToken);
    }

    private static string? Join(params string?[] texts) =>
        texts.OfType<string>().Distinct().ToArray() is { Length: > 0 } said ? string.Join(' ', said) : null;
}
