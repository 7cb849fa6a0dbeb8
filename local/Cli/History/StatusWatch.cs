using Rescan.Functions.Rescans;
using Rescan.Functions.Storage;
using Rescan.Local.Cli.Terminal;

namespace Rescan.Local.Cli.History;

/// <summary><c>rescan status --watch</c>: a terminal is drawn over again; a pipe gets the whole again whenever rescans begin, move or
/// end.</summary>
internal static class StatusWatch
{
    private const string ToTop = "\u001b[H";
    private const string ClearLine = "\u001b[K";
    private const string ClearBelow = "\u001b[J";
    private const string ToOtherScreen = "\u001b[?1049h";
    private const string Back = "\u001b[?1049l";

    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);

    public static async Task WatchAsync(Func<CancellationToken, Task<StatusReport>> read, Screen screen,
        CancellationToken cancellationToken)
    {
        TextWriter writer = screen.Console.Profile.Out.Writer;
        bool isLive = screen.IsLive && screen.Console.Profile.Capabilities.Ansi;
        using PeriodicTimer timer = new(Look);
        StatusReport? shown = null;
        if (isLive)
        {
            writer.Write(ToOtherScreen);
        }

        try
        {
            while (true)
            {
                StatusReport report = await read(cancellationToken);
                DateTimeOffset now = DateTimeOffset.UtcNow;
                if (isLive)
                {
                    Draw(report, screen, now);
                }
                else if (shown is null || IsNews(shown, report))
                {
                    writer.WriteLine(shown is null ? $"{now:yyyy-MM-dd HH:mm:ss} UTC"
                        : $"{Environment.NewLine}{now:yyyy-MM-dd HH:mm:ss} UTC");
                    report.Print(screen, now);
                    await writer.FlushAsync(cancellationToken);
                }

                shown = report;
                await timer.WaitForNextTickAsync(cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Ctrl-C: whoever watched has seen enough.
        }
        finally
        {
            if (isLive)
            {
                writer.Write(Back);
            }
        }
    }

    /// <summary>Whether something happened; that time passed is no news.</summary>
    public static bool IsNews(StatusReport before, StatusReport now) =>
        before.ServedAt != now.ServedAt
        || before.ScheduleError != now.ScheduleError
        || !Due(before).SequenceEqual(Due(now))
        || !before.Running.Select(Standing).SequenceEqual(now.Running.Select(Standing))
        || !before.Last.Select(o => (o.Id, o.FinishedAt)).SequenceEqual(now.Last.Select(o => (o.Id, o.FinishedAt)));

    private static IEnumerable<(string, DateTimeOffset?, DateTimeOffset?, string?, RunStatus?)> Due(StatusReport report) =>
        (report.Schedules?.Schedules ?? []).Select(s => (s.Name, s.NextDueAt, s.Paused?.Until, s.Last?.Id, s.Last?.Status));

    private static (string?, RescanPhase?, int, string?, string?) Standing(RescanView rescan) =>
        (rescan.RequestId, rescan.Phase, rescan.Polls, $"{rescan.ProgressPercent} {rescan.LastMessage}", rescan.Trouble);

    private static void Draw(StatusReport report, Screen screen, DateTimeOffset now)
    {
        using StringWriter text = new();
        report.Print(Screen.Plain(text, screen.Width), now);
        List<string> lines = [$"{now:yyyy-MM-dd HH:mm:ss} UTC, Ctrl-C ends", "",
            .. text.ToString().TrimEnd().ReplaceLineEndings("\n").Split('\n')];
        int height = Math.Max(3, Console.WindowHeight);
        if (lines.Count >= height)
        {
            int more = lines.Count - height + 2;
            lines = [.. lines.Take(height - 2), $"... and {more} lines more; a taller window shows them"];
        }

        screen.Console.Profile.Out.Writer.Write(ToTop + string.Concat(lines.Select(l => l + ClearLine + "\n")) + ClearBelow);
    }
}
