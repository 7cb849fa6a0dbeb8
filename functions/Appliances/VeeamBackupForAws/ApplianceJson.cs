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
                JsonValueKind.String => StorableText.Read(value),
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

    public static ApplianceSession ToSession(this JsonElement e)
    {
        string? type = Word(e.Text("type"));
        return new ApplianceSession(
            Word(e.Text("id")) ?? "", type, Word(e.Text("status")) ?? "", Word(e.Text("result")), StorableText.CleanOrNull(e.Text("reason")),
            e.Time("executionStartTime"), e.Time("executionStopTime"))
        {
            Nature = RescanEvidence.Of(type),
        };
    }

    public static Repository ToRepository(this JsonElement e)
    {
        string? bucket = e.Part("_embedded").Part("bucket").Text("name") ?? e.Text("amazonBucketId");
        return new Repository(Word(e.Text("id")) ?? "", StorableText.Clean(e.Text("name") ?? ""), StorableText.CleanOrNull(bucket), StorableText.CleanOrNull(e.Text("amazonStorageFolder")));
    }

    public static SessionLogItem ToLogItem(this JsonElement e) => new(e.Time("logTime"), Word(e.Text("status")) ?? "", StorableText.Clean(e.Text("message") ?? ""));

    private static string? Word(string? text) => StorableText.CleanOrNull(text, StorableText.LongestWord);
}
