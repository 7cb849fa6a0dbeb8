using System.Security.Cryptography;
using System.Text;

namespace Rescan.Functions.Api;

/// <summary>Keys of which a caller must show one. The time that a comparison takes does not tell how close a key came, or which one fits.</summary>
/// <param name="keys">The keys; blank ones do not count.</param>
public sealed class SecretKeys(IEnumerable<string?> keys)
{
    private readonly byte[][] digests = [.. keys.OfType<string>().Where(k => !string.IsNullOrWhiteSpace(k)).Select(Digest)];

    /// <summary>Whether there are none.</summary>
    public bool IsEmpty => digests.Length == 0;

    /// <summary>Whether a caller shows one of them.</summary>
    /// <param name="shown">What the caller shows; null when nothing.</param>
    public bool Contains(string? shown)
    {
        byte[] digest = Digest(shown ?? "");
        bool fits = false;
        foreach (byte[] key in digests)
        {
            fits |= CryptographicOperations.FixedTimeEquals(key, digest);
        }

        return fits && shown is not null;
    }

    private static byte[] Digest(string text) => SHA256.HashData(Encoding.UTF8.GetBytes(text));
}
