using Rescan.Bench.Reports;
using Rescan.Functions.Configuration;

namespace Rescan.Bench.Polling;

/// <summary>Runs the polling study and writes its tables and its drawing into docs/.</summary>
internal static class PollingCommand
{
    private const int Repositories = 100;
    private const int Sessions = 20;

    /// <summary>Runs the study.</summary>
    /// <param name="docs">The folder that holds polling.md.</param>
    public static void Run(string docs)
    {
        PollingOptions usual = new();
        int[] ends = [0, Workload.Runs];
        (string, PollingGoals)[] runs =
        [
            ($"default: kappa {usual.Kappa:0} s, 2 s to 30 min", Study(usual)),
            ("longest wait 10 min", Study(new() { MaxInterval = TimeSpan.FromMinutes(10) }, ends)),
            ("longest wait 1 h", Study(new() { MaxInterval = TimeSpan.FromHours(1) }, ends)),
            ("kappa 1 s", Study(new() { Kappa = 1 }, ends)),
            ("kappa 20 s", Study(new() { Kappa = 20 }, ends)),
        ];
        Page.Write(Path.Combine(docs, "polling.md"), "polling", PollingReport.Write(runs));
        File.WriteAllText(Path.Combine(docs, "polling.svg"), PollingChart.Draw(runs[0].Item2.Cells));
    }

    private static PollingGoals Study(PollingOptions options, IReadOnlyList<int>? pasts = null) =>
        new(options.Kappa, PollingStudy.Run(options, Repositories, Sessions, pasts));
}
