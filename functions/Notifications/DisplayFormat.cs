using System.Globalization;
using System.Text;
using Rescan.Functions.Storage;

namespace Rescan.Functions.Notifications;

/// <summary>How times, outcomes and words from outside are written for people: one way in notifications, commands and reports.</summary>
public static class DisplayFormat
{
    /// <summary>A duration to about two digits that matter, such as <c>2 min 40 s</c>.</summary>
    public static string Duration(TimeSpan time)
    {
        FormattableString text = time switch
        {
            { TotalSeconds: < 10 } => $"{time.TotalSeconds:0.#} s",
            { TotalMinutes: < 1 } => $"{Math.Floor(time.TotalSeconds):0} s",
            { TotalHours: < 1 } => $"{time.Minutes} min {time.Seconds} s",
            { TotalDays: < 1 } => $"{time.Hours} h {time.Minutes} min",
            _ => $"{time.Days} d {time.Hours} h",
        };
        return text.ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>A time to the minute, in UTC and saying so.</summary>
    public static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture);

    /// <summary>An outcome in the middle of a sentence.</summary>
    public static string Words(Outcome outcome) => outcome switch
    {
        Outcome.Succeeded => "succeeded",
        Outcome.Warning => "ended with warnings",
        Outcome.Failed => "failed",
        Outcome.Canceled => "canceled",
        Outcome.TimedOut => "not ended by its deadline",
        Outcome.Lost => "session lost",
        Outcome.Rejected => "refused",
        _ => "appliance unreachable",
    };

    /// <summary>One line of at most so many characters: no line breaks and control characters, and nothing unseen that turns or hides the text around it.</summary>
    /// <param name="text">Text from outside.</param>
    /// <param name="length">Its greatest length, at least 2.</param>
    public static string Line(string text, int length)
    {
        ArgumentNullException.ThrowIfNull(text);
        StringBuilder line = new(Math.Min(text.Length, length));
        foreach (Rune rune in text.EnumerateRunes())
        {
            bool isBlank = Rune.IsWhiteSpace(rune) || Rune.IsControl(rune);
            if (IsUnseen(rune) || (isBlank && (line.Length == 0 || line[^1] == ' ')))
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

    /// <summary>Whether a character shows nothing itself, but turns or hides what is around it; joiners are part of how some scripts are written.</summary>
    private static bool IsUnseen(Rune rune) => Rune.GetUnicodeCategory(rune) == UnicodeCategory.Format && rune.Value is not (0x200C or 0x200D);
}
