using System.Text.RegularExpressions;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Primitives;

namespace Rescan.Functions.S3Events.Sns;

/// <summary>
/// The only addresses that a message may send us to: hosts of SNS in the partition of the message's topic. The text itself is matched,
/// before any parser reads it.
/// </summary>
internal static partial class SnsAddresses
{
    /// <summary>Whether the address of the signing certificate is one of SNS.</summary>
    public static bool IsCertificate(SnsMessage message) =>
        Certificate().Match(message.SigningCertUrl) is { Success: true } match && IsHost(message, match.Groups["host"].Value);

    /// <summary>Whether the address confirms the subscription of the message's own topic with its own token.</summary>
    public static bool IsSubscription(SnsMessage message)
    {
        if (message.SubscribeUrl is not { } url || Subscription().Match(url) is not { Success: true } match
            || !IsHost(message, match.Groups["host"].Value))
        {
            return false;
        }

        Dictionary<string, StringValues> query = QueryHelpers.ParseQuery(new Uri(url).Query);
        return query.Count == 3
            && query.GetValueOrDefault("Action") == "ConfirmSubscription"
            && query.GetValueOrDefault("TopicArn") == message.TopicArn
            && query.GetValueOrDefault("Token") == message.Token;
    }

    private static bool IsHost(SnsMessage message, string host) =>
        AwsPartition.OfTopic(message.TopicArn) is { } partition && partition.IsSns(host);

    [GeneratedRegex(@"\Ahttps://(?<host>[a-z0-9.-]{1,100})/SimpleNotificationService-[A-Za-z0-9]{1,64}\.pem\z")]
    private static partial Regex Certificate();

    [GeneratedRegex(@"\Ahttps://(?<host>[a-z0-9.-]{1,100})/\?[A-Za-z0-9=&:%._-]{1,2000}\z")]
    private static partial Regex Subscription();
}
