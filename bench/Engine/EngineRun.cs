using System.Diagnostics;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Logging.Abstractions;
using Rescan.Bench.Reports;
using Rescan.Local.Runtime.Engine;
using Rescan.Local.Runtime.Storage;

namespace Rescan.Bench.Engine;

/// <summary>Runs orchestrations of two activities and a timer that is due at once, so many at a time, and then commits the same without an engine.</summary>
internal static class EngineRun
{
    private const string Orchestration = "Two activities and a timer";
    private const string Activity = "Activity";

    /// <summary>Runs them.</summary>
    /// <param name="open">Opens an empty store; called three times.</param>
    /// <param name="atOnce">Instances at a time.</param>
    /// <param name="count">Instances in all.</param>
    public static async Task<EngineRates> RunAsync(Func<Task<StateStore>> open, int atOnce, int count)
    {
        IReadOnlyList<Change> one = await RecordAsync(await open().ConfigureAwait(false)).ConfigureAwait(false);
        (TimeSpan engine, TimeSpan cpu, long turns, long sent, long bytes) = await EngineAsync(await open().ConfigureAwait(false), atOnce, count).ConfigureAwait(false);
        (TimeSpan raw, double perTransaction) = await RawAsync(await open().ConfigureAwait(false), one, atOnce, count).ConfigureAwait(false);
        if (turns != one.Count * (long)count)
        {
            throw new InvalidOperationException($"The engine took {turns} turns, and {one.Count * (long)count} commits were made without it: they cannot be compared.");
        }

        return new EngineRates(count, turns, engine, cpu, raw, perTransaction, bytes, sent);
    }

    /// <summary>The orchestrator and its activity.</summary>
    public static Delegates Functions() => new()
    {
        Orchestrators =
        {
            [Orchestration] = async context =>
            {
                string input = context.GetInput<string>()!;
                string first = (await context.CallActivityAsync<string>(Activity, input))!;
                await context.CreateTimer(context.CurrentUtcDateTime, CancellationToken.None);
                return await context.CallActivityAsync<string>(Activity, first);
            },
        },
        Activities = { [Activity] = input => input },
    };

    /// <summary>Starts one and waits for its end.</summary>
    public static async Task<bool> OneAsync(DurableTaskClient client, string id)
    {
        await StartAsync(client, id).ConfigureAwait(false);
        OrchestrationMetadata end = await client.WaitForInstanceCompletionAsync(id).ConfigureAwait(false);
        if (end.RuntimeStatus != OrchestrationRuntimeStatus.Completed)
        {
            throw new InvalidOperationException($"{id} ended as {end.RuntimeStatus}: {end.FailureDetails?.ErrorMessage}");
        }

        return true;
    }

    private static Task StartAsync(DurableTaskClient client, string id) => client.ScheduleNewOrchestrationInstanceAsync(
        Orchestration, "what an activity is told, in a hundred characters or so, as the app's own activities are told in JSON", new StartOrchestrationOptions(id));

    /// <summary>Starts all at once; nobody waits for any one of them, so that no waiting client takes part in the time.</summary>
    private static async Task BurstAsync(DurableEngine engine, int count)
    {
        await Task.WhenAll(Enumerable.Range(0, count).Select(i => Task.Run(() => StartAsync(engine.Client, Id(i))))).ConfigureAwait(false);
        while (!engine.IsIdle || engine.Live.Any())
        {
            await Task.Delay(1).ConfigureAwait(false);
        }
    }

    /// <summary>Ids of one length, so that all commits of a kind have the same bytes.</summary>
    private static string Id(int number) => Markdown.Format($"bench-{number:00000000}");

    private static async Task<IReadOnlyList<Change>> RecordAsync(StateStore store)
    {
        RecordingStore recorded = new(store);
        await using (recorded.ConfigureAwait(false))
        {
            await WithEngineAsync(recorded, engine => OneAsync(engine.Client, Id(0))).ConfigureAwait(false);
            return recorded.Changes;
        }
    }

