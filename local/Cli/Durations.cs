using System.Globalization;

namespace Rescan.Local.Cli;

/// <summary>Reads durations as people write them.</summary>
internal static class Durations
{
    public static TimeSpan Parse(string option, string text)
    {
        if (text.Length > 1 && double.TryParse(text[..^1], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number)
            && number is > 0 and < 1_000_000)
        {
            switch (text[^1])
            {
                case 's':
                    return TimeSpan.FromSeconds(number);
                case 'm':
                    return TimeSpan.FromMinutes(number);
                case 'h':
                    return TimeSpan.FromHours(number);
                case 'd':
                    return TimeSpan.FromDays(number);
            }
        }

        // A bare number would be days to TimeSpan, which hardly anybody means.
        bool isBare = double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out _);
        return !isBare && TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out TimeSpan span) && span > TimeSpan.Zero
            ? span
            : throw new CommandException(
                ExitCodes.Usage,
                $"{option} '{text}' is {(isBare ? "a number without a unit" : "not a duration")}; write 45s, 2m, 1h, 30d or 00:00:45.");
    }
}
