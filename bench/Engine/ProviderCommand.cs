using System.Text;
using Rescan.Bench.Reports;
using Rescan.Local.Runtime.Storage;
using static Rescan.Bench.Reports.Markdown;

namespace Rescan.Bench.Engine;

/// <summary>
/// How fast and how large the SQLite provider under Microsoft's dispatcher is, beside the home-made engine and beside its own commits.
/// </summary>
internal static class ProviderCommand
{
    private const int Repetitions = 5;
    private static readonly (int AtOnce, int Count)[] Widths = [(1, 800), (100, 8000), (10_000, 10_000)];

    /// <summary>Runs it and writes the section "provider".</summary>
    public static async Task RunAsync(string docs)
    {
        string folder = Directory.CreateTempSubdirectory("rescan-bench-").FullName;
        try
        {
            List<EngineRates>[] engine = [.. Widths.Select(_ => new List<EngineRates>())];
            List<ProviderRates>[] provider = [.. Widths.Select(_ => new List<ProviderRates>())];
            int files = 0;
            Task<StateStore> Store() => Task.FromResult<StateStore>(SqliteStore.Open(Path.Combine(folder, Format($"state-{files++}.db"))));
            await EngineRun.RunAsync(Store, 100, 2000).ConfigureAwait(false);
            await ProviderRun.RunAsync(folder, 100, 2000).ConfigureAwait(false);

            // One after another, so that what else the machine does meets both alike.
            for (int round = 0; round < Repetitions; round++)
            {
                for (int i = 0; i < Widths.Length; i++)
                {
                    engine[i].Add(await EngineRun.RunAsync(Store, Widths[i].AtOnce, Widths[i].Count).ConfigureAwait(false));
                    provider[i].Add(await ProviderRun.RunAsync(folder, Widths[i].AtOnce, Widths[i].Count).ConfigureAwait(false));
                    EngineRates e = engine[i][^1];
                    ProviderRates p = provider[i][^1];
                    Console.Error.WriteLine(Format($"{Widths[i].AtOnce} at once: {e.TurnsPerSecond:0} and {p.TurnsPerSecond:0} turns/s,")
                        + Format($" {e.CpuMicroseconds:0} and {p.CpuMicroseconds:0} us, {p.OfRaw:0.00} of raw,")
                        + Format($" {p.TurnsPerTransaction:0.0} turns a transaction"));
                }
            }

            ProviderWaiting waiting = await ProviderWaiting.RunAsync(folder, 10_000, 5000).ConfigureAwait(false);
            Page.Write(Path.Combine(docs, "performance.md"), "provider", Report(engine, provider, waiting));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static double Median<T>(IReadOnlyCollection<T> runs, Func<T, double> value) =>
        runs.Select(value).Order().ElementAt(runs.Count / 2);

    private static string Report(List<EngineRates>[] engine, List<ProviderRates>[] provider, ProviderWaiting waiting)
    {
        StringBuilder text = new();
        text.Append("### The SQLite provider beside the home-made engine\n\n");
        text.Append("Orchestrations of two activities and a timer that is due at once: four turns, a commit each. ");
        text.Append(Format($"Medians of {Repetitions} rounds.\n\n"));
        Table(
            text,
            ["instances at once", "home-made engine, turns/s", "provider, turns/s", "ratio",
                "home-made engine, microseconds of processor a turn", "provider", "ratio", "of its own raw commits"],
            Widths.Select((width, i) => (string[])
            [
                Format($"{width.AtOnce:#,0}"),
                Format($"{Median(engine[i], r => r.TurnsPerSecond):0}"),
                Format($"{Median(provider[i], r => r.TurnsPerSecond):0}"),
                Format($"{Rate(engine, provider, i):0.00}"),
                Format($"{Median(engine[i], r => r.CpuMicroseconds):0}"),
                Format($"{Median(provider[i], r => r.CpuMicroseconds):0}"),
                Format($"{Cpu(engine, provider, i):0.00}"),
                Format($"{Median(provider[i], r => r.OfRaw):0.00}"),
            ]));
        text.Append("### Instances that wait for a timer, on the provider\n\n");
        Table(text, ["instances", "KiB of memory each", "share of a core, all of them", "share of a core, none",
            "restart with 5,000 that are due: a new instance has ended after"],
            [[Format($"{waiting.Instances:#,0}"), Format($"{waiting.BytesEach / 1024:0.00}"), Format($"{waiting.CpuShare:0.0000}"),
                Format($"{waiting.CpuShareOfNone:0.0000}"), Format($"{waiting.Restart.TotalSeconds:0.0} s")]]);
        text.Append("### Goals\n\n");
        Goal.Table(text,
        [
            Goal.AtLeast("one instance: of the home-made engine's rate, at least 1", Rate(engine, provider, 0), 1),
            Goal.AtLeast("100: of the home-made engine's rate, at least 0.75", Rate(engine, provider, 1), 0.75),
            Goal.AtLeast("10,000: of the home-made engine's rate, at least 0.6", Rate(engine, provider, 2), 0.6),
            Goal.AtMost("100: of the home-made engine's processor time, at most 1.4", Cpu(engine, provider, 1), 1.4),
            Goal.AtMost("10,000: of the home-made engine's processor time, at most 1.8", Cpu(engine, provider, 2), 1.8),
            Goal.AtLeast("one instance: of the raw rate, at least 0.5", Median(provider[0], r => r.OfRaw), 0.5),
            Goal.AtLeast("100: of the raw rate, at least 0.35", Median(provider[1], r => r.OfRaw), 0.35),
            Goal.AtLeast("10,000: of the raw rate, at least 0.25", Median(provider[2], r => r.OfRaw), 0.25),
            Goal.AtMost("KiB of memory a waiting instance, at most 1", waiting.BytesEach / 1024, 1),
            Goal.AtMost("share of a core that 10,000 waiting instances add, at most 0.005",
                waiting.CpuShare - waiting.CpuShareOfNone, 0.005),
            Goal.AtMost("seconds until the first answer after a restart with 5,000 that are due, at most 2",
                waiting.Restart.TotalSeconds, 2),
        ]);
        return text.ToString();
    }

    private static double Rate(List<EngineRates>[] engine, List<ProviderRates>[] provider, int i) =>
        Median(provider[i], r => r.TurnsPerSecond) / Median(engine[i], r => r.TurnsPerSecond);

    private static double Cpu(List<EngineRates>[] engine, List<ProviderRates>[] provider, int i) =>
        Median(provider[i], r => r.CpuMicroseconds) / Median(engine[i], r => r.CpuMicroseconds);
}
