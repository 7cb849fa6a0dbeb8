using System.Text;
using Rescan.Bench.Reports;
using static Rescan.Bench.Reports.Markdown;

namespace Rescan.Bench.Engine;

/// <summary>How fast and how large the SQLite provider under Microsoft's dispatcher is beside its own commits.</summary>
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
            List<ProviderRates>[] provider = [.. Widths.Select(_ => new List<ProviderRates>())];
            await ProviderRun.RunAsync(folder, 100, 2000);

            // Round by round, so that what else the machine does meets all widths alike.
            for (int round = 0; round < Repetitions; round++)
            {
                for (int i = 0; i < Widths.Length; i++)
                {
                    provider[i].Add(await ProviderRun.RunAsync(folder, Widths[i].AtOnce, Widths[i].Count));
                    ProviderRates p = provider[i][^1];
                    Console.Error.WriteLine(Format(
                        $"{Widths[i].AtOnce} at once: {p.TurnsPerSecond:0} turns/s, {p.CpuMicroseconds:0} us, {p.OfRaw:0.00} of raw, {p.TurnsPerTransaction:0.0} turns a transaction"));
                }
            }

            ProviderWaiting waiting = await ProviderWaiting.RunAsync(folder, 10_000, 5000);
            Page.Write(Path.Combine(docs, "performance.md"), "provider", Report(provider, waiting));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static double Median<T>(IReadOnlyCollection<T> runs, Func<T, double> value) =>
        runs.Select(value).Order().ElementAt(runs.Count / 2);

    private static string Report(List<ProviderRates>[] provider, ProviderWaiting waiting)
    {
        StringBuilder text = new();
        text.Append("### The SQLite provider\n\n");
        text.Append(
            "Orchestrations of two activities and a timer that is due at once: four turns, a commit each. Medians of "
            + Format($"{Repetitions} rounds.\n\n"));
        Table(
            text,
            ["instances at once", "turns/s", "microseconds of processor a turn", "of its own raw commits"],
            Widths.Select((width, i) => (string[])
            [
                Format($"{width.AtOnce:#,0}"),
                Format($"{Median(provider[i], r => r.TurnsPerSecond):0}"),
                Format($"{Median(provider[i], r => r.CpuMicroseconds):0}"),
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
}
