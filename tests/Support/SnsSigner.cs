using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;

namespace Rescan.Tests.Support;

/// <summary>
/// Signs messages as SNS does, with a key of the test's own. The texts to sign are written out by hand, not taken from the code under test.
/// </summary>
internal sealed class SnsSigner : IDisposable
{
    public const string Topic = "arn:aws:sns:us-west-2:123456789012:MyTopic";
    public const string CertificateUrl =
        "https://sns.us-west-2.amazonaws.com/SimpleNotificationService-f3ecfb7224c7233fe7bb5f59f96de52f.pem";

    private readonly RSA key;

    public SnsSigner(RSA key, DateTimeOffset notBefore, DateTimeOffset notAfter)
    {
        this.key = key;
        Certificate = new CertificateRequest(
            "CN=sns.amazonaws.com", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1).CreateSelfSigned(notBefore, notAfter);
    }

    public X509Certificate2 Certificate { get; }

    /// <summary>The example of the developer guide, with another message, time and signature.</summary>
    public JsonObject Notification(DateTimeOffset at, string message, string version = "2", string? subject = "My First Message")
    {
        string time = Text(at);
        string toSign = $"Message\n{message}\nMessageId\n22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324\n"
            + (subject is null ? "" : $"Subject\n{subject}\n")
            + $"Timestamp\n{time}\nTopicArn\n{Topic}\nType\nNotification\n";
        JsonObject body = new()
        {
            ["Type"] = "Notification",
            ["MessageId"] = "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324",
            ["TopicArn"] = Topic,
            ["Subject"] = subject,
            ["Message"] = message,
            ["Timestamp"] = time,
            ["SignatureVersion"] = version,
            ["Signature"] = Sign(toSign, version),
            ["SigningCertURL"] = CertificateUrl,
            ["UnsubscribeURL"] =
                "https://sns.us-west-2.amazonaws.com/?Action=Unsubscribe&SubscriptionArn=arn:aws:sns:us-west-2:123456789012:MyTopic:c9135db0-26c4-47ec-8998-413945fb5a96",
        };
        if (subject is null)
        {
            body.Remove("Subject");
        }

        return body;
    }

    public JsonObject Confirmation(
        DateTimeOffset at, string type = "SubscriptionConfirmation", string version = "1", string? subscribeUrl = null)
    {
        const string token = "2336412f37fb687f5d51e6e2425c464de257eb";
        string time = Text(at);
        string message =
            $"You have chosen to subscribe to the topic {Topic}.\nTo confirm the subscription, visit the SubscribeURL included in this "
                + "message.";
        subscribeUrl ??= $"https://sns.us-west-2.amazonaws.com/?Action=ConfirmSubscription&TopicArn={Topic}&Token={token}";
        string toSign =
            $"Message\n{message}\nMessageId\n165545c9-2a5c-472c-8df2-7ff2be2b3b1b\nSubscribeURL\n{subscribeUrl}\nTimestamp\n{time}\nToken\n{token}\nTopicArn\n{Topic}\nType\n{type}\n";
        return new JsonObject
        {
            ["Type"] = type,
            ["MessageId"] = "165545c9-2a5c-472c-8df2-7ff2be2b3b1b",
            ["Token"] = token,
            ["TopicArn"] = Topic,
            ["Message"] = message,
            ["SubscribeURL"] = subscribeUrl,
            ["Timestamp"] = time,
            ["SignatureVersion"] = version,
            ["Signature"] = Sign(toSign, version),
            ["SigningCertURL"] = CertificateUrl,
        };
    }

    public void Dispose() => Certificate.Dispose();

    private static string Text(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", null);

    private string Sign(string text, string version) => Convert.ToBase64String(
        key.SignData(
            Encoding.UTF8.GetBytes(text), version == "1" ? HashAlgorithmName.SHA1 : HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));
}
