using System.Text.RegularExpressions;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Primitives;

namespace Rescan.Functions.S3Events.Sns;

/// <summary>
/// The only addresses that a message may send us to. The host must name a region: sns.s3.amazonaws.com, for one, is a bucket
/// that anyone could have made. The text itself is matched, before any parser reads it.
/// </summary>
internal static partial class SnsAddresses
{
    /// <summary>The address of a signing certificate.</summary>
    public static bool IsCertificate(string url) => Certificate().IsMatch(url);

    /// <summary>The address that confirms the subscription of a message's own topic with its own token.</summary>
    public static bool IsSubscription(SnsMessage message)
    {
        if (message.SubscribeUrl is not { } url || !Subscription().IsMatch(url))
        {
            return false;
        }

        Dictionary<string, StringValues> query = QueryHelpers.ParseQuery(new Uri(url).Query);
        return query.Count == 3
            && query.GetValueOrDefault("Action") == "ConfirmSubscription"
            && query.GetValueOrDefault("TopicArn") == message.TopicArn
            && query.GetValueOrDefault("Token") == message.Token;
    }

    [GeneratedRegex(@"\Ahttps://sns\.[a-z]{2}(-[a-z]{2,12}){1,3}-[0-9]{1,2}\.amazonaws\.com(\.cn)?/SimpleNotificationService-[A-Za-z0-9]{1,64}\.pem\z")]
    private static partial Regex Certificate();

    [GeneratedRegex(@"\Ahttps://sns\.[a-z]{2}(-[a-z]{2,12}){1,3}-[0-9]{1,2}\.amazonaws\.com(\.cn)?/\?[A-Za-z0-9=&:%._-]{1,2000}\z")]
    private static partial Regex Subscription();
}
