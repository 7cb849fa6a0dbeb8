using System.Security.Cryptography;
using System.Text;

namespace Rescan.Functions.Api;

/// <summary>
/// Keys of which a caller must show one. The time that a comparison takes does not tell how close a key came, or which one fits.
/// </summary>
/// <param name="keys">The keys; blank ones do not count.</param>
public sealed class SecretKeys(IEnumerable<string?> keys)
{
    private readonly byte[]?[] digests = [.. keys.Select(k => string.IsNullOrWhiteSpace(k) ? null : Digest(k))];

    /// <summary>Whether there are none.</summary>
    public bool IsEmpty => digests.All(d => d is null);

    /// <summary>Whether a caller shows one of them.</summary>
    /// <param name="shown">What the caller shows; null when nothing.</param>
    public bool Contains(string? shown) => Find(shown) >= 0;

    /// <summary>Which of them a caller shows.</summary>
    /// <param name="shown">What the caller shows; null when nothing.</param>
    /// <returns>Its place among the keys; -1 when it is none of them.</returns>
    public int Find(string? shown)
    {
        byte[] digest = Digest(shown ?? "");
        int found = -1;
        for (int i = 0; i < digests.Length; i++)
        {
            found = CryptographicOperations.FixedTimeEquals(digests[i] ?? [], digest) ? i : found;
        }

        return shown is null ? -1 : found;
    }

    private static byte[] Digest(string text) => SHA256.HashData(Encoding.UTF8.GetBytes(text));
}
