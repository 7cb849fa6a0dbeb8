using System.Net;
using System.Net.Sockets;

namespace Rescan.Local.Runtime.Hosting;

/// <summary>Who sends requests, as far as limits go.</summary>
internal static class ClientAddress
{
    /// <summary>An IPv6 client has a whole /64 to choose addresses from.</summary>
    public static string Of(IPAddress? address)
    {
        if (address is { IsIPv4MappedToIPv6: true })
        {
            address = address.MapToIPv4();
        }

        return address is { AddressFamily: AddressFamily.InterNetworkV6 }
            ? Convert.ToHexString(address.GetAddressBytes().AsSpan(0, 8)) + "::/64"
            : address?.ToString() ?? "unknown";
    }
}
