using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace Rescan.Functions.Appliances;

/// <summary>Text from outside as every store and serializer can hold it: whole characters only, and of a bounded length.</summary>
internal static class StorableText
{
    /// <summary>The longest text kept of a field that says something to people.</summary>
    public const int LongestText = 4000;

    /// <summary>A JSON string, though half a character be in it, which the reader of JSON refuses.</summary>
    public static string? Read(JsonElement text)
    {
        try
        {
            return text.GetString();
        }
        catch (InvalidOperationException)
        {
            return Whole(Unescape(Encoding.UTF8.GetString(JsonMarshal.GetRawUtf8Value(text)[1..^1])));
        }
    }

    /// <inheritdoc cref="Read(JsonElement)"/>
    public static string Read(ref Utf8JsonReader text)
    {
        try
        {
            return text.GetString()!;
        }
        catch (InvalidOperationException)
        {
            return Whole(
                Unescape(text.HasValueSequence ? Encoding.UTF8.GetString(text.ValueSequence) : Encoding.UTF8.GetString(text.ValueSpan)));
        }
    }

    /// <summary>Without halves of characters and zeros, and no longer than a length.</summary>
    public static string Clean(string text, int longest = LongestText)
    {
        string whole = Whole(text);
        if (whole.Length <= longest)
        {
            return whole;
        }

        int end = char.IsHighSurrogate(whole[longest - 1]) ? longest - 1 : longest;
        return whole[..end] + "…";
    }

    /// <summary>Null for what says nothing.</summary>
    public static string? CleanOrNull(string? text, int longest = LongestText) =>
        string.IsNullOrWhiteSpace(text) ? null : Clean(text, longest);

    private static string Whole(string text)
    {
        StringBuilder? whole = null;
        for (int i = 0; i < text.Length; i++)
        {
            bool pair = char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]);
            if (pair)
            {
                whole?.Append(text[i]).Append(text[i + 1]);
                i++;
            }
            else if (char.IsSurrogate(text[i]) || text[i] == '\0')
            {
                (whole ??= new StringBuilder(text, 0, i, text.Length)).Append('\ufffd');
            }
            else
            {
                whole?.Append(text[i]);
            }
        }

        return whole?.ToString() ?? text;
    }

    private static string Unescape(ReadOnlySpan<char> raw)
    {
        StringBuilder text = new(raw.Length);
        for (int i = 0; i < raw.Length; i++)
        {
            if (raw[i] != '\\')
            {
                text.Append(raw[i]);
                continue;
            }

            i++;
            if (raw[i] == 'u')
            {
                text.Append((char)ushort.Parse(
                    raw.Slice(i + 1, 4), System.Globalization.NumberStyles.HexNumber, System.Globalization.CultureInfo.InvariantCulture));
                i += 4;
            }
            else
            {
                text.Append(raw[i] switch { 'n' => '\n', 'r' => '\r', 't' => '\t', 'b' => '\b', 'f' => '\f', _ => raw[i] });
            }
        }

        return text.ToString();
    }
}
