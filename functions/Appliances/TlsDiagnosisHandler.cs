using System.Security.Cryptography.X509Certificates;

namespace Rescan.Functions.Appliances;

/// <summary>What is seen of an appliance's TLS.</summary>
internal sealed class TlsObserver
{
    /// <summary>Whether it ever answered a request here.</summary>
    public bool HasAnswered { get; set; }

    /// <summary>Whether it asked for a certificate of ours, of which there is none.</summary>
    public bool AskedForCertificate { get; private set; }

    /// <summary>How it failed when it demanded one; null while it did not. Held for the life of the process.</summary>
    public HttpRequestException? Demand { get; set; }

    /// <summary>Called by TLS before a connection, and again when the server asks for a certificate.</summary>
    public X509Certificate? Select(
        object sender, string targetHost, X509CertificateCollection localCertificates, X509Certificate? remoteCertificate,
        string[] acceptableIssuers)
    {
        AskedForCertificate |= remoteCertificate is not null;
        return null;
    }
}

/// <summary>
/// Says what was found where TLS fails, instead of what the system's library calls it. A server that never answered and is something
/// else, or demands a certificate, is not asked again: each try would show it the password.
/// </summary>
/// <param name="observer">What was seen so far.</param>
internal sealed class TlsDiagnosisHandler(TlsObserver observer) : DelegatingHandler
{
    private const string CertificateDemanded = "the server demands a client certificate, which is not supported";

    /// <inheritdoc/>
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (observer.Demand is { } before)
        {
            throw Failure(before);
        }

        try
        {
            HttpResponseMessage answer = await base.SendAsync(request, cancellationToken);
            observer.HasAnswered = true;
            return answer;
        }
        catch (HttpRequestException e) when (e.InnerException is not UntrustedCertificateException
            && e.HttpRequestError is not HttpRequestError.NameResolutionError and not HttpRequestError.ConnectionError)
        {
            if (observer is { AskedForCertificate: true, HasAnswered: false })
            {
                observer.Demand = e;
                throw Failure(e);
            }

            if (e.HttpRequestError == HttpRequestError.SecureConnectionError
                && await TlsProbe.FindAsync(request.RequestUri!, cancellationToken) is { } finding)
            {
                throw new HttpRequestException(
                    HttpRequestError.SecureConnectionError, finding.Text,
                    new TlsFailedException(finding.Text, finding.IsConfiguration && !observer.HasAnswered, e));
            }

            throw;
        }
    }

    private static HttpRequestException Failure(HttpRequestException cause) =>
        new(HttpRequestError.SecureConnectionError, CertificateDemanded, new TlsFailedException(CertificateDemanded, isFinal: true, cause));
}
