using System.Diagnostics.CodeAnalysis;

namespace Rescan.Functions.StandardWebhooks;

/// <summary>Reads a symmetric secret as Standard Webhooks 1.0.0 serializes it: <c>whsec_</c> and 24 to 64 bytes in base64.</summary>
internal static class WebhookSecret
{
    private const string Prefix = "whsec_";
    private const int Shortest = 24;
    private const int Longest = 64;

    /// <param name="text">The secret; the prefix may be missing, as the specification's own libraries allow.</param>
    /// <param name="key">The key's bytes.</param>
    public static bool TryParse(string text, [NotNullWhen(true)] out byte[]? key)
    {
        Span<byte> bytes = stackalloc byte[Longest];
        string base64 = text.StartsWith(Prefix, StringComparison.Ordinal) ? text[Prefix.Length..] : text;
        key = Convert.TryFromBase64String(base64, bytes, out int length) && length >= Shortest ? bytes[..length].ToArray() : null;
        return key is not null;
    }

    /// <summary>The keys of all secrets that are not blank.</summary>
    /// <exception cref="FormatException">One cannot be read; the message does not repeat it.</exception>
    public static IReadOnlyList<byte[]> ParseAll(IEnumerable<string> secrets) => [.. secrets
        .Where(s => !string.IsNullOrWhiteSpace(s))
        .Select(s => TryParse(s, out byte[]? key)
            ? key : throw new FormatException("A webhook secret is not whsec_ and 24 to 64 bytes in base64."))];
}
