using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;

namespace Rescan.Functions.Display;

/// <summary>
/// Writes JSON in which no character acts on a terminal or hides the text around it: those that would are escaped, as any character of a
/// JSON text may be. Letters of all scripts and quotes stay readable.
/// </summary>
public sealed class SafeJsonEncoder : JavaScriptEncoder
{
    private static readonly JavaScriptEncoder Relaxed = UnsafeRelaxedJsonEscaping;

    private SafeJsonEncoder()
    {
    }

    /// <summary>The one encoder.</summary>
    public static SafeJsonEncoder Instance { get; } = new();

    /// <inheritdoc/>
    public override int MaxOutputCharactersPerInputCharacter => Relaxed.MaxOutputCharactersPerInputCharacter;

    /// <inheritdoc/>
    public override bool WillEncode(int unicodeScalar) =>
        Relaxed.WillEncode(unicodeScalar) || (Rune.TryCreate(unicodeScalar, out Rune rune) && SafeText.IsHidden(rune));

    /// <inheritdoc/>
    public override unsafe int FindFirstCharacterToEncode(char* text, int textLength)
    {
        ReadOnlySpan<char> rest = new(text, textLength);
        while (!rest.IsEmpty)
        {
            // Half a surrogate pair is encoded as the relaxed encoder does.
            if (Rune.DecodeFromUtf16(rest, out Rune rune, out int length) != OperationStatus.Done || WillEncode(rune.Value))
            {
                return textLength - rest.Length;
            }

            rest = rest[length..];
        }

        return -1;
    }

    /// <inheritdoc/>
    public override unsafe bool TryEncodeUnicodeScalar(int unicodeScalar, char* buffer, int bufferLength, out int numberOfCharactersWritten)
    {
        if (Relaxed.WillEncode(unicodeScalar))
        {
            return Relaxed.TryEncodeUnicodeScalar(unicodeScalar, buffer, bufferLength, out numberOfCharactersWritten);
        }

        return Default.TryEncodeUnicodeScalar(unicodeScalar, buffer, bufferLength, out numberOfCharactersWritten);
    }
}
