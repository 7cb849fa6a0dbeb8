using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Rescan.Functions.S3Events.Sns;

/// <summary>
/// Fetches signing certificates by HTTPS and keeps them, so that a burst of messages costs one request. Failures are kept for
/// a while too: forged messages that name certificates at random must not make this process a source of requests.
/// </summary>
internal sealed class HttpSnsCertificateSource(HttpClient http, TimeProvider time) : ISnsCertificateSource, IDisposable
{
    private const int MostKept = 32;
    private static readonly TimeSpan KeepFor = TimeSpan.FromHours(24);
    private static readonly TimeSpan KeepFailureFor = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<string, Kept> kept = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim fetching = new(1);

    /// <summary>Addresses remembered.</summary>
    public int Count => kept.Count;

    /// <inheritdoc/>
    public async Task<X509Certificate2Collection> GetAsync(Uri url, CancellationToken cancellationToken)
    {
        if (Find(url) is not { } entry)
        {
            await fetching.WaitAsync(cancellationToken);
            try
            {
                entry = Find(url);
                if (entry is null)
                {
                    MakeRoom();
                    kept[url.AbsoluteUri] = entry = await FetchAsync(url, cancellationToken);
                }
            }
            finally
            {
                fetching.Release();
            }
        }

        return entry.Certificates
            ?? throw new HttpRequestException("The signing certificate could not be fetched; it is asked for again after a minute.");
    }

    /// <inheritdoc/>
    public void Dispose() => fetching.Dispose();

    private async Task<Kept> FetchAsync(Uri url, CancellationToken cancellationToken)
    {
        try
        {
            string pem = await http.GetStringAsync(url, cancellationToken);
            X509Certificate2Collection certificates = [];
            certificates.ImportFromPem(pem);
            return certificates.Count > 0
                ? new Kept(certificates, time.GetUtcNow() + KeepFor)
                : throw new CryptographicException("The file has no certificate.");
        }
        catch (Exception e) when (e is HttpRequestException or CryptographicException
            || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return new Kept(null, time.GetUtcNow() + KeepFailureFor);
        }
    }

    private Kept? Find(Uri url) => kept.TryGetValue(url.AbsoluteUri, out Kept? entry) && time.GetUtcNow() < entry.Until ? entry : null;

    private void MakeRoom()
    {
        foreach (string url in kept.Where(k => time.GetUtcNow() >= k.Value.Until).Select(k => k.Key))
        {
            kept.TryRemove(url, out _);
        }

        if (kept.Count >= MostKept)
        {
            kept.Clear();
        }
    }

    private sealed record Kept(X509Certificate2Collection? Certificates, DateTimeOffset Until);
}
