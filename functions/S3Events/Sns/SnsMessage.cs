using System.Text;
using System.Text.Json;

namespace Rescan.Functions.S3Events.Sns;

/// <summary>
/// A message as Amazon SNS posts it to an HTTPS endpoint (SNS developer guide, "HTTP/HTTPS notification JSON format" and its neighbours).
/// </summary>
public sealed record SnsMessage
{
    /// <summary>The type of an ordinary message.</summary>
    public const string Notification = "Notification";

    /// <summary>The type of a message that asks to confirm a subscription.</summary>
    public const string SubscriptionConfirmation = "SubscriptionConfirmation";

    /// <summary>The type of a message that tells of a subscription's end.</summary>
    public const string UnsubscribeConfirmation = "UnsubscribeConfirmation";

    /// <summary>One of the three types above.</summary>
    public required string Type { get; init; }

    /// <summary>The message's id, the same on every delivery.</summary>
    public required string MessageId { get; init; }

    /// <summary>The topic.</summary>
    public required string TopicArn { get; init; }

    /// <summary>What was published.</summary>
    public required string Message { get; init; }

    /// <summary>When it was published, as text: the signature covers the text.</summary>
    public required string Timestamp { get; init; }

    /// <summary>1 (SHA-1) or 2 (SHA-256).</summary>
    public required string SignatureVersion { get; init; }

    /// <summary>The signature, base64.</summary>
    public required string Signature { get; init; }

    /// <summary>Where the signer's certificate is.</summary>
    public required string SigningCertUrl { get; init; }

    /// <summary>The subject of a notification that has one.</summary>
    public string? Subject { get; init; }

    /// <summary>The token of a confirmation.</summary>
    public string? Token { get; init; }

    /// <summary>The address that confirms a subscription.</summary>
    public string? SubscribeUrl { get; init; }

    /// <summary>Whether a body has the shape of an SNS message, whole or not.</summary>
    public static bool IsOne(JsonElement body) => body.Property(nameof(Type)) is not null && body.Property(nameof(TopicArn)) is not null;

    /// <summary>Reads a message.</summary>
    /// <exception cref="FormatException">A field that its type needs is missing, or the type is unknown.</exception>
    public static SnsMessage Read(JsonElement body)
    {
        string Need(string name) => body.Text(name) ?? throw new FormatException($"The SNS message has no {name}.");
        string type = Need(nameof(Type));
        bool confirms = type is SubscriptionConfirmation or UnsubscribeConfirmation;
        return confirms || type == Notification
            ? new SnsMessage
            {
                Type = type,
                MessageId = Need(nameof(MessageId)),
                TopicArn = Need(nameof(TopicArn)),
                Message = Need(nameof(Message)),
                Timestamp = Need(nameof(Timestamp)),
                SignatureVersion = Need(nameof(SignatureVersion)),
                Signature = Need(nameof(Signature)),
                SigningCertUrl = Need("SigningCertURL"),
                Subject = confirms ? null : body.Text(nameof(Subject)),
                Token = confirms ? Need(nameof(Token)) : null,
                SubscribeUrl = confirms ? Need("SubscribeURL") : null,
            }
            : throw new FormatException("The SNS message is of a type that is not known.");
    }

    /// <summary>The text that SNS signs: names and values in the order of the names, each on a line of its own.</summary>
    public string ToCanonicalString()
    {
        StringBuilder text = new();
        void Add(string name, string? value)
        {
            if (value is not null)
            {
                text.Append(name).Append('\n').Append(value).Append('\n');
            }
        }

        Add(nameof(Message), Message);
        Add(nameof(MessageId), MessageId);
        Add(nameof(Subject), Subject);
        Add("SubscribeURL", SubscribeUrl);
        Add(nameof(Timestamp), Timestamp);
        Add(nameof(Token), Token);
        Add(nameof(TopicArn), TopicArn);
        Add(nameof(Type), Type);
        return text.ToString();
    }
}
