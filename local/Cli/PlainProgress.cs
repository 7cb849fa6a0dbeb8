using System.Globalization;
using Rescan.Functions.Appliances;
using Rescan.Functions.Rescans;

namespace Rescan.Local.Cli;

/// <summary>One line for each change: for logs of other programs, and where there is no terminal.</summary>
/// <param name="name">Whose rescan it is; empty where there is only one.</param>
internal sealed class PlainProgress(string name) : IProgressView
{
    private readonly string prefix = name.Length == 0 ? "" : name + ": ";
    private readonly HashSet<(DateTimeOffset? Time, string Message)> said = [];
    private DateTimeOffset? shown;

    public void Say(string text) => Output.Step(prefix + text);

    public void Log(SessionLogItem item)
    {
        if (item is { Status: "", Message: "" })
        {
            return;
        }

        // That an item which was said is done now goes without saying; that it went wrong does not.
        bool news = said.Add((item.Time, item.Message));
        if (item.Status is LogStatus.Success or LogStatus.Info || LogChanges.IsOpen(item))
        {
            if (news)
            {
                Say("log: " + item.Message);
            }
        }
        else
        {
            Say("log: " + string.Join(": ", new[] { item.Status, item.Message }.Where(t => t.Length > 0)));
        }
    }

    public void Stand(RescanView rescan, IReadOnlyList<SessionLogItem> log)
    {
        if (rescan is { Waits: false, NextPollAt: { } next, Phase: RescanPhase.Watching or RescanPhase.Stopping } && next != shown)
        {
            shown = next;
            string done = rescan.Polls == 0
                ? "first poll"
                : string.Create(CultureInfo.InvariantCulture, $"poll {rescan.Polls} done,{Percent(rescan)} next");
            Say(string.Create(CultureInfo.InvariantCulture, $"{done} in {Math.Max(0, (next - DateTimeOffset.UtcNow).TotalSeconds):0.0} s"));
        }
    }

    private static string Percent(RescanView rescan) =>
        rescan.ProgressPercent is { } percent ? string.Create(CultureInfo.InvariantCulture, $" {percent} %,") : "";
}
