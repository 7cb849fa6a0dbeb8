using System.Globalization;

namespace Rescan.Tests.Support;

/// <summary>A session of <see cref="StrictServer"/>.</summary>
internal sealed class StrictSession(DateTimeOffset created, TimeSpan duration, string result, string by)
{
    private DateTimeOffset? stopped;

    public string Id { get; } = Guid.NewGuid().ToString();

    public DateTimeOffset Created => created;

    public bool WasStopped => stopped is not null;

    private bool Over => WasStopped || DateTimeOffset.UtcNow >= created + duration;

    /// <summary>With an offset, and five digits of which trailing zeros are cut.</summary>
    public static string Text(DateTimeOffset time) =>
        time.ToOffset(TimeSpan.FromHours(-7)).ToString("yyyy-MM-ddTHH:mm:ss.FFFFFzzz", CultureInfo.InvariantCulture);

    public void Stop() => stopped ??= DateTimeOffset.UtcNow;

    public Dictionary<string, object?> Describe(string revision, string? state)
    {
        bool over = Over && state is null;
        Dictionary<string, object?> shown = new()
        {
            ["id"] = Id, ["name"] = "Configuration Database Resynchronize", ["jobId"] = Guid.Empty,
            ["sessionType"] = "ConfigurationResynchronize",
            ["state"] = over ? "Stopped" : state ?? "Working", ["creationTime"] = Text(created), ["usn"] = 4711,
            ["progressPercent"] = over ? 100 : 40,
            ["result"] = new { result = !over ? "None" : WasStopped ? "Failed" : result, message = "", isCanceled = false },
        };
        if (over)
        {
            shown["endTime"] = Text(stopped ?? created + duration);
        }

        if (revision.StartsWith("1.3", StringComparison.Ordinal))
        {
            shown["initiatedBy"] = by;
        }

        return shown;
    }

    /// <summary>Newest first; the one being worked on changes in place. A stopped session has lost its log.</summary>
    public object Log(string revision)
    {
        object info = revision == "1.3-rev2" ? new[] { new { key = "Backups", value = "3" } } : "3 backups";
        object[] records = WasStopped ? [] :
        [
            new { id = 2, status = Over ? "Succeeded" : "None", startTime = Text(created), updateTime = Text(DateTimeOffset.UtcNow),
                title = Over ? "Found 3 backups" : "Looking for backups", description = "", additionalInfo = info },
            new { id = 1, status = "Succeeded", startTime = Text(created), updateTime = Text(created), title = "Resynchronize started",
                description = "", additionalInfo = info },
        ];
        return new { totalRecords = records.Length, records };
    }
}
