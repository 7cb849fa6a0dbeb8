using System.Globalization;
using Rescan.Functions.Appliances;
using Rescan.Functions.Rescans;

namespace Rescan.Local.Cli;

/// <summary>One line for each change: for logs of other programs, and where there is no terminal.</summary>
internal sealed class PlainProgress : IProgressView
{
    private readonly HashSet<(DateTimeOffset? Time, string Message)> said = [];
    private DateTimeOffset? shown;

    public void Say(string text) => Output.Step(text);

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
                Output.Step("log: " + item.Message);
            }
        }
        else
        {
            Output.Step("log: " + string.Join(": ", new[] { item.Status, item.Message }.Where(t => t.Length > 0)));
        }
    }

    public void Stand(RescanStatus status, IReadOnlyList<SessionLogItem> log)
    {
        if (status.NextPollAt is { } next && next != shown && status.Phase is RescanPhase.Watching or RescanPhase.Stopping)
        {
            shown = next;
            string done = status.Polls == 0 ? "first poll" : string.Create(CultureInfo.InvariantCulture, $"poll {status.Polls} done,{Percent(status)} next");
            Output.Step(string.Create(CultureInfo.InvariantCulture, $"{done} in {Math.Max(0, (next - DateTimeOffset.UtcNow).TotalSeconds):0.0} s"));
        }
    }

    private static string Percent(RescanStatus status) =>
        status.ProgressPercent is { } percent ? string.Create(CultureInfo.InvariantCulture, $" {percent} %,") : "";
}
