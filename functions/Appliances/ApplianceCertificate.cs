using System.Globalization;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Rescan.Functions.Display;

namespace Rescan.Functions.Appliances;

/// <summary>The certificate that an address shows, for a person to judge before any password is sent there.</summary>
/// <param name="Thumbprint">Its SHA-256 thumbprint.</param>
/// <param name="Subject">Its subject.</param>
/// <param name="Issuer">Who issued it.</param>
/// <param name="ValidFrom">From when on it holds, UTC.</param>
/// <param name="ValidUntil">When it runs out, UTC.</param>
/// <param name="Doubts">Why this system does not trust it by itself; null when it does.</param>
public sealed record ApplianceCertificate(
    string Thumbprint, string Subject, string Issuer, DateTimeOffset ValidFrom, DateTimeOffset ValidUntil, string? Doubts)
{
    private const int MaxSaid = 200;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <summary>
    /// Looks at the certificate and hangs up: no request is sent. The way there is that of requests, so that a proxy counts.
    /// </summary>
    /// <exception cref="ApplianceException">Nothing answers there, or no TLS.</exception>
    public static async Task<ApplianceCertificate> LookAsync(Uri address, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(address);
        ApplianceCertificate? seen = null;
        TlsObserver tls = new();
        using SocketsHttpHandler connection = new()
        {
            AllowAutoRedirect = false,
            ConnectTimeout = Patience,
#pragma warning disable CA5359 // It throws always.
            SslOptions =
            {
                RemoteCertificateValidationCallback = (_, certificate, _, errors) =>
                {
                    seen = certificate is null ? null : Of(certificate, errors);
                    throw new UntrustedCertificateException("It was only looked at.");
                },
                LocalCertificateSelectionCallback = tls.Select!,
            },
#pragma warning restore CA5359
        };
        using TlsDiagnosisHandler diagnosis = new(tls) { InnerHandler = connection };
        using HttpClient http = new(diagnosis) { Timeout = Patience };
        try
        {
            using HttpResponseMessage none = await http.GetAsync(address, cancellationToken);
            throw Failure(address, "it shows no certificate", isTransient: false, null);
        }
        catch (HttpRequestException e)
        {
            return seen ?? throw Failure(
                address, SafeText.Line(Innermost(e).TrimEnd('.'), MaxSaid), e.InnerException is not TlsFailedException { IsFinal: true },
                e);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw Failure(address, "it did not answer in time", isTransient: true, e);
        }
    }

    private static ApplianceCertificate Of(X509Certificate certificate, SslPolicyErrors errors)
    {
        using X509Certificate2 whole = new(certificate);
        return new ApplianceCertificate(
            whole.GetCertHashString(HashAlgorithmName.SHA256), whole.Subject, whole.Issuer, whole.NotBefore.ToUniversalTime(),
            whole.NotAfter.ToUniversalTime(), DoubtsOf(errors));
    }

    private static string? DoubtsOf(SslPolicyErrors errors) => errors == SslPolicyErrors.None ? null : string.Join(" and ", (string[])
    [
        .. errors.HasFlag(SslPolicyErrors.RemoteCertificateChainErrors)
            ? ["this system's roots do not vouch for it"]
            : Array.Empty<string>(),
        .. errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch) ? ["it is for another name"] : Array.Empty<string>(),
        .. errors.HasFlag(SslPolicyErrors.RemoteCertificateNotAvailable) ? ["it is not there"] : Array.Empty<string>(),
    ]);

    private static string Innermost(Exception e)
    {
        while (e.InnerException is { Message.Length: > 0 } inner && e is not AuthenticationException)
        {
            e = inner;
        }

        return e.Message;
    }

    private static ApplianceException Failure(Uri address, string why, bool isTransient, Exception? inner) => new(
        isTransient ? ApplianceFailure.Transient : ApplianceFailure.Rejected,
        string.Create(CultureInfo.InvariantCulture, $"The certificate of {address.Authority} cannot be looked at: {why}."), inner)
    {
        MayHaveActed = false,
    };
}
