using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Rescan.Functions.S3Events.Sns;

/// <summary>Fetches the certificates with which SNS signs.</summary>
public interface ISnsCertificateSource
{
    /// <summary>The certificates in a PEM file, the signer's first.</summary>
    /// <param name="url">Its address, already restricted to the hosts of SNS.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <exception cref="HttpRequestException">It could not be fetched.</exception>
    /// <exception cref="CryptographicException">What was fetched is no certificate.</exception>
    Task<X509Certificate2Collection> GetAsync(Uri url, CancellationToken cancellationToken);
}
