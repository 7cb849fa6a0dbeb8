using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Rescan.Functions.Appliance;

/// <summary>Trusts a certificate by its SHA-256 thumbprint, or by the system's roots where none is pinned.</summary>
internal sealed class CertificatePins(IEnumerable<string> thumbprints)
{
    private readonly HashSet<string> pinned = thumbprints
        .Where(t => t.Length > 0)
        .Select(t => t.Replace(":", "", StringComparison.Ordinal).ToUpperInvariant())
        .ToHashSet(StringComparer.Ordinal);

    /// <summary>The thumbprint that was last refused.</summary>
    public string? Refused { get; private set; }

    public bool Accept(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        string? seen = certificate?.GetCertHashString(HashAlgorithmName.SHA256);
        bool accepted = pinned.Count == 0 ? errors == SslPolicyErrors.None : seen is not null && pinned.Contains(seen);
        Refused = accepted ? null : seen;
        return accepted;
    }
}
