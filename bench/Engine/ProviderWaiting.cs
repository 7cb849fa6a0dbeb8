using System.Diagnostics;
using DurableTask.Core;
using DurableTask.Sqlite;
using Microsoft.DurableTask.Worker.Shims;
using Microsoft.Extensions.Logging.Abstractions;

namespace Rescan.Bench.Engine;

/// <summary>What instances cost that wait for a timer on the SQLite provider, and how soon a process goes on that finds them.</summary>
/// <param name="Instances">How many waited.</param>
/// <param name="BytesEach">Memory an instance.</param>
/// <param name="CpuShare">Share of a core that they took.</param>
/// <param name="CpuShareOfNone">Share of a core that a task hub without instances took.</param>
/// <param name="Restart">Time from opening the file to the end of a new instance.</param>
/// <param name="Unfinished">How many instances that restart found, all due.</param>
internal sealed record ProviderWaiting(
    int Instances, double BytesEach, double CpuShare, double CpuShareOfNone, TimeSpan Restart, int Unfinished)
{
    private static readonly TimeSpan Spell = TimeSpan.FromSeconds(2);

    /// <summary>Starts them, watches, and starts again.</summary>
    public static async Task<ProviderWaiting> RunAsync(string folder, int instances, int unfinished)
    {
        (double bytes, double some, double none) = await WaitAsync(Path.Combine(folder, "waiting.db"), instances);
        TimeSpan restart = await RestartAsync(Path.Combine(folder, "restart.db"), unfinished);
        return new ProviderWaiting(instances, bytes, some, none, restart, unfinished);
    }

    private static async Task<(double Bytes, double Some, double None)> WaitAsync(string file, int instances)
    {
        await using SqliteOrchestrationService service = new(new SqliteOrchestrationServiceSettings(file));
        using TaskHubWorker worker = await StartAsync(service);
        await SleepAsync(service, 0, 100, TimeSpan.FromDays(1));
        long before = GC.GetTotalMemory(forceFullCollection: true);
        double none = await CpuAsync();
        await SleepAsync(service, 100, instances, TimeSpan.FromDays(1));
        long after = GC.GetTotalMemory(forceFullCollection: true);
        double some = await CpuAsync();
        await worker.StopAsync(true);
        return ((after - before) / (double)instances, some, none);
    }

    private static async Task<TimeSpan> RestartAsync(string file, int unfinished)
    {
        await using (SqliteOrchestrationService service = new(new SqliteOrchestrationServiceSettings(file)))
        {
            using TaskHubWorker worker = await StartAsync(service);
            await SleepAsync(service, 0, unfinished, TimeSpan.FromSeconds(20));
            await worker.StopAsync(true);
        }

        await Task.Delay(TimeSpan.FromSeconds(20));
        long start = Stopwatch.GetTimestamp();
        await using SqliteOrchestrationService again = new(new SqliteOrchestrationServiceSettings(file));
        using TaskHubWorker next = await StartAsync(again);
        TaskHubClient client = new(again, null, NullLoggerFactory.Instance);
        OrchestrationInstance one =
            await client.CreateOrchestrationInstanceAsync("Sleep", "", "first", TimeSpan.Zero);
        await client.WaitForOrchestrationAsync(one, TimeSpan.FromMinutes(1));
        TimeSpan took = Stopwatch.GetElapsedTime(start);
        await next.StopAsync(true);
        return took;
    }

    private static async Task<TaskHubWorker> StartAsync(SqliteOrchestrationService service)
    {
        TaskHubWorker worker = new(service, NullLoggerFactory.Instance) { ErrorPropagationMode = ErrorPropagationMode.UseFailureDetails };
        DurableTaskShimFactory shims = new();
        worker.AddTaskOrchestrations(new Sleep(() => shims.CreateOrchestration<TimeSpan, bool>("Sleep", async (context, length) =>
        {
            await context.CreateTimer(length, CancellationToken.None);
            return true;
        })));
        await service.CreateIfNotExistsAsync();
        await worker.StartAsync();
        return worker;
    }

    private static async Task SleepAsync(SqliteOrchestrationService service, int first, int count, TimeSpan length)
    {
        TaskHubClient client = new(service, null, NullLoggerFactory.Instance);
        await Parallel.ForAsync(first, first + count, new ParallelOptions { MaxDegreeOfParallelism = 500 }, async (i, _) =>
            await client.CreateOrchestrationInstanceAsync("Sleep", "", ProviderRun.Id(i), length));
        while (service.InMemory > 0)
        {
            await Task.Delay(20);
        }
    }

    /// <summary>The median of five spells, since the runtime still tidies up after a burst of work.</summary>
    private static async Task<double> CpuAsync()
    {
        double[] shares = new double[5];
        for (int i = 0; i < shares.Length; i++)
        {
            TimeSpan before = Environment.CpuUsage.TotalTime;
            long start = Stopwatch.GetTimestamp();
            await Task.Delay(Spell);
            shares[i] = (Environment.CpuUsage.TotalTime - before) / Stopwatch.GetElapsedTime(start);
        }

        return shares.Order().ElementAt(shares.Length / 2);
    }

    private sealed class Sleep : ObjectCreator<TaskOrchestration>
    {
        private readonly Func<TaskOrchestration> make;

        public Sleep(Func<TaskOrchestration> make)
        {
            (Name, Version) = ("Sleep", "");
            this.make = make;
        }

        public override TaskOrchestration Create() => make();
    }
}
