using System.Buffers;
using System.Text.Json;

namespace Rescan.Functions.Appliances;

/// <summary>JSON as servers send it: some put a byte order mark before it.</summary>
internal static class JsonBody
{
    /// <summary>The byte order mark of UTF-8.</summary>
    public static ReadOnlySpan<byte> Mark => [0xEF, 0xBB, 0xBF];

    /// <returns>The JSON; null when the body is none.</returns>
    public static JsonElement? Parse(ReadOnlyMemory<byte> body)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(WithoutMark(body));
            return document.RootElement.Clone();
        }
        catch (JsonException)
        {
            return null;
        }
    }

    public static ReadOnlyMemory<byte> WithoutMark(ReadOnlyMemory<byte> body) => body.Span.StartsWith(Mark) ? body[Mark.Length..] : body;

    public static ReadOnlySequence<byte> WithoutMark(ReadOnlySequence<byte> body)
    {
        if (body.Length < Mark.Length)
        {
            return body;
        }

        Span<byte> start = stackalloc byte[Mark.Length];
        body.Slice(0, Mark.Length).CopyTo(start);
        return start.SequenceEqual(Mark) ? body.Slice(Mark.Length) : body;
    }
}
