using System.Text.Json;

namespace Rescan.Functions.Appliances.VeeamBackupAndReplication;

/// <summary>Reads a session's log. Records change in place, so the newest of an id counts; the server may list the newest first.</summary>
internal static class SessionLogReader
{
    public static IReadOnlyList<SessionLogItem> Read(JsonElement log)
    {
        List<(long? Id, JsonElement Record)> records = [.. log.Items("records").Select(r => (Id(r), r))];
        return records.TrueForAll(r => r.Id is not null)
            ? [.. records.GroupBy(r => r.Id).OrderBy(g => g.Key).Select(g => ToItem(g.MaxBy(r => r.Record.Time("updateTime")).Record))]
            : [.. records.OrderBy(r => r.Record.Time("startTime")).Select(r => ToItem(r.Record))];
    }

    private static long? Id(JsonElement record) => long.TryParse(record.Text("id"), out long id) ? id : null;

    private static SessionLogItem ToItem(JsonElement record)
    {
        string status = record.Text("status") ?? "";
        return new SessionLogItem(
            record.Time("startTime") ?? record.Time("updateTime"),
            status switch { "Succeeded" => LogStatus.Success, "Failed" => LogStatus.Error, "None" or "" => LogStatus.Info, _ => status },
            MessageOf(record));
    }

    private static string MessageOf(JsonElement record)
    {
        string[] parts = [.. new[] { record.Text("title"), record.Text("description"), TextOf(record.Part("additionalInfo")) }
            .Where(t => !string.IsNullOrWhiteSpace(t)).Select(t => t!.Trim()).Distinct()];
        return StorableText.Clean(string.Join(": ", parts));
    }

    /// <summary>A string up to 1.3-rev1, an array of pairs from 1.3-rev2 on; the names of a pair's two fields are not relied on.</summary>
    private static string TextOf(JsonElement info) => info.ValueKind switch
    {
        JsonValueKind.String => StorableText.Read(info)!,
        JsonValueKind.Array => string.Join(", ", info.EnumerateArray().Select(TextOf).Where(t => t.Length > 0)),
        JsonValueKind.Object => string.Join(" ", info.EnumerateObject().Select(p => TextOf(p.Value)).Where(t => t.Length > 0)),
        JsonValueKind.Number => info.GetRawText(),
        _ => "",
    };
}
