using System.Globalization;
using System.Text;

namespace Rescan.Functions.Display;

/// <summary>Makes text from outside harmless wherever it is shown: in a terminal, a log, a notification, a report or a page.</summary>
public static class SafeText
{
    // Part of how some scripts, and emoji, are written.
    private const int ZeroWidthNonJoiner = 0x200C;
    private const int ZeroWidthJoiner = 0x200D;

    /// <summary>
    /// One line: line breaks and control characters become blanks, and whatever turns or hides the text around it is left out.
    /// </summary>
    /// <param name="text">Text from outside; null is empty.</param>
    /// <param name="length">Its greatest length, at least 2; a longer one ends in an ellipsis.</param>
    public static string Line(string? text, int length = int.MaxValue)
    {
        StringBuilder line = new(Math.Min(text?.Length ?? 0, length));
        foreach (Rune rune in (text ?? "").EnumerateRunes())
        {
            bool isBlank = Rune.IsWhiteSpace(rune) || Rune.IsControl(rune);
            if (IsHidden(rune) || (isBlank && (line.Length == 0 || line[^1] == ' ')))
            {
                continue;
            }

            string next = isBlank ? " " : rune.ToString();
            if (line.Length + next.Length > length - 1)
            {
                return line.Append('…').ToString();
            }

            line.Append(next);
        }

        return line.ToString().TrimEnd();
    }

    /// <summary>
    /// Whether a character shows nothing itself, but turns or hides what is around it: direction overrides, isolates, tags, marks.
    /// </summary>
    internal static bool IsHidden(Rune rune) =>
        Rune.GetUnicodeCategory(rune) == UnicodeCategory.Format && rune.Value is not (ZeroWidthJoiner or ZeroWidthNonJoiner);
}
