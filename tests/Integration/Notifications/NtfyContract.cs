using System.Text;
using System.Text.Json;

namespace Rescan.Tests.Integration.Notifications;

/// <summary>What ntfy asks of a message that is published as JSON, with its default limits.</summary>
internal sealed class NtfyContract(string topic, string? token)
{
    private static readonly string[] Known =
        ["topic", "message", "title", "tags", "priority", "actions", "click", "attach", "markdown", "icon", "filename", "delay", "email",
            "call"];

    public (int Status, string Body) Judge(Received received)
    {
        if (token is not null && received.Headers.GetValueOrDefault("authorization") != "Bearer " + token)
        {
            return (403, """{"code":40301,"http":403,"error":"forbidden","link":"https://ntfy.sh/docs/publish/#authentication"}""");
        }

        if (received.Body.Length > 2 * 4096)
        {
            return (413, """{"code":41303,"http":413,"error":"JSON body too large"}""");
        }

        JsonElement sent = received.Json;
        bool right = sent.EnumerateObject().All(p => Known.Contains(p.Name))
            && sent.GetProperty("topic").GetString() == topic
            && Encoding.UTF8.GetByteCount(sent.GetProperty("message").GetString()!) is > 0 and <= 4096
            && sent.GetProperty("title").GetString()!.Length > 0
            && sent.GetProperty("priority").GetInt32() is >= 1 and <= 5
            && sent.GetProperty("tags").EnumerateArray().All(t => t.ValueKind == JsonValueKind.String)
            && (!sent.TryGetProperty("click", out JsonElement click) || Uri.TryCreate(click.GetString(), UriKind.Absolute, out _));
        return right ? (200, "{}") : (400, """{"code":40024,"http":400,"error":"invalid request: request body must be message JSON"}""");
    }
}
