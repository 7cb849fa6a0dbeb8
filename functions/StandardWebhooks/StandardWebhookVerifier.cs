using System.Globalization;
using System.Security.Cryptography;

namespace Rescan.Functions.StandardWebhooks;

/// <summary>What became of a webhook's signature.</summary>
public enum WebhookVerdict
{
    /// <summary>Signed with one of the secrets, within the tolerance.</summary>
    Valid,

    /// <summary>A header is missing, repeated or not of its form.</summary>
    Malformed,

    /// <summary>The timestamp is further from now than the tolerance.</summary>
    OutsideTolerance,

    /// <summary>No signature fits any of the secrets.</summary>
    SignatureWrong,
}

/// <summary>Verifies incoming messages by Standard Webhooks 1.0.0 (symmetric scheme <c>v1</c>).</summary>
public sealed class StandardWebhookVerifier
{
    /// <summary>How far the timestamp may be from now, either way, as the specification's libraries have it.</summary>
    public static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(5);

    private readonly IReadOnlyList<byte[]> keys;
    private readonly TimeProvider time;

    /// <summary>Creates a verifier.</summary>
    /// <param name="secrets">The secrets accepted, <c>whsec_</c> and base64; blank ones are passed over.</param>
    /// <param name="time">The clock.</param>
    /// <exception cref="FormatException">A secret cannot be read.</exception>
    public StandardWebhookVerifier(IEnumerable<string> secrets, TimeProvider time)
    {
        keys = WebhookSecret.ParseAll(secrets);
        this.time = time;
    }

    /// <summary>Whether there is any secret to verify with.</summary>
    public bool HasSecrets => keys.Count > 0;

    /// <summary>Verifies one message.</summary>
    /// <param name="id">The header <c>webhook-id</c>, null when it is missing or repeated.</param>
    /// <param name="timestamp">The header <c>webhook-timestamp</c>, likewise.</param>
    /// <param name="signatures">The header <c>webhook-signature</c>, likewise: signatures with a space
    /// between them, of any version.</param>
    /// <param name="body">The body exactly as received.</param>
    public WebhookVerdict Verify(string? id, string? timestamp, string? signatures, ReadOnlySpan<byte> body)
    {
        if (id is null || signatures is null || !StandardWebhookSignature.IsId(id)
            || !long.TryParse(timestamp, NumberStyles.None, CultureInfo.InvariantCulture, out long seconds))
        {
            return WebhookVerdict.Malformed;
        }

        long distance = Math.Abs(time.GetUtcNow().ToUnixTimeSeconds() - seconds);
        if (distance > Tolerance.TotalSeconds)
        {
            return WebhookVerdict.OutsideTolerance;
        }

        List<byte[]> shown = Read(signatures);
        bool fits = false;
        foreach (byte[] key in keys)
        {
            byte[] expected = StandardWebhookSignature.Compute(key, id, seconds, body);
            foreach (byte[] signature in shown)
            {
                // No early way out: the time taken must not tell which secret or which signature came close.
                fits |= CryptographicOperations.FixedTimeEquals(expected, signature);
            }
        }

        return fits ? WebhookVerdict.Valid : WebhookVerdict.SignatureWrong;
    }

    private static List<byte[]> Read(string header)
    {
        List<byte[]> signatures = [];
        Span<byte> bytes = stackalloc byte[HMACSHA256.HashSizeInBytes];
        foreach (string part in header.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            // Other versions, such as the asymmetric v1a, may stand beside ours.
            if (part.StartsWith(StandardWebhookSignature.Version, StringComparison.Ordinal)
                && Convert.TryFromBase64String(part[StandardWebhookSignature.Version.Length..], bytes, out int length))
            {
                signatures.Add(bytes[..length].ToArray());
            }
        }

        return signatures;
    }
}
