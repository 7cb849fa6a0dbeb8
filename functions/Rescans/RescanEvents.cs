using System.Text.Json;
using System.Text.Json.Serialization;
using Rescan.Functions.Storage;

namespace Rescan.Functions.Rescans;

/// <summary>External events that the orchestrations understand.</summary>
public static class RescanEvents
{
    /// <summary>Cancels. The payload is a <see cref="RescanCancel"/>; a bare reason, a string, is read too.</summary>
    public const string Cancel = "cancel";

    /// <summary>Asks a rescan to tell its end; the payload is the watching instance's id, a string.</summary>
    public const string Watch = "watch";

    /// <summary>Somebody looks on, so that the session is polled often for a while; no payload.</summary>
    public const string Look = "look";
}

/// <summary>Asks a rescan or a run to end.</summary>
/// <param name="Reason">Why, in words for the operator.</param>
/// <param name="RequestId">Which rescan of the instance id is meant; null: the one that runs.</param>
[JsonConverter(typeof(RescanCancelConverter))]
public sealed record RescanCancel(string? Reason, string? RequestId = null)
{
    /// <summary>Who or what asks; null where that is not known.</summary>
    public Initiator? By { get; init; }
}

/// <summary>
/// Reads a bare reason too, and whatever else somebody may send by hand: an event that cannot be read would fail the rescan.
/// </summary>
internal sealed class RescanCancelConverter : JsonConverter<RescanCancel>
{
    /// <inheritdoc/>
    public override bool HandleNull => true;

    /// <inheritdoc/>
    public override RescanCancel Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        JsonElement payload = JsonElement.ParseValue(ref reader);
        return payload.ValueKind switch
        {
            JsonValueKind.String => new RescanCancel(payload.GetString()),
            JsonValueKind.Object => new RescanCancel(Text(payload, "reason"), Text(payload, "requestId")) { By = Who(payload) },
            _ => new RescanCancel(null),
        };
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, RescanCancel value, JsonSerializerOptions options)
    {
        writer.WriteStartObject();
        writer.WriteString("reason", value.Reason);
        writer.WriteString("requestId", value.RequestId);
        if (value.By is { } by)
        {
            writer.WriteStartObject("by");
            writer.WriteString("kind", by.Kind.ToString());
            writer.WriteString("name", by.Name);
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }

    private static Initiator? Who(JsonElement payload) =>
        payload.TryGetProperty("by", out JsonElement by) && by.ValueKind == JsonValueKind.Object
        && Enum.TryParse(Text(by, "kind"), out InitiatorKind kind) && Enum.IsDefined(kind)
            ? new Initiator(kind, Text(by, "name"))
            : null;

    private static string? Text(JsonElement payload, string name) =>
        payload.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
