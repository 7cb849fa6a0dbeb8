using System.Buffers.Text;
using System.Text;

namespace Rescan.Functions.Storage;

/// <summary>Continuation tokens: the key of a page's last row, in a form that callers pass back unread.</summary>
internal static class ContinuationToken
{
    private static readonly UTF8Encoding Strict = new(false, true);

    public static string Of(string key) => Base64Url.EncodeToString(Strict.GetBytes(key));

    /// <exception cref="FormatException">The token is invalid.</exception>
    public static string Read(string token)
    {
        try
        {
            return Strict.GetString(Base64Url.DecodeFromChars(token));
        }
        catch (Exception e) when (e is FormatException or DecoderFallbackException)
        {
            throw Invalid(e);
        }
    }

    public static FormatException Invalid(Exception? cause = null) => new("The continuation token is invalid.", cause);
}
