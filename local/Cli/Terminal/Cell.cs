using System.Globalization;
using Rescan.Functions.Notifications;
using Rescan.Functions.Storage;
using Spectre.Console;

namespace Rescan.Local.Cli.Terminal;

/// <summary>A cell of a table: text without control characters, whatever was put in.</summary>
internal sealed class Cell
{
    private static readonly Style Good = new(Color.Green);
    private static readonly Style Bad = new(Color.Red);
    private static readonly Style Uncertain = new(Color.Yellow);

    private Cell(string? shown, string? piped, Style? style)
    {
        Shown = Words.Line(shown);
        Piped = piped is null ? Shown : Words.Line(piped);
        Style = style ?? Style.Plain;
    }

    /// <summary>As people read it.</summary>
    public string Shown { get; }

    /// <summary>As programs read it.</summary>
    public string Piped { get; }

    public Style Style { get; }

    public static implicit operator Cell(string? text) => new(text, null, null);

    public static implicit operator Cell(int number) => new(number.ToString(CultureInfo.InvariantCulture), null, null);

    public static implicit operator Cell(Outcome outcome) => new(outcome.ToString(), null, outcome.Severity() switch
    {
        Severity.Good => Good,
        Severity.Bad => Bad,
        _ => Uncertain,
    });

    public static Cell Quiet(string text) => new(text, null, new Style(decoration: Decoration.Dim));

    public static Cell Marked(string text, bool good) => new(text, null, good ? Good : Bad);

    /// <summary>A time, to the minute in UTC; programs get all of it.</summary>
    public static Cell Time(DateTimeOffset? time) =>
        new(time?.UtcDateTime.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture), Exact(time), null);

    /// <summary>A time in words such as <c>4 h 2 min ago</c>; programs get the time.</summary>
    public static Cell Relative(string words, DateTimeOffset? time) => new(words, Exact(time), null);

    public static Cell Duration(TimeSpan time) => new(DisplayFormat.Duration(time), Seconds(time), null);

    /// <summary>The repository's id on a screen, which commands take; programs get the rescan's.</summary>
    public static Cell Id(string shown, string piped) => new(shown, piped, null);

    private static string Seconds(TimeSpan time) => time.TotalSeconds.ToString("0.###", CultureInfo.InvariantCulture);

    private static string Exact(DateTimeOffset? time) =>
        time?.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture) ?? "";
}
