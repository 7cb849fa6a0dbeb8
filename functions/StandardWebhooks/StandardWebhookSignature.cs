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

    /// <summary>The version of the symmetric scheme, with the comma that follows it.</summary>
    public const string Version = "v1,";

    private const int LongestId = 256;

    /// <summary>A full stop in an id would let one signature fit two messages, so none is allowed.</summary>
    public static bool IsId(string id) => id.Length is > 0 and <= LongestId && id.All(c => c is > ' ' and < '\x7f' and not '.');

    public static byte[] Compute(byte[] key, string id, long timestamp, ReadOnlySpan<byte> body)
    {
        using IncrementalHash hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, key);
        hmac.AppendData(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{id}.{timestamp}.")));
        hmac.AppendData(body);
        return hmac.GetHashAndReset();
    }
}
