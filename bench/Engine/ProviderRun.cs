using System.Diagnostics;
using DurableTask.Core;
using DurableTask.Sqlite;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Worker.Shims;
using Microsoft.Extensions.Logging.Abstractions;

namespace Rescan.Bench.Engine;

/// <summary>
/// Orchestrations of two activities and a timer, by Microsoft's dispatcher on the SQLite provider, and the
/// same commits without a dispatcher.
/// </summary>
internal static class ProviderRun
{
    private const string Orchestration = "Two activities and a timer";
    private const string Activity = "Activity";
    private const string Input = "what an activity is told, in a hundred characters or so, as the app's own activities are told in JSON";
    private const int Turns = 4;

    /// <summary>Runs them.</summary>
    /// <param name="folder">Where the files go.</param>
    /// <param name="atOnce">Instances at a time.</param>
    /// <param name="count">Instances in all.</param>
    public static async Task<ProviderRates> RunAsync(string folder, int atOnce, int count)
    {
        string file = Path.Combine(folder, Guid.NewGuid().ToString("N") + ".db");
        (TimeSpan took, TimeSpan cpu, long transactions) = await DispatchAsync(file, atOnce, count);
        TimeSpan raw = await RawTurns.RunAsync(
            file, Path.Combine(folder, Guid.NewGuid().ToString("N") + ".db"), Id(0), atOnce, count);
        return new ProviderRates(count, (long)Turns * count, took, cpu, raw, Turns * (double)count / transactions);
    }

    /// <summary>Ids of one length, so that all commits of a kind have the same bytes.</summary>
    public static string Id(int number) => $"bench-{number:00000000}";

    public static async Task AtOnceAsync(int atOnce, int count, Func<int, Task> one)
    {
        int next = -1;
        await Task.WhenAll(Enumerable.Range(0, Math.Min(atOnce, count)).Select(_ => Task.Run(async () =>
        {
            for (int i = Interlocked.Increment(ref next); i < count; i = Interlocked.Increment(ref next))
            {
                await one(i);
            }
        })));
    }

    private static async Task<(TimeSpan Took, TimeSpan Cpu, long Transactions)> DispatchAsync(string file, int atOnce, int count)
    {
        SqliteOrchestrationService service = new(new SqliteOrchestrationServiceSettings(file));
        await using (service)
        {
            using TaskHubWorker worker =
                new(service, NullLoggerFactory.Instance) { ErrorPropagationMode = ErrorPropagationMode.UseFailureDetails };
            DurableTaskShimFactory shims = new();
            worker.AddTaskOrchestrations(
                new Creator<TaskOrchestration>(
                    Orchestration, () => shims.CreateOrchestration<string, string>(Orchestration, async (context, input) =>
            {
                string first = await context.CallActivityAsync<string>(Activity, input);
                await context.CreateTimer(context.CurrentUtcDateTime, CancellationToken.None);
                return await context.CallActivityAsync<string>(Activity, first);
            })));
            worker.AddTaskActivities(
                new Creator<TaskActivity>(
                    Activity, () => shims.CreateActivity<string, string>(Activity, (_, input) => Task.FromResult(input))));
            await service.CreateIfNotExistsAsync();
            await worker.StartAsync();
            TaskHubClient client = new(service, null, NullLoggerFactory.Instance);
            long transactions = service.Database.Transactions;
            TimeSpan cpu = Environment.CpuUsage.TotalTime;
            long start = Stopwatch.GetTimestamp();
            if (atOnce < count)
            {
                await AtOnceAsync(atOnce, count, i => OneAsync(client, i));
            }
            else
            {
                await Task.WhenAll(Enumerable.Range(0, count).Select(i => Task.Run(() => StartAsync(client, i))));
                await UntilAllEndedAsync(service, count);
            }

            TimeSpan took = Stopwatch.GetElapsedTime(start);
            (TimeSpan, TimeSpan, long) result = (took, Environment.CpuUsage.TotalTime - cpu, service.Database.Transactions - transactions);
            await worker.StopAsync(true);
            return result;
        }
    }

    private static Task<OrchestrationInstance> StartAsync(TaskHubClient client, int number) =>
        client.CreateOrchestrationInstanceAsync(Orchestration, "", Id(number), Input);

    private static async Task OneAsync(TaskHubClient client, int number)
    {
        OrchestrationInstance instance = await StartAsync(client, number);
        OrchestrationState end = await client.WaitForOrchestrationAsync(instance, TimeSpan.FromMinutes(1));
        if (end?.OrchestrationStatus != OrchestrationStatus.Completed)
        {
            throw new InvalidOperationException($"{instance.InstanceId} ended as {end?.OrchestrationStatus}: {end?.Output}");
        }
    }

    /// <summary>Nobody waits for any one of them, so that no waiting client takes part in the time.</summary>
    private static async Task UntilAllEndedAsync(SqliteOrchestrationService service, int count)
    {
        do
        {
            await Task.Delay(1);
        }
        while (service.InMemory > 0);
        long ended = service.Database.Read(db => db.QueryInt64("SELECT count(*) FROM instances WHERE status = 1")) ?? 0;
        if (ended != count)
        {
            throw new InvalidOperationException($"{ended} of {count} ended.");
        }
    }

    private sealed class Creator<T> : ObjectCreator<T>
    {
        private readonly Func<T> make;

        public Creator(string name, Func<T> make)
        {
            (Name, Version) = (name, "");
            this.make = make;
        }

        public override T Create() => make();
    }
}

/// <summary>What one run came to.</summary>
/// <param name="Orchestrations">How many ran.</param>
/// <param name="Turns">Turns committed.</param>
/// <param name="Took">Time that the dispatcher took.</param>
/// <param name="Cpu">Processor time of that.</param>
/// <param name="Raw">Time that the same commits took without it.</param>
/// <param name="TurnsPerTransaction">How many turns shared a transaction.</param>
internal sealed record ProviderRates(int Orchestrations, long Turns, TimeSpan Took, TimeSpan Cpu, TimeSpan Raw, double TurnsPerTransaction)
{
    public double TurnsPerSecond => Turns / Took.TotalSeconds;

    public double CpuMicroseconds => Cpu.TotalMicroseconds / Turns;

    public double OfRaw => Raw / Took;
}
