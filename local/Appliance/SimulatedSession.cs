using System.Globalization;

namespace Rescan.Local.Appliance;

/// <summary>A rescan session: what it shows depends on the time alone, until somebody stops it.</summary>
internal sealed class SimulatedSession(SimulatedRepository repository, DateTimeOffset start, TimeSpan duration, string outcome)
{
    private readonly Lock gate = new();
    private DateTimeOffset? stopped;

    public string Id { get; private init; } = Guid.NewGuid().ToString();

    public DateTimeOffset Start => start;

    public SimulatedRepository Repository => repository;

    public static SimulatedSession From(KeptSession kept, SimulatedRepository repository) =>
        new(repository, kept.Start, kept.Duration, kept.Outcome) { Id = kept.Id, stopped = kept.Stopped };

    public KeptSession Keep()
    {
        lock (gate)
        {
            return new KeptSession(Id, repository.Id, start, duration, outcome, stopped);
        }
    }

    public bool Stop(DateTimeOffset now)
    {
        lock (gate)
        {
            if (End(now) is not null)
            {
                return false;
            }

            stopped = now;
            return true;
        }
    }

    public object Describe(DateTimeOffset now)
    {
        DateTimeOffset? end = End(now);
        (string status, string result, string? reason) = end is null ? ("Running", "Running", null) : (stopped is null ? outcome : "canceled") switch
        {
            "warning" => ("Warning", "Warning", "2 restore points could not be read."),
            "failed" => ("Failed", "Failed", "Access to the bucket was denied."),
            "canceled" => ("Canceled", "Cancelled", stopped is null ? "Stopped by an administrator." : null),
            _ => ("Succeeded", "Success", (string?)null),
        };
        return new Dictionary<string, object?>
        {
            ["id"] = Id,
            ["type"] = "RepositoryRescan",
            ["status"] = status,
            ["usn"] = 4711,
            ["result"] = result,
            ["reason"] = reason,
            ["executionStartTime"] = Zoneless(start),
            ["executionStopTime"] = end is { } e ? Zoneless(e) : null,
            ["executionDuration"] = 550,
            ["_links"] = new[] { new { rel = "log", href = $"/api/v1/sessions/{Id}/log", method = "GET" } },
        };
    }

    public IEnumerable<object> Log(DateTimeOffset now)
    {
        double share = Math.Min(1, (Moment(now) - start) / duration);
        bool ended = End(now) is not null;
        (double At, string Message)[] steps =
        [
            (0, $"Starting rescan of repository {repository.Name}"),
            (0.1, $"Connecting to bucket {repository.Bucket}"),
            (0.25, $"Reading folder {repository.Folder}"),
            (0.5, "Found 4 backup policies, 12 backup chains"),
            (0.75, "Importing 48 restore points (3 new)"),
        ];
        for (int i = 0; i < steps.Length && share >= steps[i].At; i++)
        {
            // An item runs until the next one appears; then it changes in place.
            bool running = !ended && (i + 1 == steps.Length || share < steps[i + 1].At);
            yield return Item(start + (duration * steps[i].At), running ? "Running" : "Success", steps[i].Message);
        }

        if (ended)
        {
            yield return (stopped is null ? outcome : "canceled") switch
            {
                "warning" => Item(now, "Warning", "Rescan found 48 restore points (3 new); 2 could not be read"),
                "failed" => Item(now, "Error", "Rescan failed: access to the bucket was denied"),
                "canceled" => Item(now, "Canceled", "Rescan was canceled"),
                _ => Item(now, "Success", "Rescan found 4 backup policies, 48 restore points (3 new)"),
            };
        }
    }

    private static string Zoneless(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.ffffff", CultureInfo.InvariantCulture);

    private object Item(DateTimeOffset at, string status, string message) => new
    {
        logTime = Zoneless(End(at) is { } end && end < at ? end : at), status, message, executionStartTime = Zoneless(at), executionDuration = 0,
    };

    private DateTimeOffset Moment(DateTimeOffset now) => End(now) ?? now;

    private DateTimeOffset? End(DateTimeOffset now) => stopped ?? (now >= start + duration ? start + duration : null);
}
