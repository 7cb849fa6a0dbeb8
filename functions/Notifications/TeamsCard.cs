using System.Text.Json;
using System.Text.Json.Serialization;

namespace Rescan.Functions.Notifications;

/// <summary>
/// An Adaptive Card for a webhook of Microsoft Teams' Workflows ("When a Teams webhook request is received"). A text block reads
/// Markdown, so what may come from outside stands in text runs, which do not.
/// </summary>
internal static class TeamsCard
{
    private static readonly JsonSerializerOptions Json = new(
        JsonSerializerDefaults.Web)
    { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    public static byte[] Write(NotificationText text)
    {
        (string style, string color) = text.Severity switch
        {
            Severity.Good => ("good", "Good"),
            Severity.Warning => ("warning", "Warning"),
            Severity.Canceled => ("emphasis", "Default"),
            _ => ("attention", "Attention"),
        };
        List<object> body =
        [
            new
            {
                Type = "Container", Style = style, Bleed = true,
                Items = new[]
                {
                    new { Type = "TextBlock", Text = text.Title, Size = "Large", Weight = "Bolder", Color = color, Wrap = true },
                    RichText(Run(text.Subject, bold: true)),
                },
            },
            .. text.Facts.Select((f, i) => (object)new
            {
                Type = "ColumnSet", Spacing = i == 0 ? "Medium" : "Small",
                Columns = new[] { Column("90px", Run(f.Name, subtle: true)), Column("stretch", Run(f.Value)) },
            }),
            .. text.Problems.Select(p => RichText(Run("• " + p))),
        ];
        if (text.Next is { } next)
        {
            body.Add(RichText(Run("What to do: ", bold: true), Run(next)));
        }

        Dictionary<string, object> card = new()
        {
            ["$schema"] = "http://adaptivecards.io/schemas/adaptive-card.json",
            ["type"] = "AdaptiveCard",
            ["version"] = "1.4",
            ["fallbackText"] = text.Title,
            ["msteams"] = new { Width = "Full" },
            ["body"] = body,
        };
        if (text.Link is { } link)
        {
            card["actions"] = new[] { new { Type = "Action.OpenUrl", Title = "Open the status page", Url = link.AbsoluteUri } };
        }

        return JsonSerializer.SerializeToUtf8Bytes(
            new
            {
                Type = "message",
                Attachments = new[] { new { ContentType = "application/vnd.microsoft.card.adaptive", Content = card } }
            }, Json);
    }

    private static object RichText(params object[] runs) => new { Type = "RichTextBlock", Inlines = runs };

    private static object Column(string width, object run) => new { Type = "Column", Width = width, Items = new[] { RichText(run) } };

    private static object Run(string text, bool bold = false, bool subtle = false) =>
        new { Type = "TextRun", Text = text, Weight = bold ? "Bolder" : null, IsSubtle = subtle ? true : (bool?)null };
}
