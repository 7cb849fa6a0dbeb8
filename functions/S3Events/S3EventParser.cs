using System.Globalization;
using System.Net;
using System.Text.Json;

namespace Rescan.Functions.S3Events;

/// <summary>
/// Reads events about new objects as Amazon sends them: EventBridge events (user guide, "EventBridge event message structure")
/// and S3's own notification records (user guide, "Event message structure", versions 2.x), which MinIO and other stores send too.
/// </summary>
public static class S3EventParser
{
    private const string CreatedByEventBridge = "Object Created";
    private const string CreatedByS3 = "ObjectCreated:";

    /// <summary>MinIO and others put it before the names that S3 itself sends without.</summary>
    private const string S3Prefix = "s3:";

    /// <summary>The new objects that a body tells of.</summary>
    /// <param name="json">An EventBridge event, an array of them, or notification records.</param>
    /// <returns>Empty for S3's test event and for events of other kinds, such as deletions.</returns>
    /// <exception cref="FormatException">The body is none of these. The message repeats nothing of it.</exception>
    public static IReadOnlyList<S3Event> Parse(string json)
    {
        ArgumentNullException.ThrowIfNull(json);
        return StrictJson.Read(json, Parse);
    }

    internal static IReadOnlyList<S3Event> Parse(JsonElement root)
    {
        List<S3Event> events = [];
        if (root.ValueKind == JsonValueKind.Array)
        {
            foreach (JsonElement one in root.EnumerateArray())
            {
                AddEventBridge(one, events);
            }
        }
        else if (root.Property("Records") is { ValueKind: JsonValueKind.Array } records)
        {
            foreach (JsonElement record in records.EnumerateArray())
            {
                AddRecord(record, events);
            }
        }
        else if (root.Text("Event") != "s3:TestEvent")
        {
            AddEventBridge(root, events);
        }

        return events;
    }

    private static void AddEventBridge(JsonElement one, List<S3Event> events)
    {
        string source = one.Text("source") ?? throw Unknown("neither an EventBridge event nor S3 notification records");
        if (string.Equals(source, "aws.s3", StringComparison.OrdinalIgnoreCase)
            && string.Equals(one.Text("detail-type"), CreatedByEventBridge, StringComparison.OrdinalIgnoreCase))
        {
            events.Add(Create(one.Property("detail"), one.Text("time"), key => key));
        }
    }

    private static void AddRecord(JsonElement record, List<S3Event> events)
    {
        string name = record.Text("eventName") ?? throw Unknown("a record without eventName");
        string kind = name.StartsWith(S3Prefix, StringComparison.OrdinalIgnoreCase) ? name[S3Prefix.Length..] : name;
        if (kind.StartsWith(CreatedByS3, StringComparison.OrdinalIgnoreCase))
        {
            // Only here are keys URL-encoded, with + for a space.
            events.Add(Create(record.Property("s3"), record.Text("eventTime"), WebUtility.UrlDecode));
        }
    }

    private static S3Event Create(JsonElement? detail, string? time, Func<string, string> decode) => new(
        detail?.Property("bucket")?.Text("name") is { Length: > 0 } bucket ? bucket : throw Unknown("an event without bucket.name"),
        detail?.Property("object")?.Text("key") is { Length: > 0 } key ? decode(key) : throw Unknown("an event without object.key"),
        DateTimeOffset.TryParse(
            time, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out DateTimeOffset at)
        ? at : null);

    private static FormatException Unknown(string what) => new($"The body is not an S3 event: {what}.");
}
