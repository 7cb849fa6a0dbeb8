using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;

namespace Rescan.Functions.Notifications;

/// <summary>
/// A message for ntfy, published as JSON: a header holds ASCII only, and text from outside has no place in one. The topic is the last part
/// of
/// the address, and the message goes to what is before it.
/// </summary>
internal static partial class NtfyMessage
{
    /// <summary>A longer message becomes an attachment, which phones do not show.</summary>
    private const int MaxMessage = 4096;

    /// <summary>ntfy reads twice the bytes of a message as JSON, and refuses more.</summary>
    private const int MaxBody = 2 * MaxMessage;

    // Escapes would make texts in most languages six times as long.
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    /// <summary>Takes the address of a topic apart.</summary>
    /// <returns>Where to publish, and the topic; null when the address ends in no topic.</returns>
    public static (Uri Server, string Topic)? Split(Uri address)
    {
        string topic = address.Segments[^1];
        return Topic().IsMatch(topic) && address.Query.Length == 0
            ? (new UriBuilder(address) { Path = string.Concat(address.Segments[..^1]) }.Uri, topic)
            : null;
    }

    public static byte[] Write(NotificationText text, string topic)
    {
        int most = MaxMessage;
        while (true)
        {
            byte[] body = JsonSerializer.SerializeToUtf8Bytes(
                new
                {
                    Topic = topic,
                    text.Title,
                    Message = PlainText.Write(text with { Link = null }, most),
                    Priority = PriorityOf(text.Severity),
                    Tags = new[] { TagOf(text.Severity), "rescan" },
                    Click = text.Link?.AbsoluteUri,
                },
                Json);
            if (body.Length <= MaxBody)
            {
                return body;
            }

            most = most * 3 / 4;
        }
    }

    /// <summary>1 to 5; 5 rings until it is seen, which is for people to choose on their phone.</summary>
    private static int PriorityOf(Severity severity) => severity switch
    {
        Severity.Bad => 4,
        Severity.Warning => 3,
        _ => 2,
    };

    /// <summary>A name that ntfy shows as an emoji.</summary>
    private static string TagOf(Severity severity) => severity switch
    {
        Severity.Good => "white_check_mark",
        Severity.Warning => "warning",
        Severity.Canceled => "stop_button",
        _ => "x",
    };

    [GeneratedRegex(@"\A[-_A-Za-z0-9]{1,64}\z")]
    private static partial Regex Topic();
}
