using System.Net;
using System.Security.Cryptography;
using System.Text;
using MimeKit;
using MimeKit.Text;

namespace Rescan.Functions.Notifications;

/// <summary>A notification as mail: plain text, and HTML with the same in it. What may come from outside is encoded in both.</summary>
internal static class MailMessage
{
    private const int MaxText = 100_000;

    /// <summary>The id of a mail, the same however often it is sent, so that a mailbox can tell a repeat.</summary>
    public static string IdOf(string delivery, MailboxAddress from) =>
        $"rescan.{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(delivery)))[..40]}@{from.Domain}";

    public static MimeMessage Write(MailSettings settings, string delivery, NotificationText text, DateTimeOffset now)
    {
        MimeMessage message = new();
        message.From.Add(settings.From);
        message.To.AddRange(settings.To);
        message.Subject = text.Line;
        message.Date = now;
        message.MessageId = IdOf(delivery, settings.From);

        // Keeps vacation notices and the like from answering.
        message.Headers.Add(HeaderId.AutoSubmitted, "auto-generated");
        message.Body = new MultipartAlternative(
            new TextPart(TextFormat.Plain) { Text = $"{text.Title}\n\n{PlainText.Write(text, MaxText)}\n" },
            new TextPart(TextFormat.Html) { Text = HtmlOf(text) });
        return message;
    }

    private static string HtmlOf(NotificationText text)
    {
        StringBuilder html = new();
        html.Append("<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>").Append(Encode(text.Title))
            .Append("</title></head>")
            .Append("<body style=\"font-family:system-ui,sans-serif;font-size:15px;line-height:1.45;margin:16px\">")
            .Append("<h1 style=\"font-size:20px;margin:0 0 4px;border-left:6px solid ").Append(ColorOf(text.Severity))
                .Append(";padding-left:10px\">").Append(Encode(text.Title)).Append("</h1>")
            .Append("<p style=\"margin:0 0 12px 16px\"><strong>").Append(Encode(text.Subject)).Append(
                "</strong></p><table style=\"border-collapse:collapse\">");
        foreach ((string name, string value) in text.Facts)
        {
            html.Append("<tr><th scope=\"row\" style=\"text-align:left;vertical-align:top;padding:2px 16px 2px "
                + "0;font-weight:normal;color:#595959\">").Append(Encode(name))
                .Append("</th><td style=\"padding:2px 0\">").Append(Encode(value)).Append("</td></tr>");
        }

        html.Append("</table>");
        if (text.Problems.Count > 0)
        {
            html.Append("<ul>").AppendJoin("", text.Problems.Select(p => $"<li>{Encode(p)}</li>")).Append("</ul>");
        }

        if (text.Next is { } next)
        {
            html.Append("<p><strong>What to do:</strong> ").Append(Encode(next)).Append("</p>");
        }

        if (text.Link is { } link)
        {
            html.Append("<p><a href=\"").Append(Encode(link.AbsoluteUri)).Append("\">Open the status page</a></p>");
        }

        return html.Append("</body></html>\n").ToString();
    }

    private static string ColorOf(Severity severity) => severity switch
    {
        Severity.Good => "#1a7f37",
        Severity.Warning => "#9a6700",
        Severity.Canceled => "#59636e",
        _ => "#cf222e",
    };

    private static string Encode(string text) => WebUtility.HtmlEncode(text);
}
