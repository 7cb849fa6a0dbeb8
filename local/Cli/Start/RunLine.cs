using System.Globalization;
using Rescan.Functions.Notifications;
using Rescan.Functions.Runs;
using Rescan.Functions.Storage;
using Rescan.Local.Cli.Terminal;

namespace Rescan.Local.Cli.Start;

/// <summary>Where a run stands, in one line: what matters most first, since what does not fit is cut.</summary>
internal static class RunLine
{
    /// <param name="run">The run as far as it has come.</param>
    /// <param name="now">The time, UTC.</param>
    public static string Of(RunView run, DateTimeOffset now)
    {
        RunItemView[] ended = [.. run.Items.Where(i => i.State == RunItemState.Ended)];
        RunItemView[] running = [.. run.Items.Where(i => i.State == RunItemState.Running)];
        int bad = ended.Count(i => i.Outcome is null || i.Outcome.Value.Severity() == Severity.Bad);
        List<string> parts =
        [
            run.Items.Count > 0 ? string.Create(CultureInfo.InvariantCulture, $"{ended.Length} of {run.Items.Count} ended")
                : run.Troubles.Count > 0 ? $"waiting for {run.Troubles[0].Appliance}: {run.Troubles[0].Trouble.TrimEnd('.')}"
                : "listing the repositories",
            LiveProgress.Elapsed(now > run.StartedAt ? now - run.StartedAt : TimeSpan.Zero),
        ];
        if (bad > 0)
        {
            parts.Add(string.Create(CultureInfo.InvariantCulture, $"{bad} went wrong"));
        }

        if (running.Length > 0)
        {
            parts.Add(string.Create(
                CultureInfo.InvariantCulture, $"{running.Length} under way: {string.Join(", ", running.Select(i => i.Repository.Name))}"));
        }

        return string.Join(" · ", parts.Select(Words.Line));
    }
}
