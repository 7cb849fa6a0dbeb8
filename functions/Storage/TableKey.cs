using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Rescan.Functions.Storage;

/// <summary>
/// Makes keys out of texts of any kind. Azure Tables takes no slash, backslash, number sign, question mark or control character in a key,
/// and no more than 1 KiB.
/// </summary>
public static class TableKey
{
    // It comes before every other character of a key, so rows whose first parts are the same stand together.
    internal const char Separator = '!';
    internal const char AfterSeparator = '"';

    private const char Escape = '=';
    private const int LongestPart = 110;
    private const int KeptOfLongPart = 40;

    /// <summary>A key of parts. Different parts make different keys.</summary>
    public static string Of(params ReadOnlySpan<string> parts)
    {
        StringBuilder key = new();
        foreach (string part in parts)
        {
            if (key.Length > 0)
            {
                key.Append(Separator);
            }

            Append(key, part);
        }

        return key.ToString();
    }

    /// <summary>A part by which later times come first.</summary>
    public static string NewestFirst(DateTimeOffset time) =>
        (DateTime.MaxValue.Ticks - time.UtcTicks).ToString("D19", CultureInfo.InvariantCulture);

    /// <summary>A part by which smaller numbers come first.</summary>
    public static string Ascending(int number) => number.ToString("D9", CultureInfo.InvariantCulture);

    private static void Append(StringBuilder key, string part)
    {
        int start = key.Length;
        foreach (char c in part)
        {
            if (char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_')
            {
                key.Append(c);
            }
            else
            {
                // A unit of UTF-16, so that unpaired surrogates are told apart too.
                key.Append(Escape).Append(((int)c).ToString("X4", CultureInfo.InvariantCulture));
            }
        }

        if (key.Length - start > LongestPart)
        {
            // No escape is followed by another escape's sign at once, so no other part comes out like this.
            string hash = Convert.ToHexString(SHA256.HashData(Encoding.Unicode.GetBytes(part)));
            key.Length = start + KeptOfLongPart;
            key.Append(Escape).Append(Escape).Append(hash);
        }
    }
}
