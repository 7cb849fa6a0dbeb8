using System.Globalization;
using System.Text.Json;

namespace Rescan.Functions.Appliances.VeeamBackupForAws;

/// <summary>Reads the appliance's JSON tolerantly: unknown fields are passed over, missing ones are null.</summary>
internal static class ApplianceJson
{
    public static string? Text(this JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out JsonElement value)
            ? value.ValueKind switch
            {
                JsonValueKind.String => value.GetString(),
                JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => value.GetRawText(),
                _ => null,
            }
            : null;

    /// <summary>An object inside the object; undefined when there is none.</summary>
    public static JsonElement Part(this JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out JsonElement value) ? value : default;

    public static int? Number(this JsonElement element, string name) =>
        int.TryParse(element.Text(name), NumberStyles.Integer, CultureInfo.InvariantCulture, out int value) ? value : null;

    public static IEnumerable<JsonElement> Items(this JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Array
            ? value.EnumerateArray()
            : [];

    /// <summary>A time; without a zone it is UTC, as the appliance's examples suggest.</summary>
    public static DateTimeOffset? Time(this JsonElement element, string name) =>
        DateTimeOffset.TryParse(element.Text(name), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out DateTimeOffset time)
            ? time
            : null;

    public static ApplianceSession ToSession(this JsonElement e) => new(
        e.Text("id") ?? "", e.Text("type"), e.Text("status") ?? "", e.Text("result"), e.Text("reason"), e.Time("executionStartTime"), e.Time("executionStopTime"));

    public static Repository ToRepository(this JsonElement e)
    {
        string? bucket = e.Part("_embedded").Part("bucket").Text("name") ?? e.Text("amazonBucketId");
        return new Repository(e.Text("id") ?? "", e.Text("name") ?? "", bucket, e.Text("amazonStorageFolder"));
    }

    public static SessionLogItem ToLogItem(this JsonElement e) => new(e.Time("logTime"), e.Text("status") ?? "", e.Text("message") ?? "");
}
