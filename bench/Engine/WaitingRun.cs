using System.Diagnostics;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Logging.Abstractions;
using Rescan.Functions.Rescans;
using Rescan.Local.Runtime.Engine;
using Rescan.Local.Runtime.Storage;

namespace Rescan.Bench.Engine;

/// <summary>What rescans that wait between two polls cost.</summary>
/// <param name="Instances">How many waited.</param>
/// <param name="BytesEach">Memory an instance, in bytes.</param>
/// <param name="CpuShare">Share of a core that they took.</param>
/// <param name="CpuShareOfNone">Share of a core that an engine without instances took as long before.</param>
internal sealed record WaitingRun(int Instances, double BytesEach, double CpuShare, double CpuShareOfNone)
{
    /// <summary>Starts rescans and watches the process while all of them wait.</summary>
    /// <param name="file">Where the state goes; not there yet.</param>
    /// <param name="instances">How many.</param>
    /// <param name="watch">How long to watch.</param>
    public static async Task<WaitingRun> RunAsync(string file, int instances, TimeSpan watch, int kept = DurableEngine.DefaultKeptOrchestrators)
    {
        SqliteStore store = SqliteStore.Open(file);
        await using (store.ConfigureAwait(false))
        {
            DurableEngine engine = new(store, new StubRescans(), TimeProvider.System, NullLoggerFactory.Instance, kept);
            await using (engine.ConfigureAwait(false))
            {
                await engine.StartAsync(CancellationToken.None).ConfigureAwait(false);

                // One beforehand, so that what the runtime keeps once does not count.
                await StartAsync(engine, instances, 1).ConfigureAwait(false);
                long before = GC.GetTotalMemory(forceFullCollection: true);
                double none = await CpuAsync(watch).ConfigureAwait(false);
                await StartAsync(engine, 0, instances).ConfigureAwait(false);
                long after = GC.GetTotalMemory(forceFullCollection: true);
                double some = await CpuAsync(watch).ConfigureAwait(false);
                return new WaitingRun(instances, (after - before) / (double)instances, some, none);
            }
        }
    }

    private static async Task StartAsync(DurableEngine engine, int first, int count)
    {
        await Parallel.ForAsync(first, first + count, new ParallelOptions { MaxDegreeOfParallelism = 500 }, async (i, cancellation) =>
        {
            RescanRequest request = StubRescans.Request(i);
            await engine.Client.ScheduleNewOrchestrationInstanceAsync(
                StubRescans.Orchestration, request, new StartOrchestrationOptions(RescanRequest.InstanceIdOf(request.Appliance, request.Repository.Id)), cancellation).ConfigureAwait(false);
        }).ConfigureAwait(false);
        while (!engine.Live.All(i => i.Pending.Timers.Count == 1))
        {
            await Task.Delay(20).ConfigureAwait(false);
        }
    }

    /// <summary>The median of five spells, since the runtime still tidies up after a burst of work.</summary>
    private static async Task<double> CpuAsync(TimeSpan spell)
    {
        double[] shares = new double[5];
        using Process process = Process.GetCurrentProcess();
        for (int i = 0; i < shares.Length; i++)
        {
            process.Refresh();
            TimeSpan before = process.TotalProcessorTime;
            long start = Stopwatch.GetTimestamp();
            await Task.Delay(spell).ConfigureAwait(false);
            process.Refresh();
            shares[i] = (process.TotalProcessorTime - before) / Stopwatch.GetElapsedTime(start);
        }

        return shares.Order().ElementAt(shares.Length / 2);
    }
}
