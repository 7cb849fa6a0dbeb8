using Rescan.Local.Simulator.Faults;

namespace Rescan.Local.Simulator.VeeamBackupAndReplication;

/// <summary>How the server describes a session, by revision.</summary>
internal static class ServerSession
{
    public const string RescanType = "ConfigurationResynchronize";
    public const string RescanName = "Configuration Database Resynchronize";

    /// <summary>What the lines say that would name the repository.</summary>
    private static readonly string[] Nameless =
        ["Starting the resynchronization", "Connecting to the object storage", "Reading its backups"];

    private const string None = "00000000-0000-0000-0000-000000000000";

    public static object Describe(SimulatedSession session, DateTimeOffset now, string revision, FaultEffects effects)
    {
        (DateTimeOffset At, string Outcome, string? Reason)? end = effects is { ShowPending: false, ShowUnknownState: false, State: null }
            ? session.EndOf(now)
            : null;
        string state = effects.State ?? (effects.ShowUnknownState ? "Verifying"
            : effects.ShowPending || now < session.Start ? "Starting"
            : end is not null ? "Stopped" : session.IsStopping(now) ? "Stopping" : "Working");
        Dictionary<string, object?> described = new()
        {
            ["id"] = session.Id,
            ["name"] = RescanName,
            ["jobId"] = None,
            ["sessionType"] = RescanType,
            ["creationTime"] = ServerResponses.Time(session.Start),
            ["endTime"] = end is { } e ? ServerResponses.Time(e.At) : null,
            ["state"] = state,
            ["progressPercent"] = (int)(session.Share(now) * 100),
            ["result"] = Result(end, effects),
            ["resourceId"] = None,
            ["usn"] = session.Usn,
        };
        if (revision.StartsWith("1.3", StringComparison.Ordinal))
        {
            described["initiatedBy"] = session.InitiatedBy ?? "SYSTEM";
        }

        return described;
    }

    /// <summary>The records, newest first; those that run change in place.</summary>
    public static object[] Records(SimulatedSession session, DateTimeOffset now, string revision, bool named) =>
        [.. session.Lines(now)
            .Select((line, index) => Record(
                named || index >= Nameless.Length ? line : line with { Message = Nameless[index] }, index + 1, revision)).Reverse()];

    private static object Record(LogLine line, int id, string revision)
    {
        Dictionary<string, object?> record = new()
        {
            ["id"] = id,
            ["status"] = line.Status switch { "Success" => "Succeeded", "Error" => "Failed", "Warning" => "Warning", _ => "None" },
            ["startTime"] = ServerResponses.Time(line.At),
            ["updateTime"] = ServerResponses.Time(line.At + line.Took),
            ["title"] = line.Message,
            ["description"] = "",
        };
        if (revision == "1.3-rev2")
        {
            record["additionalInfo"] = Array.Empty<object>();
        }
        else if (revision.StartsWith("1.3", StringComparison.Ordinal))
        {
            record["additionalInfo"] = "";
        }

        return record;
    }

    /// <summary>A session that was stopped ends as Failed, and isCanceled stays false.</summary>
    private static object Result((DateTimeOffset At, string Outcome, string? Reason)? end, FaultEffects effects) => new
    {
        result = end is null
            ? "None"
            : effects.Result ?? end.Value.Outcome switch { "succeeded" => "Success", "warning" => "Warning", _ => "Failed" },
        message = end?.Reason ?? "",
        isCanceled = false,
    };
}
