using System.Text.RegularExpressions;

namespace Rescan.Functions.Notifications;

/// <summary>What the secrets of channels look like; it is checked before one is put into a header or a body.</summary>
internal static partial class ChannelSecretFormat
{
    /// <summary>What is expected of an access token.</summary>
    public const string Token = "its token is not an access token of ntfy, such as tk_ and 29 letters and digits";

    /// <summary>What is expected of a routing key.</summary>
    public const string RoutingKey = "its routing key is not the 32 letters and digits of an integration of the kind Events API v2";

    public static bool IsToken(string text) => AccessToken().IsMatch(text);

    public static bool IsRoutingKey(string text) => IntegrationKey().IsMatch(text);

    [GeneratedRegex(@"\A[A-Za-z0-9._~+/=-]{1,500}\z")]
    private static partial Regex AccessToken();

    [GeneratedRegex(@"\A[A-Za-z0-9]{32}\z")]
    private static partial Regex IntegrationKey();
}
