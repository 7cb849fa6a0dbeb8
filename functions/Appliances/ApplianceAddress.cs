using System.Net;

namespace Rescan.Functions.Appliances;

/// <summary>Tells whether two addresses are one.</summary>
internal static class ApplianceAddress
{
    /// <summary>One text for all spellings of an address: case, international names, a final dot, IPv6 forms, a slash at the end.</summary>
    public static string Normalize(Uri url) => $"{Host(url)}:{url.Port}{url.AbsolutePath.TrimEnd('/')}";

    /// <summary>The same with an address of the host instead of its name.</summary>
    public static string Normalize(Uri url, IPAddress host) => $"{Text(host)}:{url.Port}{url.AbsolutePath.TrimEnd('/')}";

    private static string Host(Uri url)
    {
        string host = url.IdnHost.TrimEnd('.').ToLowerInvariant();
        return IPAddress.TryParse(host, out IPAddress? address) ? Text(address) : host;
    }

    private static string Text(IPAddress address) => (address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address).ToString();
}
