using System.Text.Json;
using System.Text.Json.Serialization;

namespace Rescan.Functions.Notifications;

/// <summary>
/// A message for an incoming webhook of Slack. What may come from outside stands in rich text, whose text elements are shown as they
/// are; only the line for banners and screen readers is marked up, and there the three characters that matter are escaped.
/// </summary>
internal static class SlackMessage
{
    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    public static byte[] Write(NotificationText text)
    {
        List<object> blocks =
        [
            new { Type = "header", Text = Own($"{Sign(text.Severity)} {text.Title}") },
            RichText(Section([Bold(text.Subject)])),
            RichText(Section([.. text.Facts.SelectMany((f, i) => new[] { Bold((i == 0 ? "" : "\n") + f.Name + ": "), Plain(f.Value) })])),
        ];
        if (text.Problems.Count > 0)
        {
            blocks.Add(RichText(
                new { Type = "rich_text_list", Style = "bullet", Elements = text.Problems.Select(p => Section([Plain(p)])) }));
        }

        if (text.Next is { } next)
        {
            blocks.Add(RichText(Section([Bold("What to do: "), Plain(next)])));
        }

        if (text.Link is { } link)
        {
            blocks.Add(new
            {
                Type = "actions",
                Elements = new[] { new { Type = "button", ActionId = "status", Text = Own("Open the status page"),
                    Url = link.AbsoluteUri } }
            });
        }

        return JsonSerializer.SerializeToUtf8Bytes(
            new { Text = $"{Sign(text.Severity)} {Escape(text.Line)}", Blocks = blocks, UnfurlLinks = false, UnfurlMedia = false }, Json);
    }

    private static string Sign(Severity severity) => severity switch
    {
        Severity.Good => "✅",
        Severity.Warning => "⚠️",
        Severity.Canceled => "⏹️",
        _ => "❌",
    };

    private static string Escape(string text) => text
        .Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal)
        .Replace(">", "&gt;", StringComparison.Ordinal);

    private static object Own(string words) => new { Type = "plain_text", Text = words, Emoji = true };

    private static object RichText(object element) => new { Type = "rich_text", Elements = new[] { element } };

    private static object Section(object[] elements) => new { Type = "rich_text_section", Elements = elements };

    private static object Plain(string text) => new { Type = "text", Text = text };

    private static object Bold(string text) => new { Type = "text", Text = text, Style = new { Bold = true } };
}
