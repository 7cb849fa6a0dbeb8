using System.Diagnostics;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Logging.Abstractions;
using Rescan.Local.Runtime.Engine;
using Rescan.Local.Runtime.Storage;

namespace Rescan.Bench.Engine;

/// <summary>What a turn costs after a short and after a long history: orchestrations of many activities one after another.</summary>
/// <param name="Turns">At which turns it was looked.</param>
/// <param name="Kept">Microseconds a turn up to there, with orchestrators kept between turns.</param>
/// <param name="Replayed">The same with every turn replayed from the store.</param>
internal sealed record HistoryRun(IReadOnlyList<int> Turns, IReadOnlyList<double> Kept, IReadOnlyList<double> Replayed)
{
    private const int AtOnce = 64;
    private static readonly int[] Marks = [25, 50, 100, 200, 400];

    /// <summary>Runs both ways.</summary>
    public static async Task<HistoryRun> RunAsync(Func<Task<StateStore>> open) => new(
        Marks,
        await MeasureAsync(await open().ConfigureAwait(false), DurableEngine.DefaultKeptOrchestrators).ConfigureAwait(false),
        await MeasureAsync(await open().ConfigureAwait(false), 0).ConfigureAwait(false));

    private static async Task<double[]> MeasureAsync(StateStore store, int kept)
    {
        long[] reached = new long[Marks.Length];
        int[] arrived = new int[Marks.Length];
        Delegates functions = new()
        {
            Orchestrators =
            {
                ["Many"] = async context =>
                {
                    for (int i = 1; i <= Marks[^1]; i++)
                    {
                        await context.CallActivityAsync<string>("Activity", i);
                    }

                    return null;
                },
            },
            Activities =
            {
                ["Activity"] = input =>
                {
                    int mark = Array.IndexOf(Marks, int.Parse(input!, System.Globalization.CultureInfo.InvariantCulture));

                    // The last of all instances to come here ends the stretch.
                    if (mark >= 0 && Interlocked.Increment(ref arrived[mark]) == AtOnce)
                    {
                        reached[mark] = Stopwatch.GetTimestamp();
                    }

                    return input;
                },
            },
        };
        await using (store.ConfigureAwait(false))
        {
            DurableEngine engine = new(store, functions, TimeProvider.System, NullLoggerFactory.Instance, kept);
            await using (engine.ConfigureAwait(false))
            {
                await engine.StartAsync(CancellationToken.None).ConfigureAwait(false);
                long start = Stopwatch.GetTimestamp();
                await Task.WhenAll(Enumerable.Range(0, AtOnce).Select(async i =>
                {
                    string id = await engine.Client.ScheduleNewOrchestrationInstanceAsync("Many", null, new StartOrchestrationOptions($"many-{i}")).ConfigureAwait(false);
                    await engine.Client.WaitForInstanceCompletionAsync(id).ConfigureAwait(false);
                })).ConfigureAwait(false);
                return [.. Marks.Select((mark, i) => Stopwatch.GetElapsedTime(i == 0 ? start : reached[i - 1], reached[i]).TotalMicroseconds / AtOnce / (mark - (i == 0 ? 0 : Marks[i - 1])))];
            }
        }
    }
}
