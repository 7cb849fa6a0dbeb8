using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;

namespace Rescan.Tests.Integration.Notifications;

/// <summary>Checks events by the documentation of PagerDuty's Events API v2, and keeps the alerts that they open and resolve.</summary>
internal sealed class PagerDutyContract(string routingKey)
{
    private static readonly string[] Known =
        ["routing_key", "event_action", "dedup_key", "payload", "images", "links", "client", "client_url"];
    private static readonly string[] KnownInPayload =
        ["summary", "source", "severity", "timestamp", "component", "group", "class", "custom_details"];

    /// <summary>Open alerts by deduplication key, with their severity.</summary>
    public ConcurrentDictionary<string, string> Open { get; } = new();

    /// <summary>Every alert that was ever opened, in order.</summary>
    public ConcurrentQueue<string> Opened { get; } = new();

    public (int Status, string Body) Judge(Received received)
    {
        List<string> errors = [];
        JsonElement sent = received.Json;
        if (received.Body.Length > 512 * 1024 || !received.ContentType.StartsWith("application/json", StringComparison.Ordinal))
        {
            return (400, "");
        }

        string Text(JsonElement of, string name) => of.TryGetProperty(name, out JsonElement value)
            && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";
        errors.AddRange(sent.EnumerateObject().Where(p => !Known.Contains(p.Name)).Select(p => $"'{p.Name}' is not known"));
        if (Text(sent, "routing_key") != routingKey)
        {
            errors.Add("Length of 'routing_key' is incorrect (should be 32 characters)");
        }

        string action = Text(sent, "event_action");
        string key = Text(sent, "dedup_key");
        if (action is not ("trigger" or "acknowledge" or "resolve") || key.Length is 0 or > 255)
        {
            errors.Add("'event_action' or 'dedup_key' is wrong");
        }

        if (action == "trigger")
        {
            JsonElement payload = sent.GetProperty("payload");
            errors.AddRange(
                payload.EnumerateObject().Where(p => !KnownInPayload.Contains(p.Name)).Select(p => $"'payload.{p.Name}' is not known"));
            if (Text(payload, "summary").Length is 0 or > 1024 || Text(payload, "source").Length == 0
                || Text(payload, "severity") is not ("critical" or "error" or "warning" or "info")
                || !DateTimeOffset.TryParse(Text(payload, "timestamp"), CultureInfo.InvariantCulture, out _)
                || (payload.TryGetProperty("custom_details", out JsonElement details) && details.ValueKind != JsonValueKind.Object))
            {
                errors.Add("'payload' is wrong");
            }

            foreach (JsonElement link in sent.TryGetProperty("links", out JsonElement links) ? links.EnumerateArray() : default)
            {
                errors.AddRange(Uri.TryCreate(Text(link, "href"), UriKind.Absolute, out _) ? [] : ["'links' is wrong"]);
            }
        }

        if (errors.Count > 0)
        {
            return (400, JsonSerializer.Serialize(new { status = "invalid event", message = "Event object is invalid", errors }));
        }

        if (action == "resolve")
        {
            Open.TryRemove(key, out _);
        }
        else if (Open.TryAdd(key, Text(sent.GetProperty("payload"), "severity")))
        {
            Opened.Enqueue(key);
        }

        return (202, JsonSerializer.Serialize(new { status = "success", message = "Event processed", dedup_key = key }));
    }
}