    private static async Task<(TimeSpan Took, TimeSpan Cpu, long Turns, long Requests, long Bytes)> EngineAsync(StateStore store, int atOnce, int count)
    {
        await using (store.ConfigureAwait(false))
        {
            return await WithEngineAsync(store, async engine =>
            {
                long requests = Requests(store);
                long written = WrittenBytes();
                TimeSpan cpu = Environment.CpuUsage.TotalTime;
                long start = Stopwatch.GetTimestamp();
                if (atOnce < count)
                {
                    await AtOnceAsync(atOnce, count, i => OneAsync(engine.Client, Id(i))).ConfigureAwait(false);
                }
                else
                {
                    await BurstAsync(engine, count).ConfigureAwait(false);
                }

                return (Stopwatch.GetElapsedTime(start), Environment.CpuUsage.TotalTime - cpu, engine.Turns, Requests(store) - requests, WrittenBytes() - written);
            }).ConfigureAwait(false);
        }
    }

    private static async Task<T> WithEngineAsync<T>(StateStore store, Func<DurableEngine, Task<T>> use)
    {
        DurableEngine engine = new(store, Functions(), TimeProvider.System, NullLoggerFactory.Instance);
        await using (engine.ConfigureAwait(false))
        {
            await engine.StartAsync(CancellationToken.None).ConfigureAwait(false);
            return await use(engine).ConfigureAwait(false);
        }
    }

    private static long Requests(StateStore store) => (store as AzureStore)?.Requests ?? 0;

    private static async Task<(TimeSpan Took, double PerTransaction)> RawAsync(StateStore store, IReadOnlyList<Change> one, int atOnce, int count)
    {
        await using (store.ConfigureAwait(false))
        {
            long start = Stopwatch.GetTimestamp();
            await AtOnceAsync(atOnce, count, async i =>
            {
                foreach (Change change in one)
                {
                    await store.CommitAsync(For(change, Id(i))).ConfigureAwait(false);
                }
            }).ConfigureAwait(false);
            return (Stopwatch.GetElapsedTime(start), store is SqliteStore sqlite ? one.Count * (double)count / sqlite.Transactions : 1);
        }
    }

    private static Change For(Change change, string id)
    {
        Change same = new() { Instance = change.Instance with { Id = id }, Create = change.Create, ClearHistory = change.ClearHistory };
        same.History.AddRange(change.History);
        return same;
    }

    private static async Task AtOnceAsync(int atOnce, int count, Func<int, Task> one)
    {
        int next = -1;
        await Task.WhenAll(Enumerable.Range(0, Math.Min(atOnce, count)).Select(_ => Task.Run(async () =>
        {
            for (int i = Interlocked.Increment(ref next); i < count; i = Interlocked.Increment(ref next))
            {
                await one(i).ConfigureAwait(false);
            }
        }))).ConfigureAwait(false);
    }

    /// <summary>Bytes that this process has written to files, where the system tells; sockets do not count.</summary>
    private static long WrittenBytes() =>
        File.Exists("/proc/self/io") && File.ReadLines("/proc/self/io").FirstOrDefault(l => l.StartsWith("wchar:", StringComparison.Ordinal)) is { } line
            ? long.Parse(line["wchar:".Length..], System.Globalization.CultureInfo.InvariantCulture)
            : 0;
}

/// <summary>What one run came to.</summary>
/// <param name="Orchestrations">How many ran.</param>
/// <param name="Turns">Turns committed.</param>
/// <param name="Engine">Time that the engine took.</param>
/// <param name="Cpu">Processor time of that.</param>
/// <param name="Raw">Time that the same commits took without the engine.</param>
/// <param name="TurnsPerTransaction">How many turns shared a transaction of the raw run.</param>
/// <param name="Bytes">Bytes written to files by the engine's run.</param>
/// <param name="Requests">Storage requests of the engine's run.</param>
internal sealed record EngineRates(int Orchestrations, long Turns, TimeSpan Engine, TimeSpan Cpu, TimeSpan Raw, double TurnsPerTransaction, long Bytes, long Requests)
{
    public double TurnsPerSecond => Turns / Engine.TotalSeconds;

    public double CpuMicroseconds => Cpu.TotalMicroseconds / Turns;

    public double CommitsPerSecond => Turns / Raw.TotalSeconds;

    public double OfRaw => TurnsPerSecond / CommitsPerSecond;
}
