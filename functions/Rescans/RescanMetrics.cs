using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Rescan.Functions.Storage;
using Rescan.Functions.Telemetry;

namespace Rescan.Functions.Rescans;

/// <summary>What is measured of rescans. Recording costs next to nothing while nobody listens.</summary>
public sealed class RescanMetrics
{
    /// <summary>
    /// A rescan that no poll has touched for this long is another process's, or nobody's; longer than any wait between polls.
    /// </summary>
    private static readonly TimeSpan Forgotten = TimeSpan.FromMinutes(75);

    private readonly TimeProvider time;
    private readonly Counter<long> rescans;
    private readonly Histogram<double> duration;
    private readonly Histogram<double> delay;
    private readonly Counter<long> polls;
    private readonly Counter<long> runs;
    private readonly ConcurrentDictionary<(string Appliance, string Session), DateTimeOffset> running = new();

    // An appliance with nothing to watch has zero sessions; one without a value looks as if it were not measured.
    private readonly ConcurrentDictionary<string, bool> watched = new(StringComparer.OrdinalIgnoreCase);
    private readonly ConcurrentDictionary<string, (RescanOutcome Outcome, DateTimeOffset At)> successes = new(StringComparer.Ordinal);

    /// <summary>Creates the instruments.</summary>
    /// <param name="meters">Makes the meter.</param>
    /// <param name="time">The clock.</param>
    public RescanMetrics(IMeterFactory meters, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(meters);
        this.time = time;
        Meter meter = meters.Create(TelemetryNames.Source);
        rescans = meter.CreateCounter<long>(TelemetryNames.Rescans, "{rescan}", "Rescans that ended, by outcome.");
        duration = meter.CreateHistogram(
            TelemetryNames.Duration, "s", "How long sessions took.",
            advice: new InstrumentAdvice<double>
            {
                HistogramBucketBoundaries = [
                5, 15, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400, 28800, 86400]
            });
        delay = meter.CreateHistogram(
            TelemetryNames.DetectionDelay, "s", "How long after a session's end it was noticed.",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800] });
        polls = meter.CreateCounter<long>(TelemetryNames.Polls, "{poll}", "Polls of sessions.");
        runs = meter.CreateCounter<long>(TelemetryNames.Runs, "{run}", "Runs that ended, by result.");
        meter.CreateObservableGauge(TelemetryNames.Running, ObserveRunning, "{rescan}", "Sessions that this process watches.");
        meter.CreateObservableGauge(
            TelemetryNames.LastSuccessAge, ObserveAges, "s", "Time since each repository's last rescan that succeeded, warnings included.");
    }

    /// <summary>A session was looked at.</summary>
    public void Polled(string appliance, string sessionId)
    {
        polls.Add(1, new KeyValuePair<string, object?>(TelemetryNames.Appliance, appliance));
        Started(appliance, sessionId);
    }

    /// <summary>A run has ended.</summary>
    /// <param name="result">Succeeded, Warning or Failed.</param>
    public void RunEnded(Outcome result) => runs.Add(1, new KeyValuePair<string, object?>(TelemetryNames.RunResult, result.ToString()));

    /// <summary>A session is watched from now on.</summary>
    public void Started(string appliance, string sessionId)
    {
        watched.TryAdd(appliance, true);
        running[(appliance, sessionId)] = time.GetUtcNow();
    }

    /// <summary>A rescan has ended and been recorded; once a rescan.</summary>
    /// <param name="outcome">What was recorded.</param>
    /// <param name="noticedAfter">How long after the session's end; null when that is not known.</param>
    public void Ended(RescanOutcome outcome, TimeSpan? noticedAfter)
    {
        ArgumentNullException.ThrowIfNull(outcome);
        TagList tags = new() { { TelemetryNames.Appliance, outcome.Appliance }, { TelemetryNames.Outcome, outcome.Outcome.ToString() } };
        rescans.Add(1, tags);
        duration.Record(outcome.DurationSeconds, tags);
        if (noticedAfter is { } after)
        {
            // The appliance tells its clock to the second, so a prompt notice may seem to come before the end.
            delay.Record(Math.Max(0, after.TotalSeconds), new KeyValuePair<string, object?>(TelemetryNames.Appliance, outcome.Appliance));
        }

        if (outcome.SessionId is { } session)
        {
            running.TryRemove((outcome.Appliance, session), out _);
        }

        if (outcome.Outcome is Outcome.Succeeded or Outcome.Warning)
        {
            Succeeded(outcome, outcome.FinishedAt);
        }
    }

    /// <summary>When a repository's last success was, told by the outcome store.</summary>
    /// <param name="newest">Any outcome of the repository.</param>
    /// <param name="at">The time.</param>
    public void Succeeded(RescanOutcome newest, DateTimeOffset at)
    {
        ArgumentNullException.ThrowIfNull(newest);
        successes.AddOrUpdate(newest.Id, (newest, at), (_, known) => at >= known.At ? (newest, at) : known);
    }

    private IEnumerable<Measurement<long>> ObserveRunning()
    {
        DateTimeOffset alive = time.GetUtcNow() - Forgotten;
        foreach (KeyValuePair<(string Appliance, string Session), DateTimeOffset> forgotten in running.Where(r => r.Value < alive))
        {
            running.TryRemove(forgotten);
        }

        ILookup<string, string> sessions = running.Keys.ToLookup(k => k.Appliance, k => k.Session, StringComparer.OrdinalIgnoreCase);
        return watched.Keys.Select(
            a => new Measurement<long>(sessions[a].Count(), new KeyValuePair<string, object?>(TelemetryNames.Appliance, a)));
    }

    private IEnumerable<Measurement<double>> ObserveAges()
    {
        DateTimeOffset now = time.GetUtcNow();
        return successes.Values.Select(s => new Measurement<double>(
            Math.Max(0, (now - s.At).TotalSeconds),
            new KeyValuePair<string, object?>(TelemetryNames.Appliance, s.Outcome.Appliance),
            new KeyValuePair<string, object?>(TelemetryNames.RepositoryId, s.Outcome.Repository.Id),
            new KeyValuePair<string, object?>(TelemetryNames.Repository, s.Outcome.Repository.Name)));
    }
}
