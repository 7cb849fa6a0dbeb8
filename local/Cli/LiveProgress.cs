using System.Globalization;
using Rescan.Functions.Appliances;
using Rescan.Functions.Rescans;
using Spectre.Console;

namespace Rescan.Local.Cli;

/// <summary>For a terminal: what has been done scrolls by; one line at the bottom says what is being done and when the next poll comes.</summary>
internal sealed class LiveProgress(IAnsiConsole console, StatusContext line) : IProgressView
{
    private readonly DateTimeOffset since = DateTimeOffset.UtcNow;

    public void Say(string text) => Write("grey", "·", text);

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
        Write(color, mark, item.Message);
    }

    public void Stand(RescanStatus status, IReadOnlyList<SessionLogItem> log)
    {
        List<string> parts = [Follower.PhaseText(status.Phase), (DateTimeOffset.UtcNow - since).ToString(@"mm\:ss", CultureInfo.InvariantCulture)];
        if (status.ProgressPercent is { } percent)
        {
            parts.Add(string.Create(CultureInfo.InvariantCulture, $"{percent} %"));
        }

        if (status.Polls > 0)
        {
            parts.Add(string.Create(CultureInfo.InvariantCulture, $"{status.Polls} polls"));
        }

        if (status.NextPollAt is { } next && status.Phase is not RescanPhase.Ended)
        {
            parts.Add(string.Create(CultureInfo.InvariantCulture, $"next in {Math.Max(0, Math.Ceiling((next - DateTimeOffset.UtcNow).TotalSeconds)):0} s"));
        }

        if (log.LastOrDefault(LogChanges.IsOpen) is { } open)
        {
            parts.Add(open.Message);
        }

        string text = string.Join(" · ", parts);
        int width = Math.Max(10, console.Profile.Width - 4);
        line.Status(Markup.Escape(text.Length <= width ? text : text[..(width - 1)] + "…"));
    }

    private void Write(string color, string mark, string text) =>
        console.MarkupLine($"[grey]{DateTime.Now.ToString("HH:mm:ss", CultureInfo.InvariantCulture)}[/]  [{color}]{mark}[/] {Markup.Escape(text)}");
}
