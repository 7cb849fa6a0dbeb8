using System.Diagnostics.CodeAnalysis;

namespace Rescan.Functions.Notifications;

/// <summary>Reads the address of a channel: https, or http on this machine's loopback.</summary>
internal static class ChannelAddress
{
    public static bool TryParse(string text, [NotNullWhen(true)] out Uri? address)
    {
        address = Uri.TryCreate(text.Trim(), UriKind.Absolute, out Uri? uri)
            && (uri.Scheme == Uri.UriSchemeHttps || (uri.Scheme == Uri.UriSchemeHttp && uri.IsLoopback))
            && uri.UserInfo.Length == 0 && uri.Fragment.Length == 0 ? uri : null;
        return address is not null;
    }
}
