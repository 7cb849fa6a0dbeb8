using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Rescan.Functions.S3Events.Sns;

/// <summary>What became of an SNS message's signature.</summary>
public enum SnsVerdict
{
    /// <summary>SNS signed it, for a topic in the settings.</summary>
    Valid,

    /// <summary>Its topic is not in the settings.</summary>
    TopicNotAllowed,

    /// <summary>A field is not of its form, or the signature's version is unknown.</summary>
    Malformed,

    /// <summary>Published too long ago for any delivery of SNS, or in the future.</summary>
    OutsideTolerance,

    /// <summary>The certificate's address is not one of SNS.</summary>
    CertificateAddressRefused,

    /// <summary>The certificate could not be had; a later delivery may fare better.</summary>
    CertificateUnavailable,

    /// <summary>The certificate, or one above it, is outside its validity, or is not an RSA certificate.</summary>
    CertificateNotValid,

    /// <summary>The signature does not fit.</summary>
    SignatureWrong,
}

/// <summary>
/// Verifies messages as the SNS developer guide says ("Verifying the signatures of Amazon SNS messages"). The certificate is
/// trusted because it comes over verified TLS from a host of SNS, and only within its validity.
/// </summary>
public sealed class SnsMessageVerifier
{
    // SNS tries an HTTPS endpoint for an hour at the most (developer guide, "HTTP/HTTPS delivery policy");
    // whatever is much older is a replay.
    private static readonly TimeSpan OldestAccepted = TimeSpan.FromHours(2);
    private static readonly TimeSpan ClockSkew = TimeSpan.FromMinutes(5);

    private readonly HashSet<string> topics;
    private readonly ISnsCertificateSource certificates;
    private readonly TimeProvider time;

    /// <summary>Creates a verifier.</summary>
    /// <param name="topicArns">The topics accepted, compared exactly; blank ones are passed over.</param>
    /// <param name="certificates">Where signing certificates come from.</param>
    /// <param name="time">The clock.</param>
    public SnsMessageVerifier(IEnumerable<string> topicArns, ISnsCertificateSource certificates, TimeProvider time)
    {
        topics = topicArns.Where(t => !string.IsNullOrWhiteSpace(t)).ToHashSet(StringComparer.Ordinal);
        this.certificates = certificates;
        this.time = time;
    }

    /// <summary>Whether any topic is accepted.</summary>
    public bool HasTopics => topics.Count > 0;

    /// <summary>Verifies one message; nothing is fetched for a message whose topic, form or addresses are not in order.</summary>
    public async Task<SnsVerdict> VerifyAsync(SnsMessage message, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(message);
        if (!topics.Contains(message.TopicArn))
        {
            return SnsVerdict.TopicNotAllowed;
        }

        HashAlgorithmName? algorithm = message.SignatureVersion switch
        {
            "1" => HashAlgorithmName.SHA1,
            "2" => HashAlgorithmName.SHA256,
            _ => null,
        };
        byte[] signature = new byte[message.Signature.Length];
        if (algorithm is not { } hash
            || !Convert.TryFromBase64String(message.Signature, signature, out int length)
            || !DateTimeOffset.TryParse(
                message.Timestamp, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset published))
        {
            return SnsVerdict.Malformed;
        }

        DateTimeOffset now = time.GetUtcNow();
        if (now - published > OldestAccepted || published - now > ClockSkew)
        {
            return SnsVerdict.OutsideTolerance;
        }

        if (!SnsAddresses.IsCertificate(message))
        {
            return SnsVerdict.CertificateAddressRefused;
        }

        X509Certificate2Collection chain;
        try
        {
            chain = await certificates.GetAsync(new Uri(message.SigningCertUrl), cancellationToken);
        }
        catch (Exception e) when (e is HttpRequestException or CryptographicException)
        {
            return SnsVerdict.CertificateUnavailable;
        }

        using RSA? key = chain[0].GetRSAPublicKey();
        if (key is null || chain.Any(c => now < c.NotBefore || now > c.NotAfter))
        {
            return SnsVerdict.CertificateNotValid;
        }

        byte[] text = Encoding.UTF8.GetBytes(message.ToCanonicalString());
        return key.VerifyData(text, signature.AsSpan(0, length), hash, RSASignaturePadding.Pkcs1)
            ? SnsVerdict.Valid : SnsVerdict.SignatureWrong;
    }
}
