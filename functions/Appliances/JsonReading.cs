using System.Globalization;
using System.Text.Json;

namespace Rescan.Functions.Appliances;

/// <summary>Reads JSON tolerantly: names are compared without case, unknown fields are ignored, missing ones are null.</summary>
internal static class JsonReading
{
    public static string? Text(this JsonElement element, string name) => element.Part(name) is var value ? value.ValueKind switch
    {
        JsonValueKind.String => StorableText.Read(value),
        JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => value.GetRawText(),
        _ => null,
    } : null;

    /// <summary>A property of an object; undefined when there is none. The documented spelling wins over another case.</summary>
    public static JsonElement Part(this JsonElement element, string name)
    {
        if (element.ValueKind != JsonValueKind.Object)
        {
            return default;
        }

        try
        {
            if (element.TryGetProperty(name, out JsonElement value))
            {
                return value;
            }
        }
        catch (InvalidOperationException)
        {
            // Some name is no text; it is not the one that is looked for.
        }

        return element.EnumerateObject().FirstOrDefault(p => IsNamed(p, name)).Value;
    }

    private static bool IsNamed(JsonProperty property, string name)
    {
        try
        {
            return string.Equals(property.Name, name, StringComparison.OrdinalIgnoreCase);
        }
        catch (InvalidOperationException)
        {
            // Its name is no text: a part of a pair of surrogates, or bytes that are no UTF-8.
            return false;
        }
    }

    public static int? Number(this JsonElement element, string name) =>
        int.TryParse(element.Text(name), NumberStyles.Integer, CultureInfo.InvariantCulture, out int value) ? value : null;

    public static IEnumerable<JsonElement> Items(this JsonElement element, string name) =>
        element.Part(name) is { ValueKind: JsonValueKind.Array } list
        ? list.EnumerateArray().Where(i => i.ValueKind == JsonValueKind.Object) : [];

    /// <summary>A time, with an offset or without; without one it is UTC.</summary>
    public static DateTimeOffset? Time(this JsonElement element, string name) => ParseTime(element.Text(name));

    /// <inheritdoc cref="Time"/>
    /// <returns>Null for what is no time, and for the first moment of the calendar, which stands for a time that was never set.</returns>
    public static DateTimeOffset? ParseTime(string? text) =>
        DateTimeOffset.TryParse(
            text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out DateTimeOffset time)
        && time.Year > 1
            ? time
            : null;
}
