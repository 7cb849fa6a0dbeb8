using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;

namespace Rescan.Functions.Appliances;

/// <summary>The address of an appliance's REST API, wherever it is configured.</summary>
public static class ApplianceAddress
{
    /// <summary>What an address is to be, for messages.</summary>
    public const string Expected = "an https:// address such as https://appliance.example:11005, without user name, query and fragment";

    private const string Api = "api/v1/";

    /// <summary>Whether it is one. A password has no place in it, since addresses are shown.</summary>
    public static bool IsOne([NotNullWhen(true)] Uri? address) =>
        address is { IsAbsoluteUri: true } && address.Scheme == Uri.UriSchemeHttps && address.UserInfo.Length == 0
        && address.Query.Length == 0 && address.Fragment.Length == 0;

    /// <summary>Where the API is: below the path of the address, as behind a reverse proxy.</summary>
    public static Uri ApiOf(Uri address)
    {
        ArgumentNullException.ThrowIfNull(address);
        return new Uri(address.AbsoluteUri.TrimEnd('/') + "/" + Api);
    }

    /// <summary>A name for an appliance that was given none: its host and port in the letters of names.</summary>
    public static string NameOf(Uri address)
    {
        ArgumentNullException.ThrowIfNull(address);
        string host = string.Concat(address.IdnHost.Trim('[', ']').Select(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' ? c : '-'));
        return string.Create(CultureInfo.InvariantCulture, $"{host}-{address.Port}");
    }

    /// <summary>Whether two addresses are one, however they are spelled.</summary>
    public static bool IsSame(Uri one, Uri other)
    {
        ArgumentNullException.ThrowIfNull(one);
        ArgumentNullException.ThrowIfNull(other);
        return Normalize(one) == Normalize(other);
    }

    /// <summary>One text for all spellings of an address: case, international names, a final dot, IPv6 forms, a slash at the end.</summary>
    internal static string Normalize(Uri url) =>
        string.Create(CultureInfo.InvariantCulture, $"{Host(url)}:{url.Port}{url.AbsolutePath.TrimEnd('/')}");

    /// <summary>The same with an address of the host instead of its name.</summary>
    internal static string Normalize(Uri url, IPAddress host) =>
        string.Create(CultureInfo.InvariantCulture, $"{Text(host)}:{url.Port}{url.AbsolutePath.TrimEnd('/')}");

    private static string Host(Uri url)
    {
        string host = url.IdnHost.TrimEnd('.').ToLowerInvariant();
        return IPAddress.TryParse(host, out IPAddress? address) ? Text(address) : host;
    }

    private static string Text(IPAddress address) => (address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address).ToString();
}
