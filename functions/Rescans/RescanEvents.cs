using System.Text.Json;
using System.Text.Json.Serialization;

namespace Rescan.Functions.Rescans;

/// <summary>External events that the orchestrations understand.</summary>
public static class RescanEvents
{
    /// <summary>Cancels. Of a rescan, the payload is a <see cref="RescanCancel"/>; of a run, the reason, a string.</summary>
    public const string Cancel = "cancel";

    /// <summary>Asks a rescan to tell its end; the payload is the watching instance's id, a string.</summary>
    public const string Watch = "watch";

    /// <summary>Somebody looks on, so that the session is polled often for a while; no payload.</summary>
    public const string Look = "look";
}

/// <summary>Asks a rescan to end.</summary>
/// <param name="Reason">Why, in words for the operator.</param>
/// <param name="RequestId">Which rescan of the instance id is meant; null: the one that runs.</param>
[JsonConverter(typeof(RescanCancelConverter))]
public sealed record RescanCancel(string? Reason, string? RequestId = null);

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
            JsonValueKind.Object => new RescanCancel(Text(payload, "reason"), Text(payload, "requestId")),
            _ => new RescanCancel(null),
        };
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, RescanCancel value, JsonSerializerOptions options)
    {
        writer.WriteStartObject();
        writer.WriteString("reason", value.Reason);
        writer.WriteString("requestId", value.RequestId);
        writer.WriteEndObject();
    }

    private static string? Text(JsonElement payload, string name) =>
        payload.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
