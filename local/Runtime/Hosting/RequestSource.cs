using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Rescan.Local.Runtime.Hosting;

/// <summary>
/// Refuses what a page of another site makes a browser send. Such a page can have its own name resolve to this machine, but the browser
/// then names that host; and it can send without reading the answer, but the browser then names its origin.
/// </summary>
internal sealed class RequestSource
{
    private readonly HashSet<string> hosts = new(StringComparer.OrdinalIgnoreCase);
    private readonly HashSet<string> origins = new(StringComparer.OrdinalIgnoreCase);
    private readonly bool anyHost;

    /// <exception cref="InvalidOperationException">An entry is malformed.</exception>
    public RequestSource(LocalHostOptions options)
    {
        anyHost = options.Keys.Count > 0 && options.AllowedHosts.Count == 0;
        foreach (string host in options.AllowedHosts)
        {
            hosts.Add(Uri.CheckHostName(host.Trim('[', ']')) != UriHostNameType.Unknown
                ? host : throw new InvalidOperationException(
                    $"Rescan__AllowedHosts__N: '{host}' is not a host name without a port, such as rescan.example."));
        }

        foreach (string origin in options.AllowedOrigins)
        {
            origins.Add(Uri.TryCreate(origin, UriKind.Absolute, out Uri? site)
                && site.GetLeftPart(UriPartial.Authority) == origin.TrimEnd('/')
                ? origin.TrimEnd('/') : throw new InvalidOperationException(
                    $"Rescan__AllowedOrigins__N: '{origin}' is not a site such as https://portal.example."));
        }
    }

    /// <returns>The status to refuse it with; null when it may pass.</returns>
    public int? Refuse(HttpRequest request) =>
        !anyHost && !IsLoopback(request.Host.Host) && !hosts.Contains(request.Host.Host) ? StatusCodes.Status421MisdirectedRequest
        : IsSafe(request.Method) || IsOwn(request.Headers.Origin, request.Host) ? null
        : StatusCodes.Status403Forbidden;

    private static bool IsSafe(string method) => HttpMethods.IsGet(method) || HttpMethods.IsHead(method) || HttpMethods.IsOptions(method);

    private static bool IsLoopback(string host) =>
        string.Equals(host, "localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host.Trim('[', ']'), out IPAddress? address) && IPAddress.IsLoopback(address));

    /// <summary>The scheme does not count: a proxy with TLS may stand before this host.</summary>
    private bool IsOwn(StringValues origin, HostString host) => origin.Count == 0
        || (origin is [{ } text] && (origins.Contains(text)
            || (Uri.TryCreate(text, UriKind.Absolute, out Uri? site)
                && (site.Scheme == Uri.UriSchemeHttp || site.Scheme == Uri.UriSchemeHttps)
                && string.Equals(site.Host, host.Host, StringComparison.OrdinalIgnoreCase)
                && site.Port == (host.Port ?? (site.Scheme == Uri.UriSchemeHttps ? 443 : 80)))));
}
