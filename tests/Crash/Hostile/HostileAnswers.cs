using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Rescan.Crash.Orders;
using Rescan.Functions.Rescans;
using Rescan.Functions.Storage;
using Rescan.Local.Simulator;

namespace Rescan.Crash.Hostile;

/// <summary>
/// Rescans in virtual time against appliances that break their answers, one thing at a time: each ends with an outcome by its deadline,
/// asks so many times and no more, and leaves memory as it was.
/// </summary>
/// <param name="only">The kind of appliance; null: a world of each in turn.</param>
internal sealed class HostileAnswers(SimulatedKind? only = null)
{
    private const int CasesPerWorld = 250;

    /// <summary>A rescan asks about twice a minute, and several times where an answer was no good.</summary>
    private const int MostRequests = 400;

    /// <summary>One in so many answers that belong to no rescan is broken: tokens, lists.</summary>
    private const int SharedBreaks = 15;
    private const long MostGrowth = 96L * 1024 * 1024;
    private const int StartsTried = 60;

    private readonly ConcurrentDictionary<string, HostileCase> byRepository = new(StringComparer.Ordinal);
    private readonly Lock gate = new();
    private Random shared = new(0);
    private int broken;

    /// <param name="count">How many rescans.</param>
    /// <param name="seed">The seed of the first; each has the next.</param>
    /// <param name="say">Hears how far it is.</param>
    /// <returns>What did not hold.</returns>
    public async Task<IReadOnlyList<string>> TryAsync(int count, int seed, Action<string> say)
    {
        List<string> wrong = [];
        Stopwatch watch = Stopwatch.StartNew();
        long before = GC.GetTotalMemory(forceFullCollection: true);
        for (int done = 0, worlds = 0; done < count && wrong.Count < 10; worlds++)
        {
            int some = Math.Min(CasesPerWorld, count - done);
            wrong.AddRange(await PlayAsync(some, seed + done, worlds));
            done += some;
            long memory = GC.GetTotalMemory(forceFullCollection: true);
            if (memory > before + MostGrowth)
            {
                wrong.Add($"after {done} rescans memory is {memory / 1024 / 1024} MiB; before it was {before / 1024 / 1024}");
            }

            say(string.Create(
                CultureInfo.InvariantCulture,
                $"{done} of {count} rescans in {watch.Elapsed.TotalSeconds:0} s, {broken} answers broken, "
                    + $"{wrong.Count} wrong, {memory / 1024 / 1024} MiB"));
        }

        if (broken < count)
        {
            wrong.Add($"only {broken} answers were broken");
        }

        return wrong;
    }

    private async Task<IReadOnlyList<string>> PlayAsync(int count, int seed, int turn)
    {
        ConcurrentBag<string> wrong = [];
        byRepository.Clear();
        shared = new Random(seed);
        await using OrderWorld world = await OrderWorld.StartAsync(count, null);
        OrderAppliance[] appliances = [.. world.Appliances.Where(a => only is null || a.Kind == only)];
        OrderAppliance hostile = appliances[turn % appliances.Length];
        HostileCase[] cases = [.. Enumerable.Range(0, count).Select(i => new HostileCase(seed + i, hostile, world.TakeRepository()))];
        foreach (HostileCase one in cases)
        {
            one.Plan();
            byRepository[one.Repository.Id] = one;
        }

        hostile.Simulator.Between = (http, kind, answer) => AnswerAsync(hostile.Simulator, http, kind, answer);
        foreach (HostileCase one in cases)
        {
            await StartAsync(world, one, wrong);
        }

        DateTimeOffset began = world.Now;
        foreach (HostileCase one in cases.Where(c => c.IsCanceled))
        {
            await world.PassAsync(TimeSpan.FromSeconds(1));
            await CancelAsync(world, one, wrong);
        }

        HashSet<HostileCase> open = [.. cases.Where(c => c.RequestId.Length > 0)];
        while (open.Count > 0 && world.Now < began + (2 * OrderWorld.Deadline))
        {
            await world.PassAsync(TimeSpan.FromSeconds(10));
            foreach (HostileCase one in open.ToList())
            {
                if (await world.Outcomes.GetAsync(one.RequestId, CancellationToken.None) is not null)
                {
                    open.Remove(one);
                }
            }
        }

        open.ToList().ForEach(one => wrong.Add($"{one}: no outcome"));
        foreach (HostileCase one in cases.Where(c => c.Requests > MostRequests))
        {
            wrong.Add($"{one}: {one.Requests} requests");
        }

        return [.. wrong];
    }

    private static async Task StartAsync(OrderWorld world, HostileCase one, ConcurrentBag<string> wrong)
    {
        for (int i = 0; i < StartsTried; i++)
        {
            Task<HttpResponseMessage> post = world.Http.PostAsJsonAsync(
                "/api/rescans", new { appliance = one.Appliance.Name, repository = one.Repository.Id });
            while (await Task.WhenAny(post, Task.Delay(20)) != post)
            {
                // It may wait for the appliance, by the clock that stands.
                await world.PassAsync(TimeSpan.FromSeconds(1));
            }

            using HttpResponseMessage answer = await post;
            JsonElement body = await answer.Content.ReadFromJsonAsync<JsonElement>();
            switch ((int)answer.StatusCode)
            {
                case 202:
                    one.RequestId = body.GetProperty("requestId").GetString()!;
                    return;
                case 500:
                    wrong.Add($"{one}: POST answered {body}");
                    return;
                default:
                    await world.PassAsync(TimeSpan.FromSeconds(1));
                    break;
            }
        }

        wrong.Add($"{one}: never accepted");
    }

    private static async Task CancelAsync(OrderWorld world, HostileCase one, ConcurrentBag<string> wrong)
    {
        using HttpResponseMessage answer = await world.Http.DeleteAsync(
            new Uri("/api/rescans/" + RescanRequest.InstanceIdOf(one.Appliance.Name, one.Repository.Id), UriKind.Relative));
        if ((int)answer.StatusCode is not (202 or 404 or 409))
        {
            wrong.Add($"{one}: DELETE answered {(int)answer.StatusCode}");
        }
    }

    private async Task<int> AnswerAsync(SimulatedAppliance appliance, HttpContext http, string kind, Func<Task<int>> answer)
    {
        Random? breaks = await OfAsync(appliance, http, kind) is { } one ? one.Take(kind) : Shared();
        if (breaks is null)
        {
            return await answer();
        }

        Stream wire = http.Response.Body;
        using MemoryStream whole = new();
        http.Response.Body = whole;
        try
        {
            await answer();
        }
        finally
        {
            http.Response.Body = wire;
        }

        Interlocked.Increment(ref broken);
        return await AnswerBreaker.BreakAsync(http, whole.ToArray(), breaks);
    }

    /// <summary>Whose rescan a request is about.</summary>
    private async Task<HostileCase?> OfAsync(SimulatedAppliance appliance, HttpContext http, string kind)
    {
        string? repository = kind == "rescan"
            ? await OrderAppliance.RepositoryOfAsync(http)
            : http.Request.Path.Value!.Split('/', StringSplitOptions.RemoveEmptyEntries) is [_, _, "sessions", var id, ..]
                ? appliance.State.Sessions.All.FirstOrDefault(s => s.Id == id)?.RepositoryId
                : null;
        return repository is not null && byRepository.TryGetValue(repository, out HostileCase? one) ? one : null;
    }

    private Random? Shared()
    {
        lock (gate)
        {
            return shared.Next(SharedBreaks) == 0 ? new Random(shared.Next()) : null;
        }
    }
}
