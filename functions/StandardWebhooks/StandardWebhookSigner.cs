using System.Globalization;

namespace Rescan.Functions.StandardWebhooks;

/// <summary>
/// Signs outgoing notifications by Standard Webhooks 1.0.0, once for each secret, so that receivers can change theirs without a gap.
/// </summary>
public sealed class StandardWebhookSigner
{
    private readonly IReadOnlyList<byte[]> keys;

    /// <summary>Creates a signer.</summary>
    /// <param name="secrets">One or more secrets, <c>whsec_</c> and base64; blank ones are passed over.</param>
    /// <exception cref="FormatException">A secret cannot be read.</exception>
    /// <exception cref="ArgumentException">No secret is left.</exception>
    public StandardWebhookSigner(IEnumerable<string> secrets)
    {
        keys = WebhookSecret.ParseAll(secrets);
        if (keys.Count == 0)
        {
            throw new ArgumentException("At least one secret is needed to sign.", nameof(secrets));
        }
    }

    /// <summary>The value of <c>webhook-signature</c>.</summary>
    /// <param name="id">The message's id, the same on every attempt; printable ASCII without spaces, at most 256 characters.</param>
    /// <param name="timestamp">The time of this attempt; whole seconds count.</param>
    /// <param name="body">The body exactly as sent.</param>
    /// <exception cref="ArgumentException">The id is not of that form.</exception>
    public string Sign(string id, DateTimeOffset timestamp, ReadOnlySpan<byte> body)
    {
        if (!StandardWebhookSignature.IsId(id))
        {
            throw new ArgumentException("A webhook id is printable ASCII without spaces, of at most 256 characters.", nameof(id));
        }

        List<string> signatures = [];
        foreach (byte[] key in keys)
        {
            signatures.Add(
                StandardWebhookSignature.Version
                + Convert.ToBase64String(StandardWebhookSignature.Compute(key, id, timestamp.ToUnixTimeSeconds(), body)));
        }

        return string.Join(' ', signatures);
    }

    /// <summary>Adds the three headers to a request.</summary>
    /// <inheritdoc cref="Sign(string, DateTimeOffset, ReadOnlySpan{byte})"/>
    public void Sign(HttpRequestMessage request, string id, DateTimeOffset timestamp, ReadOnlySpan<byte> body)
    {
        ArgumentNullException.ThrowIfNull(request);
        string signature = Sign(id, timestamp, body);
        request.Headers.Add(StandardWebhookSignature.IdHeader, id);
        request.Headers.Add(StandardWebhookSignature.TimestampHeader, timestamp.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture));
        request.Headers.Add(StandardWebhookSignature.SignatureHeader, signature);
    }
}
