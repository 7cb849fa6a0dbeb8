using System.Diagnostics;
using System.Globalization;

namespace Rescan.Crash.Orders;

/// <summary>What became of an order.</summary>
/// <param name="Seed">Its seed.</param>
/// <param name="Steps">Its steps.</param>
/// <param name="Wrong">What did not hold.</param>
internal sealed record OrderResult(int Seed, IReadOnlyList<OrderStep> Steps, IReadOnlyList<string> Wrong);

/// <summary>Plays orders of the events of a rescan, each of its own seed, and makes those that fail as short as they can be.</summary>
/// <param name="storage">A storage account's connection for outcomes and intents; null: SQLite.</param>
internal sealed class OrderExplorer(string? storage = null)
{
    private const int OrdersPerWorld = 100;
    private const int MostFailures = 5;

    /// <summary>Plays orders.</summary>
    /// <param name="count">How many.</param>
    /// <param name="seed">The seed of the first; each has the next.</param>
    /// <param name="say">Hears how far it is.</param>
    /// <returns>Those that failed, made short.</returns>
    public async Task<IReadOnlyList<OrderResult>> ExploreAsync(int count, int seed, Action<string> say)
    {
        List<OrderResult> failures = [];
        Stopwatch watch = Stopwatch.StartNew();
        for (int done = 0; done < count && failures.Count < MostFailures;)
        {
            int some = Math.Min(OrdersPerWorld, count - done);
            int repositories = Enumerable.Range(seed + done, some).Sum(s => Order.RepositoriesOf(OrderStep.Of(s)));
            await using OrderWorld world = await OrderWorld.StartAsync(repositories, storage);
            for (int i = 0; i < some && failures.Count < MostFailures; i++, done++)
            {
                OrderResult result = await PlayAsync(world, OrderStep.Of(seed + done), seed + done);
                if (result.Wrong.Count > 0)
                {
                    result = await ShrinkAsync(result);
                    failures.Add(result);
                    say(Describe(result));
                }
            }

            say(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{done} of {count} orders in {watch.Elapsed.TotalSeconds:0} s, {failures.Count} failed"));
        }

        return failures;
    }

    /// <summary>A failure for people: its seed, its steps, and what did not hold.</summary>
    public static string Describe(OrderResult result) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"seed {result.Seed} on {Order.ApplianceOf(result.Seed)}: {string.Join(", ", result.Steps)}\n  {string.Join("\n  ", result.Wrong)}");

    private static async Task<OrderResult> PlayAsync(OrderWorld world, IReadOnlyList<OrderStep> steps, int seed)
    {
        Order order = new(world, steps, seed);
        try
        {
            await order.PlayAsync();
            return new OrderResult(seed, steps, await new OrderCheck(world, order).RunAsync());
        }
        catch (Exception e)
        {
            return new OrderResult(seed, steps, [e.ToString()]);
        }
        finally
        {
            world.Clock.Shift = TimeSpan.Zero;
            world.Appliances.ToList().ForEach(a => a.Calm());
        }
    }

    /// <summary>Leaves out steps as long as it fails without them.</summary>
    private async Task<OrderResult> ShrinkAsync(OrderResult failed)
    {
        OrderResult shortest = failed;
        for (int i = 0; i < shortest.Steps.Count;)
        {
            OrderStep[] fewer = [.. shortest.Steps.Where((_, at) => at != i)];
            await using OrderWorld world = await OrderWorld.StartAsync(Order.RepositoriesOf(fewer), storage);
            OrderResult result = await PlayAsync(world, fewer, failed.Seed);
            (shortest, i) = result.Wrong.Count > 0 ? (result, i) : (shortest, i + 1);
        }

        return shortest;
    }
}
