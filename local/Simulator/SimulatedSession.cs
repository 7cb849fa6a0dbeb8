using System.Globalization;

namespace Rescan.Local.Simulator;

/// <summary>A session: what it shows depends on the time alone, until somebody stops it or the appliance goes down.</summary>
internal sealed class SimulatedSession
{
    /// <summary>
    /// The type of a rescan: the only documented one that can be meant. Which one a real appliance gives it is nowhere said.
    /// </summary>
    public const string RescanType = "ImportPolicy";

    private const int RestorePoints = 48;

    private readonly Lock gate = new();
    private readonly SimulatedRepository? repository;
    private readonly TimeSpan duration;
    private readonly string outcome;
    private BrokenSession? broken;

    /// <param name="id">Its uuid.</param>
    /// <param name="type">The kind of work.</param>
    /// <param name="usn">Its number.</param>
    /// <param name="start">When it runs; until then it is NeverExecuted.</param>
    /// <param name="duration">How long it runs.</param>
    /// <param name="outcome">How it ends.</param>
    /// <param name="repository">The repository that it rescans, if it does.</param>
    public SimulatedSession(
        string id, string type, int usn, DateTimeOffset start, TimeSpan duration, string outcome, SimulatedRepository? repository = null)
    {
        Id = id;
        Type = type;
        Usn = usn;
        Start = start;
        this.duration = duration;
        this.outcome = outcome;
        this.repository = repository;
    }

    public string Id { get; }

    public string Type { get; }

    public int Usn { get; }

    public DateTimeOffset Start { get; }

    /// <summary>Who started it; null: the appliance itself.</summary>
    public string? InitiatedBy { get; init; }

    public string? RepositoryId => repository?.Id;

    public static SimulatedSession From(KeptSession kept, SimulatedRepository repository, string by) =>
        new(kept.Id, RescanType, kept.Usn, kept.Start, kept.Duration, kept.Outcome, repository) { InitiatedBy = by, broken = kept.Broken };

    /// <summary>A rescan as it is kept over a restart; null for other work, which starts anew.</summary>
    public KeptSession? Keep() => repository is null ? null : new KeptSession(Id, repository.Id, Usn, Start, duration, outcome, broken);

    /// <summary>Ends it before its time.</summary>
    /// <returns>False when it had ended.</returns>
    /// <param name="now">The appliance's time.</param>
    /// <param name="end">How it ends.</param>
    /// <param name="reason">Why, where the appliance tells.</param>
    /// <param name="after">How long it takes to end.</param>
    public bool Break(DateTimeOffset now, string end, string? reason, TimeSpan after = default)
    {
        lock (gate)
        {
            if (End(now) is not null)
            {
                return false;
            }

            broken ??= new BrokenSession(now + after, end, reason);
            return true;
        }
    }

    public bool IsOver(DateTimeOffset now) => End(now) is not null;

    /// <summary>Whether it was told to stop and has not stopped yet.</summary>
    public bool IsStopping(DateTimeOffset now) => broken is { } stop && now < stop.At;

    /// <summary>How far it is, 0 to 1.</summary>
    public double Share(DateTimeOffset now) =>
        duration > TimeSpan.Zero ? Math.Clamp(((End(now) ?? now) - Start) / duration, 0, 1) : 1;

    /// <summary>Its end: succeeded, warning, failed or canceled, and why; null while it runs.</summary>
    public (DateTimeOffset At, string Outcome, string? Reason)? EndOf(DateTimeOffset now) =>
        End(now) is { } at ? (at, broken?.Outcome ?? outcome, Ended().Reason) : null;

    public string Status(DateTimeOffset now) => End(now) is not null ? Ended().Status : now < Start ? "NeverExecuted" : "Running";

    /// <param name="now">The appliance's time.</param>
    /// <param name="status">A status to show instead of the true one.</param>
    public object Describe(DateTimeOffset now, string? status = null)
    {
        DateTimeOffset? end = status is null ? End(now) : null;
        bool begun = now >= Start && status != "NeverExecuted";
        (string shown, string? result, string? reason) = status is not null ? (status, "Running", null)
            : end is not null ? Ended()
            : (begun ? "Running" : "NeverExecuted", "Running", null);
        Dictionary<string, object?> session = new()
        {
            ["id"] = Id,
            ["type"] = Type,
            ["status"] = shown,
            ["usn"] = Usn,
            ["result"] = result,
            ["reason"] = reason,
            ["executionStartTime"] = begun ? ApplianceResponses.Time(Start) : null,
            ["executionStopTime"] = end is { } e ? ApplianceResponses.Time(e) : null,

            // The documentation's own example shows a duration that is not stop minus start.
            ["executionDuration"] = 550,
            ["_links"] = new[]
            {
                new { rel = "self", href = $"/api/v1/sessions/{Id}", method = "GET" },
                new { rel = "log", href = $"/api/v1/sessions/{Id}/log", method = "GET" },
                new { rel = "stop", href = $"/api/v1/sessions/{Id}/stop", method = "POST" },
            },
        };

