using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Rescan.Functions.StandardWebhooks;

/// <summary>The HMAC-SHA256 of Standard Webhooks 1.0.0 over <c>id.timestamp.body</c>.</summary>
internal static class StandardWebhookSignature
{
    public const string IdHeader = "webhook-id";
    public const string TimestampHeader = "webhook-timestamp";
    public const string SignatureHeader = "webhook-signature";

    /// <summary>The same headers as Svix names them, whose scheme became the standard.</summary>
    public const string SvixIdHeader = "svix-id";

    /// <inheritdoc cref="SvixIdHeader"/>
    public const string SvixTimestampHeader = "svix-timestamp";

    /// <inheritdoc cref="SvixIdHeader"/>
    public const string SvixSignatureHeader = "svix-signature";

    /// <summary>The version of the symmetric scheme, with the comma that follows it.</summary>
    public const string Version = "v1,";

    private const int LongestId = 256;

    /// <summary>
    /// Full stops are allowed, although they also separate id, time and body in what is signed: a body is a JSON object, so what is
    /// signed can be divided in one way only.
    /// </summary>
    public static bool IsId(string id) => id.Length is > 0 and <= LongestId && id.All(c => c is > ' ' and < '\x7f');

    public static byte[] Compute(byte[] key, string id, long timestamp, ReadOnlySpan<byte> body)
    {
        using IncrementalHash hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, key);
        hmac.AppendData(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{id}.{timestamp}.")));
        hmac.AppendData(body);
        return hmac.GetHashAndReset();
    }
}
