using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Rescan.Functions.Appliances;

/// <summary>The certificate that each appliance showed last, for those who ask before a first rescan.</summary>
internal sealed class CertificatesSeen
{
    private readonly ConcurrentDictionary<string, CertificateSeen> last = new(StringComparer.OrdinalIgnoreCase);

    public CertificateSeen? Of(string appliance) => last.GetValueOrDefault(appliance);

    public void Add(string appliance, X509Certificate certificate) => last[appliance] = new CertificateSeen(
        certificate.GetCertHashString(HashAlgorithmName.SHA256), certificate.Subject,
        Convert.ToDateTime(certificate.GetExpirationDateString(), CultureInfo.CurrentCulture).ToUniversalTime());
}
