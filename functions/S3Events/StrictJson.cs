using System.Text;
using System.Text.Json;
using Rescan.Functions.Api;
using Rescan.Functions.Appliances;

namespace Rescan.Functions.S3Events;

/// <summary>
/// Reads JSON that strangers sent: whatever is wrong with it is a <see cref="FormatException"/> whose message repeats none of it.
/// </summary>
internal static class StrictJson
{
    private static readonly UTF8Encoding Strict = new(false, true);

    // A name given twice could be read differently by whoever checked it and whoever uses it.
    private static readonly JsonDocumentOptions Options = new() { AllowDuplicateProperties = false, MaxDepth = 32 };

    /// <summary>Parses a body and reads it.</summary>
    /// <exception cref="FormatException">It is not JSON in UTF-8, or <paramref name="read"/> met a broken string.</exception>
    public static T Read<T>(ReadOnlySpan<byte> utf8, Func<JsonElement, T> read)
    {
        try
        {
            return Read(Strict.GetString(utf8.StartsWith(JsonBody.Mark) ? utf8[JsonBody.Mark.Length..] : utf8), read);
        }
        catch (DecoderFallbackException e)
        {
            throw new FormatException("The body is not UTF-8.", e);
        }
    }

    /// <inheritdoc cref="Read{T}(ReadOnlySpan{byte}, Func{JsonElement, T})"/>
    public static T Read<T>(string json, Func<JsonElement, T> read)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json, Options);
            return read(document.RootElement);
        }
        catch (JsonException e)
        {
            throw new FormatException("The body is not well-formed JSON, is nested too deep, or gives a name twice.", e);
        }
        catch (InvalidOperationException e)
        {
            // System.Text.Json finds half a surrogate pair only when the string is taken out.
            throw new FormatException("The body has a string that is not Unicode.", e);
        }
    }

    /// <summary>The string of a property, or null when there is none.</summary>
    public static string? Text(this JsonElement element, string name) =>
        element.Property(name) is { ValueKind: JsonValueKind.String } value ? value.GetString() : null;

    /// <summary>
    /// A property, or null when there is none or the element is no object. The name as documented wins over one in another case.
    /// </summary>
    public static JsonElement? Property(this JsonElement element, string name)
    {
        if (element.ValueKind != JsonValueKind.Object)
        {
            return null;
        }

        return element.TryGetProperty(name, out JsonElement value) ? value
            : element.EnumerateObject()
            .FirstOrDefault(
                p => string.Equals(
                    p.Name, name, StringComparison.OrdinalIgnoreCase)).Value is { ValueKind: not JsonValueKind.Undefined } other ? other
            : null;
    }
}
