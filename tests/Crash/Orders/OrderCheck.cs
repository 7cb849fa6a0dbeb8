using Microsoft.DurableTask.Client;
using Rescan.Functions.Rescans;
using Rescan.Functions.Storage;
using Rescan.Local.Simulator;

namespace Rescan.Crash.Orders;

/// <summary>What must hold after any order of events.</summary>
internal static class OrderCheck
{
    /// <summary>What an outcome says where the appliance was asked more than once, or may have been.</summary>
    private static readonly string[] Told = ["posted again", "Two processes posted", "may have been rescanned twice", "the appliance may have rescanned the repository all the same", "is looked for until", "go on on the appliance", "goes on on the appliance"];

    private static readonly TimeSpan Slack = OrderWorld.LongestPoll + TimeSpan.FromMinutes(2);

    /// <summary>Lets time pass until everything has ended, and says what does not hold.</summary>
    public static async Task<IReadOnlyList<string>> AsyncOf(OrderWorld world, Order order)
    {
        List<string> wrong = [.. order.Wrong];
        DateTimeOffset began = world.Now;
        string[] requests = [.. order.Accepted.Select(a => a.RequestId).Distinct()];
        Dictionary<string, RescanOutcome> outcomes = [];
        while (true)
        {
            await world.SettleAsync();
            foreach (string request in requests.Where(r => !outcomes.ContainsKey(r)))
            {
                if (await world.Outcomes.GetAsync(request, CancellationToken.None) is { } outcome)
                {
                    outcomes[request] = outcome;
                }
            }

            if ((outcomes.Count == requests.Length && !await RunsAsync(world, order)) || world.Now > began + (3 * OrderWorld.Deadline))
            {
                break;
            }

            await world.PassAsync(TimeSpan.FromSeconds(8));
        }

        wrong.AddRange(requests.Except(outcomes.Keys).Select(r => $"request {r} has no outcome"));
        if (await RunsAsync(world, order))
        {
            wrong.Add("an instance still runs");
        }

        IReadOnlyList<RescanOutcome> recorded = await world.Outcomes.GetRecentAsync(order.InstanceId, 100, CancellationToken.None);
        foreach ((string request, RescanOutcome outcome) in outcomes)
        {
            Accepted first = order.Accepted.First(a => a.RequestId == request);
            if (outcome.FinishedAt > first.At + OrderWorld.Deadline + Slack && world.Restarts == 0)
            {
                wrong.Add($"{request} ended {outcome.FinishedAt - first.At} after it was asked for: {outcome.Outcome} {outcome.Reason}");
            }

            foreach (Accepted accepted in order.Accepted.Where(a => a.RequestId == request && outcome.Outcome == Outcome.Canceled && !order.Canceled.Any(c => c > a.Order)))
            {
                wrong.Add($"{request} was joined after its cancel, and ended {outcome.Outcome}");
            }
        }

        CheckSessions(world, order, recorded, wrong);
        return wrong;
    }

    private static void CheckSessions(OrderWorld world, Order order, IReadOnlyList<RescanOutcome> recorded, List<string> wrong)
    {
        foreach (IGrouping<string?, RescanOutcome> shared in recorded.GroupBy(o => o.SessionId).Where(g => g.Key is not null && g.Count() > 1))
        {
            wrong.Add($"session {shared.Key} is in {shared.Count()} outcomes");
        }

        SimulatedSession[] sessions = [.. world.Simulator.State.Sessions.All];
        foreach (RescanOutcome outcome in recorded.Where(o => o.SessionId is not null))
        {
            SimulatedSession? session = sessions.FirstOrDefault(s => s.Id == outcome.SessionId);
            if (session?.RepositoryId != order.Repository.Id)
            {
                wrong.Add($"{outcome.Outcome} by session {outcome.SessionId}, which is {(session is null ? "unknown" : "another's")}: {outcome.Reason}");
            }
            else if (outcome.Outcome == Outcome.Succeeded && session.Status(outcome.FinishedAt) != "Succeeded")
            {
                wrong.Add($"Succeeded at {outcome.FinishedAt:HH:mm:ss}, when session {session.Id} was {session.Status(outcome.FinishedAt)}");
            }
        }

        bool told = recorded.Any(o => o.Reason is { } reason && Told.Any(t => reason.Contains(t, StringComparison.Ordinal)));
        HashSet<string?> own = [.. recorded.Select(o => o.SessionId)];
        foreach (SimulatedSession extra in sessions.Where(s => s.RepositoryId == order.Repository.Id && !own.Contains(s.Id)))
        {
            if (!told)
            {
                wrong.Add($"session {extra.Id} is in no outcome, and none tells of a second post");
            }
        }

        int posts = world.Simulator.Ledger.Count(e => e.Kind == "rescan" && e.Path.Contains(order.Repository.Id, StringComparison.Ordinal) && e.Status is 0 or 202 or 504);
        if (posts > recorded.Count && !told)
        {
            wrong.Add($"{posts} posts for {recorded.Count} outcomes, and none tells why: {string.Join(" | ", recorded.Select(o => $"{o.Outcome} {o.Reason}"))}");
        }
    }

    private static async Task<bool> RunsAsync(OrderWorld world, Order order) =>
        await world.Host.Client.GetInstanceAsync(order.InstanceId) is { IsCompleted: false }
        || await world.Host.Client.GetInstanceAsync(RescanRequest.WaitingIdOf(OrderWorld.Appliance, order.Repository.Id)) is { IsCompleted: false };
}