        // No field of the contract may be null; what there is not is left out.
        return session.Where(f => f.Value is not null).ToDictionary(f => f.Key, f => f.Value);
    }

    /// <summary>The log as it stands; null before the session runs.</summary>
    public IReadOnlyList<object>? Log(DateTimeOffset now) =>
        now < Start && End(now) is null ? null : [.. Lines(now).Select(l => Item(l.At, l.Status, l.Message, l.Took))];

    /// <summary>The log's lines as they stand; the last one of a running session still changes.</summary>
    public IEnumerable<LogLine> Lines(DateTimeOffset now)
    {
        DateTimeOffset? end = End(now);
        DateTimeOffset moment = end ?? now;
        double share = Share(now);
        (double At, string Message)[] steps = Steps(share);
        for (int i = 0; i < steps.Length && share >= steps[i].At; i++)
        {
            // An item runs until the next one appears; then it changes in place.
            double until = i + 1 < steps.Length ? steps[i + 1].At : 1;
            bool running = end is null && share < until;
            DateTimeOffset at = Start + (duration * steps[i].At);
            yield return new LogLine(
                at, running ? "Running" : "Success", steps[i].Message, (running ? moment : Start + (duration * until)) - at);
        }

        if (end is { } ended)
        {
            (string status, _, string? reason) = Ended();
            yield return status switch
            {
                "Warning" => new LogLine(
                    ended, "Warning",
                    repository is null
                        ? "Completed with warnings"
                        : $"Rescan found {RestorePoints} restore points (3 new); 2 could not be read", TimeSpan.Zero),
                "Failed" => new LogLine(ended, "Error", $"{(repository is null ? "Failed" : "Rescan failed")}: {reason}", TimeSpan.Zero),
                "Canceled" => new LogLine(ended, "Canceled", repository is null ? "Canceled" : "Rescan was canceled", TimeSpan.Zero),
                _ => new LogLine(
                    ended, "Success",
                    repository is null ? "Completed" : $"Rescan found 4 backup policies, {RestorePoints} restore points (3 new)",
                    TimeSpan.Zero),
            };
        }
    }

    private (double At, string Message)[] Steps(double share) => repository is null
        ? [(0, $"Starting {Type}"), (0.2, "Working")]
        :
        [
            (0, $"Starting rescan of repository {repository.Name}"),
            (0.1, $"Connecting to bucket {repository.Bucket}"),
            (0.25, $"Reading folder {repository.Folder}"),
            (0.5, "Found 4 backup policies, 12 backup chains"),
            (0.75,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"Importing restore points: {Math.Min(RestorePoints, (int)((share - 0.75) * 4 * RestorePoints))} of {RestorePoints} (3 new)")),
        ];

    private (string Status, string Result, string? Reason) Ended() => (broken?.Outcome ?? outcome) switch
    {
        "warning" => ("Warning", "Warning", broken is not null ? broken.Reason : "2 restore points could not be read."),
        "failed" => ("Failed", "Failed", broken is not null ? broken.Reason : "Access to the bucket was denied."),
        "canceled" => ("Canceled", "Cancelled", broken is not null ? broken.Reason : "Stopped by an administrator."),
        _ => ("Succeeded", "Success", null),
    };

    private static object Item(DateTimeOffset at, string status, string message, TimeSpan took) => new
    {
        logTime = ApplianceResponses.Time(at), status, message, executionStartTime = ApplianceResponses.Time(at),
        executionDuration = (long)took.TotalMilliseconds,
    };

    private DateTimeOffset? End(DateTimeOffset now) => broken is { } stop && stop.At < Start + duration
        ? (now >= stop.At ? stop.At : null)
        : now >= Start + duration ? Start + duration : null;
}

/// <summary>A line of a session's log.</summary>
/// <param name="At">When it began.</param>
/// <param name="Status">Running, Success, Warning, Error or Canceled.</param>
/// <param name="Message">The text.</param>
/// <param name="Took">How long it took so far.</param>
internal sealed record LogLine(DateTimeOffset At, string Status, string Message, TimeSpan Took);
