using System.Globalization;
using Rescan.Functions.Appliances;
using Rescan.Functions.Rescans;
using Rescan.Local.Cli.Terminal;
using Spectre.Console;

namespace Rescan.Local.Cli;

/// <summary>
/// For a terminal: what has been done scrolls by; one line at the bottom says what is being done and when the next poll comes.
/// </summary>
internal sealed class LiveProgress : IProgressView
{
    // A time, two blanks, a mark and another blank.
    private const int Margin = 12;

    // Of a long name so much that what is said of it has room.
    private const int MaxPrefix = 30;

    private readonly IAnsiConsole console;
    private readonly StatusContext line;
    private readonly string prefix;
    private readonly HashSet<(DateTimeOffset? Time, string Message)> said = [];
    private readonly DateTimeOffset since = DateTimeOffset.UtcNow;

    /// <param name="console">The terminal.</param>
    /// <param name="line">The line at its bottom.</param>
    /// <param name="name">Whose rescan it is, from outside; empty where there is only one.</param>
    public LiveProgress(IAnsiConsole console, StatusContext line, string name)
    {
        (this.console, this.line) = (console, line);
        prefix = name.Length == 0 ? "" : Words.Cut(Words.Line(name), MaxPrefix) + ": ";
        line.Status(Markup.Escape(prefix + "starting"));
    }

    /// <summary>How long something has taken, for a line that is drawn again and again.</summary>
    public static string Elapsed(TimeSpan time) =>
        time < TimeSpan.FromHours(1) ? time.ToString(@"mm\:ss", CultureInfo.InvariantCulture)
        : string.Create(CultureInfo.InvariantCulture, $"{Math.Floor(time.TotalHours):0}:{time:mm\\:ss}");

    public void Say(string text) => Write("grey", "·", prefix + text);

    public void Log(SessionLogItem item)
    {
        // What is still being worked on is shown in the line below.
        if (LogChanges.IsOpen(item))
        {
            return;
        }

        (string color, string mark) = item.Status switch
        {
            LogStatus.Success => ("green", "✓"),
            LogStatus.Error => ("red", "✗"),
            LogStatus.Info => ("grey", "·"),
            _ => ("yellow", "!"),
        };
        // What was told as it began goes without saying when it is done.
        if (said.Add((item.Time, item.Message)) || item.Status is not (LogStatus.Success or LogStatus.Info))
        {
            Write(color, mark, prefix + item.Message);
        }
    }

    public void Stand(RescanView rescan, IReadOnlyList<SessionLogItem> log)
    {
        List<string> parts =
        [
            prefix + Follower.Doing(rescan), Elapsed(DateTimeOffset.UtcNow - since),
        ];
        if (rescan.ProgressPercent is { } percent)
        {
            parts.Add(string.Create(CultureInfo.InvariantCulture, $"{percent} %"));
        }

        if (rescan.Polls > 0)
        {
            parts.Add(string.Create(CultureInfo.InvariantCulture, $"{rescan.Polls} poll{(rescan.Polls == 1 ? "" : "s")}"));
        }

        if (rescan.NextPollAt is { } next && rescan.Phase is not RescanPhase.Ended)
        {
            parts.Add(string.Create(
                CultureInfo.InvariantCulture, $"next in {Math.Max(0, Math.Ceiling((next - DateTimeOffset.UtcNow).TotalSeconds)):0} s"));
        }

        if (log.LastOrDefault(LogChanges.IsOpen) is { } open)
        {
            parts.Add(Words.Line(open.Message));
        }

        string text = string.Join(" · ", parts);
        int width = Math.Max(10, console.Profile.Width - 4);
        line.Status(Markup.Escape(Words.Cut(text, width)));
    }

    private void Write(string color, string mark, string text)
    {
        string before = $"[grey]{DateTime.Now.ToString("HH:mm:ss", CultureInfo.InvariantCulture)}[/]  [{color}]{mark}[/] ";
        foreach (string part in Words.Wrap(Words.Line(text), Math.Max(10, console.Profile.Width - Margin - 1)))
        {
            console.MarkupLine(before + Markup.Escape(part));
            before = new string(' ', Margin);
        }
    }
}
