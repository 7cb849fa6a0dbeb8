using System.Diagnostics;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Logging;
using Rescan.Functions.Appliances;
using Rescan.Functions.Storage;
using Rescan.Functions.Telemetry;

namespace Rescan.Functions.Rescans;

/// <summary>The end of a rescan.</summary>
/// <param name="InstanceId">The orchestration's instance id.</param>
/// <param name="Request">The rescan.</param>
/// <param name="State">How it went; its outcome is set.</param>
/// <param name="FinishedAt">When the end was noticed, UTC.</param>
/// <param name="WithoutLog">Record without the session's log, since it cannot be read.</param>
public sealed record RecordOutcomeInput(
    string InstanceId, RescanRequest Request, RescanState State, DateTimeOffset FinishedAt, bool WithoutLog);

/// <summary>Writes the outcome down once, with the session's log; without it where the log is what keeps it from being written.</summary>
/// <param name="appliances">The appliances' clients.</param>
/// <param name="intents">Keeps what the outcome must tell.</param>
/// <param name="outcomes">Where it is kept.</param>
/// <param name="late">Sees to what comes after the end.</param>
/// <param name="metrics">What is measured.</param>
/// <param name="log">The log.</param>
public sealed class RecordOutcome(
    IApplianceClients appliances, IntentStore intents, OutcomeStore outcomes, LateSession late, RescanMetrics metrics,
    ILogger<RecordOutcome> log)
{
    /// <summary>For a store that refuses the whole log: few enough to fit however they are written.</summary>
    private const int FewLogCharacters = 20_000;

    /// <summary>Records.</summary>
    /// <param name="input">The end.</param>
    /// <param name="cancellationToken">Ends with the host.</param>
    /// <returns>The outcome as recorded, without its log, which is too large for history.</returns>
    [Function(nameof(RecordOutcome))]
    public Task<ActivityResult<RescanOutcome>> RunAsync([ActivityTrigger] RecordOutcomeInput input, CancellationToken cancellationToken) =>
        ActivityResult.FromAsync(async () =>
        {
            RescanState state = input.State;
            using IDisposable? scope = TelemetryScope.Begin(
                log, input.Request.Appliance, input.InstanceId, state.RequestId, state.SessionId);
            Outcome outcome = state.Outcome ?? throw new UnreachableException();
            (IReadOnlyList<SessionLogItem> items, string? missing) = await ReadLogAsync(input, cancellationToken);
            RescanIntent? intent = await intents.GetIntentAsync(input.Request.Appliance, state.RequestId, cancellationToken);
            string? remark = intent?.Remark is not { } told || state.Remark?.Contains(told, StringComparison.Ordinal) == true
                ? state.Remark : told;
            string? open = state.SessionId is null && intent is { LastPostAt: not null, SessionId: null }
                ? "The answer to its request was lost, and no session of it was found: the appliance may have rescanned the repository all "
                    + "the same, or do so yet."
                : null;
            string[] remarks = [.. new[] { state.Reason, remark, open, missing }.OfType<string>().Distinct()];
            RescanOutcome record = new()
            {
                Id = input.InstanceId,
                Appliance = input.Request.Appliance,
                Repository = input.Request.Repository,
                SessionId = state.SessionId,
                Outcome = outcome,
                Reason = StorableText.CleanOrNull(string.Join(' ', remarks)),
                StartedBy = input.Request.StartedBy,
                CanceledBy = state.CanceledBy,
                StartedAt = state.StartedAt,
                FinishedAt = input.FinishedAt,
                DurationSeconds = Math.Round(Duration(state, input.FinishedAt).TotalSeconds, 3),
                Polls = state.Polls,
                Requests = state.Requests + (RequestCounts.Current ?? new()),
                Timeline = state.Timeline,
                Log = items,
            };
            if (await TryRecordAsync(state.RequestId, record, items, cancellationToken))
            {
                log.RescanEnded(record);
                metrics.Ended(record, NoticedAfter(input));
            }

            RescanOutcome recorded = record with { Log = [] };
            return await intents.GetIntentAsync(input.Request.Appliance, state.RequestId, cancellationToken) is { } now
                ? await late.TellAsync(state.RequestId, recorded, now.SessionId, now.Remark, cancellationToken)
                : recorded;
        });

    /// <summary>By the appliance's times where it told both, since its own duration field is not to be trusted; else by ours.</summary>
    private static TimeSpan Duration(RescanState state, DateTimeOffset finishedAt)
    {
        TimeSpan duration = state is { SessionStartedAt: { } start, SessionStoppedAt: { } stop }
            ? stop - start : finishedAt - (state.WatchedSince ?? state.StartedAt);
        return duration < TimeSpan.Zero ? TimeSpan.Zero : duration;
    }

    /// <summary>From the session's stop, told by our clock, to when it was noticed; null when either clock is not known.</summary>
    private TimeSpan? NoticedAfter(RecordOutcomeInput input) =>
        input.State.SessionStoppedAt is { } stopped && appliances.Get(input.Request.Appliance).ClockOffset is { } offset
        ? input.FinishedAt - (stopped - offset) : null;

    /// <summary>
    /// A log that the store cannot hold must not cost the outcome. A store that is away fails each
    /// time; then the whole is tried again later.
    /// </summary>
    private async Task<bool> TryRecordAsync(
        string requestId, RescanOutcome record, IReadOnlyList<SessionLogItem> items, CancellationToken cancellationToken)
    {
        try
        {
            return await outcomes.TryRecordAsync(requestId, record, cancellationToken);
        }
        catch (Exception e) when (record.Log.Count > 0 && !cancellationToken.IsCancellationRequested)
        {
            log.LogWarning("The outcome could not be recorded with its log ({Reason}); it is tried with less of it", e.Message);
        }

        try
        {
            return await outcomes.TryRecordAsync(requestId, record with { Log = Beginning(items) }, cancellationToken);
        }
        catch (Exception) when (!cancellationToken.IsCancellationRequested)
        {
            string reason = $"{record.Reason} The session's log could not be stored.".TrimStart();
            return await outcomes.TryRecordAsync(requestId, record with { Log = [], Reason = reason }, cancellationToken);
        }
    }

    private static List<SessionLogItem> Beginning(IReadOnlyList<SessionLogItem> items)
    {
        List<SessionLogItem> kept = [];
        int characters = 0;
        foreach (SessionLogItem item in items)
        {
            characters += item.Message.Length;
            if (characters > FewLogCharacters)
            {
                kept.Add(SessionLogLimits.Rest(item.Time, items.Count - kept.Count));
                break;
            }

            kept.Add(item);
        }

        return kept;
    }

    private async Task<(IReadOnlyList<SessionLogItem> Log, string? Missing)> ReadLogAsync(
        RecordOutcomeInput input, CancellationToken cancellationToken)
    {
        if (input.State.SessionId is not { } session)
        {
            return ([], null);
        }

        if (input.WithoutLog)
        {
            return ([], "The session's log could not be read.");
        }

        try
        {
            return (await appliances.Get(input.Request.Appliance).GetSessionLogAsync(session, cancellationToken), null);
        }
        catch (ApplianceException e) when (!e.IsTransient)
        {
            return ([], e.Failure == ApplianceFailure.NotFound ? null : e.Message);
        }
        catch (UnknownApplianceException e)
        {
            return ([], e.Message);
        }
    }
}
