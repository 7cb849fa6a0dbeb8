using System.Buffers.Text;
using System.Text;

namespace Rescan.Functions.Storage;

/// <summary>Continuation tokens: the key of a page's last row, in a form that callers pass back unread.</summary>
internal static class ContinuationToken
{
    private static readonly UTF8Encoding Strict = new(false, true);

    public static string Of(string key) => Base64Url.EncodeToString(Strict.GetBytes(key));

    /// <exception cref="FormatException">The token is none that was ever handed out.</exception>
    public static string Read(string token)
    {
        try
        {
            return Strict.GetString(Base64Url.DecodeFromChars(token));
        }
        catch (Exception e) when (e is FormatException or DecoderFallbackException)
        {
            throw new FormatException("The continuation token is not one that was handed out here.", e);
        }
    }
}
