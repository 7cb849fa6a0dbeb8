using System.Globalization;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Rescan.Functions.Appliances;

/// <summary>Trusts a certificate by its SHA-256 thumbprint, or by the system's roots where none is pinned.</summary>
internal sealed class CertificatePins(IEnumerable<string> thumbprints, Action<X509Certificate>? accepted = null)
{
    private readonly HashSet<string> pinned = thumbprints
        .Where(t => t.Length > 0)
        .Select(t => t.Replace(":", "", StringComparison.Ordinal).ToUpperInvariant())
        .ToHashSet(StringComparer.Ordinal);

    /// <exception cref="UntrustedCertificateException">The certificate is not trusted; the message shows its thumbprint.</exception>
    public bool Accept(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        string? seen = certificate?.GetCertHashString(HashAlgorithmName.SHA256);
        if (pinned.Count == 0 ? errors == SslPolicyErrors.None : seen is not null && pinned.Contains(seen))
        {
            if (certificate is not null)
            {
                accepted?.Invoke(certificate);
            }

            return true;
        }

        string shown = seen is null ? "It shows no certificate." : string.Create(
            CultureInfo.InvariantCulture,
            $"It shows one with the SHA-256 thumbprint {seen} ({certificate!.Subject}, valid until {Convert.ToDateTime(certificate.GetExpirationDateString(), CultureInfo.CurrentCulture).ToUniversalTime():yyyy-MM-dd}).");
        throw new UntrustedCertificateException(pinned.Count == 0
            ? $"{shown} This system's roots do not vouch for it "
                + $"({errors}), and no thumbprint is pinned. If it is the appliance's own, pin it in Thumbprints."
            : $"{shown} It is not among the {pinned.Count} pinned. Appliances make a new certificate on upgrade: if it is the appliance's "
                + "own, add it to Thumbprints; if not, somebody stands in between.");
    }
}
