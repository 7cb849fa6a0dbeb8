using System.Text;

namespace Rescan.Functions.Notifications;

/// <summary>A notification as plain lines, for what shows text as it is.</summary>
internal static class PlainText
{
    private const char CutMark = '…';

    /// <summary>All of a notification below its title: a line for each fact and each problem.</summary>
    /// <param name="text">The notification.</param>
    /// <param name="maxBytes">How long it may be in UTF-8; a longer one is cut between characters and ends in an ellipsis.</param>
    public static string Write(NotificationText text, int maxBytes)
    {
        IEnumerable<string> lines =
        [
            text.Subject,
            .. text.Facts.Select(f => $"{f.Name}: {f.Value}"),
            .. text.Problems.Select(p => "- " + p),
            .. text.Next is { } next ? [$"What to do: {next}"] : Array.Empty<string>(),
            .. text.Link is { } link ? [link.AbsoluteUri] : Array.Empty<string>(),
        ];
        return Cut(string.Join('\n', lines), maxBytes);
    }

    /// <summary>A text that takes at most so many bytes in UTF-8.</summary>
    public static string Cut(string text, int maxBytes)
    {
        if (Encoding.UTF8.GetByteCount(text) <= maxBytes)
        {
            return text;
        }

        StringBuilder cut = new();
        int left = maxBytes - new Rune(CutMark).Utf8SequenceLength;
        foreach (Rune rune in text.EnumerateRunes())
        {
            left -= rune.Utf8SequenceLength;
            if (left < 0)
            {
                break;
            }

            cut.Append(rune.ToString());
        }

        return cut.Append(CutMark).ToString();
    }
}
