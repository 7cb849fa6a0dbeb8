using System.Text;
using Rescan.Bench.Reports;
using static Rescan.Bench.Reports.Markdown;

namespace Rescan.Bench.Runs;

/// <summary>A night's run over 10,000 repositories on 100 appliances, in one process.</summary>
internal static class RunsCommand
{
    private static readonly LargeRunSize Size = new(100, 100, TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(10));

    /// <summary>Runs it and writes the section "runs".</summary>
    public static async Task RunAsync(string docs)
    {
        LargeRunResult result = await LargeRun.RunAsync(Size);
        StringBuilder text = new();
        Table(text, ["", "measured"],
        [
            ["rescans, all succeeded", Format($"{result.Rescans}")],
            ["wall time", Format($"{result.Took.TotalSeconds:0.0} s")],
            ["processor time, all cores, appliances and TLS included", Format($"{result.Cpu.TotalSeconds:0.0} s")],
            ["rescans/s", Format($"{result.Rescans / result.Took.TotalSeconds:0}")],
            ["appliance requests/s over HTTPS, both ends in this process",
                Format($"{result.Rescans * result.RequestsEach / result.Took.TotalSeconds:0}")],
            ["orchestrator turns/s", Format($"{result.Turns / result.Took.TotalSeconds:0}")],
            ["peak memory, the appliances' included", Format($"{result.PeakBytes / 1024.0 / 1024:0} MiB")],
            ["virtual time", Format($"{result.VirtualTime.TotalHours:0.0} h")],
            ["polls a rescan", Format($"{result.PollsEach:0.0}")],
            ["appliance requests a rescan", Format($"{result.RequestsEach:0.0}")],
            ["activities a rescan", Format($"{result.Activities / (double)result.Rescans:0.0}")],
        ]);
        Goal.Table(text,
        [
            Goal.AtMost("10,000 rescans, at most 60 s", result.Took.TotalSeconds, 60, " s"),
            Goal.AtMost("peak memory, at most 400 MB", result.PeakBytes / 1e6, 400, " MB"),
            Goal.AtLeast(
                "token lifetimes between two token requests to an appliance, at least 1 but for the last minute, in which a token is "
                    + "renewed", result.ClosestTokens, 59.0 / 60),
            Goal.AtMost("longest that a place within MaxConcurrentRescans stayed free, virtual seconds, at most 0",
                result.StartDelay.TotalSeconds, 0, " s"),
        ]);
        Page.Write(Path.Combine(docs, "performance.md"), "runs", text.ToString());
    }
}
