using System.Text;
using Rescan.Bench.Reports;
using Rescan.Local.Runtime.Azurite;
using Rescan.Local.Runtime.Storage;
using static Rescan.Bench.Reports.Markdown;

namespace Rescan.Bench.Engine;

/// <summary>How fast and how large the durable engine is, beside the bare store.</summary>
internal static class EngineCommand
{
    private const int Repetitions = 3;
    private static readonly (int AtOnce, int Count)[] OnSqlite = [(1, 400), (100, 8000), (10_000, 10_000)];
    private static readonly (int AtOnce, int Count)[] OnAzurite = [(1, 50), (100, 800), (10_000, 10_000)];
    private static readonly TimeSpan IdleWatch = TimeSpan.FromSeconds(16);

    /// <summary>Runs it and writes the section "engine".</summary>
    public static async Task RunAsync(string docs)
    {
        string folder = Directory.CreateTempSubdirectory("rescan-bench-").FullName;
        try
        {
            int hubs = 0;
            Task<StateStore> Sqlite() => Task.FromResult<StateStore>(SqliteStore.Open(Path.Combine(folder, Format($"state-{hubs++}.db"))));
            IReadOnlyList<EngineRates[]> sqlite = await RatesAsync(Sqlite, OnSqlite).ConfigureAwait(false);
            HistoryRun history = await HistoryRun.RunAsync(Sqlite).ConfigureAwait(false);
            WaitingRun waiting = await WaitingRun.RunAsync(Path.Combine(folder, "waiting.db"), 10_000, TimeSpan.FromSeconds(2)).ConfigureAwait(false);

            AzuriteProcess emulator = await AzuriteProcess.StartAsync(AzuriteProcess.DefaultHome, Path.Combine(folder, "azurite"), 0, 0, 0, CancellationToken.None).ConfigureAwait(false);
            await using (emulator.ConfigureAwait(false))
            {
                async Task<StateStore> Azurite() => await AzureStore.OpenAsync(
                    emulator.ConnectionString, Format($"Bench{hubs++}"), standBy: false, TimeProvider.System, CancellationToken.None).ConfigureAwait(false);
                IReadOnlyList<EngineRates[]> azurite = await RatesAsync(Azurite, OnAzurite).ConfigureAwait(false);
                long idle = await IdleRequestsAsync(Azurite).ConfigureAwait(false);
                Page.Write(Path.Combine(docs, "performance.md"), "engine", Report(sqlite, azurite, history, waiting, idle));
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Requests that a hub with an instance that waits sends while nothing happens; the lease is renewed every 15 s.</summary>
    private static async Task<long> IdleRequestsAsync(Func<Task<StateStore>> open)
    {
        StateStore store = await open().ConfigureAwait(false);
        await using (store.ConfigureAwait(false))
        {
            long before = ((AzureStore)store).Requests;
            await Task.Delay(IdleWatch).ConfigureAwait(false);
            return ((AzureStore)store).Requests - before;
        }
    }

    /// <summary>Rounds of all widths, one after another, so that what else the machine does meets all alike; the first round only warms up.</summary>
    private static async Task<IReadOnlyList<EngineRates[]>> RatesAsync(Func<Task<StateStore>> open, (int AtOnce, int Count)[] widths)
    {
        List<EngineRates>[] rates = [.. widths.Select(_ => new List<EngineRates>())];
        await EngineRun.RunAsync(open, 100, 200).ConfigureAwait(false);
        for (int round = 0; round < Repetitions; round++)
        {
            for (int i = 0; i < widths.Length; i++)
            {
                rates[i].Add(await EngineRun.RunAsync(open, widths[i].AtOnce, widths[i].Count).ConfigureAwait(false));
                Console.Error.WriteLine(Format($"{widths[i].AtOnce} at once: {rates[i][^1].TurnsPerSecond:0} turns/s, {rates[i][^1].OfRaw:0.00} of raw"));
            }
        }

        return [.. rates.Select(r => r.ToArray())];
    }

    private static double Median(IEnumerable<EngineRates> runs, Func<EngineRates, double> value) => runs.Select(value).Order().ElementAt(Repetitions / 2);

    private static string Report(IReadOnlyList<EngineRates[]> sqlite, IReadOnlyList<EngineRates[]> azurite, HistoryRun history, WaitingRun waiting, long idle)
    {
        StringBuilder text = new();
        text.Append("### Turns a second, and what the store alone commits\n\n");
        text.Append(Format($"Orchestrations of two activities and a timer that is due at once: four turns, a commit each. Medians of {Repetitions} rounds.\n\n"));
        Table(text, ["store, instances at once", "turns/s", "orchestrations/s", "same commits without engine/s", "ratio", "turns a transaction", "KiB written a turn", "requests an orchestration"],
            Rows("SQLite", OnSqlite, sqlite).Concat(Rows("Azurite", OnAzurite, azurite)));
        text.Append("### Microseconds a turn by length of the history, 64 instances at once\n\n");
        Table(text, ["turns so far", .. history.Turns.Select(t => Format($"{t}"))],
            [["orchestrators kept (the default)", .. history.Kept.Select(t => Format($"{t:0}"))], ["every turn replayed", .. history.Replayed.Select(t => Format($"{t:0}"))]]);
        text.Append("### Rescans that wait between two polls\n\n");
        Table(text, ["instances", "KiB of memory each", "share of a core, all of them", "share of a core, none"],
            [[Format($"{waiting.Instances}"), Format($"{waiting.BytesEach / 1024:0.0}"), Format($"{waiting.CpuShare:0.0000}"), Format($"{waiting.CpuShareOfNone:0.0000}")]]);
        text.Append("### Goals\n\n");
        EngineRates[] hundred = azurite[1];
        Goal.Table(text,
        [
            Goal.AtLeast("SQLite: of the raw commit rate, at every width, at least 0.5", sqlite.Min(r => Median(r, x => x.OfRaw)), 0.5),
            Goal.AtMost("Azurite: storage requests an orchestration, at most 11", hundred.Max(r => r.Requests / (double)r.Orchestrations), 11),
            Goal.AtMost(Format($"Azurite: requests within {IdleWatch.TotalSeconds:0} s idle, at most the 2 renewals of the lease"), idle, 2),
            Goal.AtLeast("Azurite: orchestrations a second, at least 70", Median(hundred, r => r.TurnsPerSecond * r.Orchestrations / r.Turns), 70),
            Goal.AtMost("a turn after 200 to 400 turns over one after 25 to 50, at most 1.25", history.Kept[^1] / history.Kept[1], 1.25),
            Goal.AtMost("KiB of memory a waiting instance, at most 8", waiting.BytesEach / 1024, 8),
            Goal.AtMost("share of a core that 10,000 waiting instances add, at most 0.005", waiting.CpuShare - waiting.CpuShareOfNone, 0.005),
        ]);
        return text.ToString();
    }

    private static IEnumerable<string[]> Rows(string store, (int AtOnce, int Count)[] widths, IReadOnlyList<EngineRates[]> rates) => widths.Select((width, i) => (string[])
    [
        Format($"{store}, {width.AtOnce:#,0}"),
        Format($"{Median(rates[i], r => r.TurnsPerSecond):0}"),
        Format($"{Median(rates[i], r => r.TurnsPerSecond * r.Orchestrations / r.Turns):0}"),
        Format($"{Median(rates[i], r => r.CommitsPerSecond):0}"),
        Format($"{Median(rates[i], r => r.OfRaw):0.00}"),
        Format($"{Median(rates[i], r => r.TurnsPerTransaction):0}"),
        store == "SQLite" ? Format($"{Median(rates[i], r => r.Bytes / 1024.0 / r.Turns):0.0}") : "",
        store == "SQLite" ? "" : Format($"{Median(rates[i], r => r.Requests / (double)r.Orchestrations):0.0}"),
    ]);
}
