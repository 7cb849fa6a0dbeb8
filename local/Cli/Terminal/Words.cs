using System.Globalization;
using System.Text;
using Rescan.Functions.Display;
using Spectre.Console;

namespace Rescan.Local.Cli.Terminal;

/// <summary>Text measured in the cells of a terminal, of which a wide letter takes two.</summary>
internal static class Words
{
    private const int MaxLine = 4000;

    // A letter with more marks than any language has would be drawn over the lines around it.
    private const int MaxElement = 16;

    public static int Width(string text) => text.GetCellWidth();

    /// <summary>Text from outside as one harmless line.</summary>
    public static string Line(string? text)
    {
        StringBuilder line = new();
        foreach (string element in Elements(SafeText.Line(text, MaxLine)))
        {
            line.Append(element.Length <= MaxElement ? element : element.EnumerateRunes().First().ToString());
        }

        return line.ToString();
    }

    /// <summary>Text with parts from outside as harmless lines, blanks between words as they are.</summary>
    public static IEnumerable<string> Lines(string text) =>
        text.ReplaceLineEndings("\n").Split('\n').Select(l => string.Join(' ', l.Split(' ').Select(Line)));

    /// <summary>At most so many cells; what was longer ends in an ellipsis.</summary>
    public static string Cut(string text, int width) => Width(text) <= width ? text : First(text, width - 1) + "…";

    /// <summary>As much of the beginning as fits.</summary>
    public static string First(string text, int width)
    {
        StringBuilder first = new();
        int used = 0;
        foreach (string element in Elements(text))
        {
            used += Width(element);
            if (used > width)
            {
                break;
            }

            first.Append(element);
        }

        return first.ToString();
    }

    /// <summary>Broken between words; a word that is longer than a line goes on in the next.</summary>
    public static IEnumerable<string> Wrap(string text, int width)
    {
        string? line = null;
        foreach (string word in text.Split(' '))
        {
            string rest = word;
            if (line is not null && Width(line) + 1 + Width(rest) > width)
            {
                yield return line;
                line = null;
            }

            while (line is null && Width(rest) > width && First(rest, width) is { Length: > 0 } first)
            {
                yield return first;
                rest = rest[first.Length..];
            }

            line = line is null ? rest : line + " " + rest;
        }

        yield return line ?? "";
    }

    private static IEnumerable<string> Elements(string text)
    {
        TextElementEnumerator elements = StringInfo.GetTextElementEnumerator(text);
        while (elements.MoveNext())
        {
            yield return elements.GetTextElement();
        }
    }
}
