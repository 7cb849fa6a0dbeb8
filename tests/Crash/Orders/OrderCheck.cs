using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.DurableTask.Client;
using Rescan.Functions.Storage;
using Rescan.Local.Simulator;

namespace Rescan.Crash.Orders;

/// <summary>What must hold after any order of events.</summary>
internal sealed class OrderCheck(OrderWorld world, Order order)
{
    /// <summary>What an outcome says where the appliance was asked more than once, or may have been.</summary>
    private static readonly string[] Told =
        ["posted again", "Two processes posted", "after this was recorded", "may have been rescanned twice",
            "the appliance may have rescanned the repository all the same", "is looked for until", "go on on the appliance",
            "goes on on the appliance"];

    /// <summary>What an outcome says whose session is taken on no more than its type, its time and the account that started it.</summary>
    private const string Guessed = "probably its own";

    private static readonly TimeSpan Slack = OrderWorld.LongestPoll + TimeSpan.FromMinutes(2);

    private readonly Dictionary<string, RescanOutcome> outcomes = [];
    private readonly List<string> wrong = [.. order.Wrong];

    /// <summary>Lets time pass until everything has ended, and says what does not hold.</summary>
    public async Task<IReadOnlyList<string>> RunAsync()
    {
        string[] requests = [.. order.Accepted.Select(a => a.RequestId).Distinct()];
        DateTimeOffset began = world.Time;

        // Where the clock was set back, a deadline comes later by as much, and after a restart what waited goes by the new time.
        TimeSpan patience = (3 * OrderWorld.Deadline) + (2 * order.ClockSet);
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

            if ((outcomes.Count == requests.Length && !await SomethingRunsAsync()) || world.Time > began + patience)
            {
                break;
            }

            await world.PassAsync(TimeSpan.FromSeconds(8));
        }

        wrong.AddRange(requests.Except(outcomes.Keys).Select(r => $"request {r} has no outcome"));
        if (await SomethingRunsAsync())
        {
            wrong.Add("an instance still runs");
        }

        CheckRequests();
        foreach (string run in order.Runs)
        {
            await CheckRunAsync(run);
        }

        foreach (OrderTarget target in order.Targets)
        {
            CheckTarget(target, await world.Outcomes.GetRecentAsync(target.InstanceId, 100, CancellationToken.None));
        }

        return wrong;
    }

    private void CheckRequests()
    {
        foreach ((string request, RescanOutcome outcome) in outcomes)
        {
            Accepted first = order.Accepted.First(a => a.RequestId == request);
            if (outcome.FinishedAt > first.At + OrderWorld.Deadline + Slack && !order.WasRestarted && !order.WasHurried
                && order.ClockSet == TimeSpan.Zero)
            {
                wrong.Add($"{request} ended {outcome.FinishedAt - first.At} after it was asked for: {outcome.Outcome} {outcome.Reason}");
            }

            foreach (Accepted accepted in order.Accepted.Where(
                a => a.RequestId == request && outcome.Outcome == Outcome.Canceled && !order.Canceled.Any(c => c > a.Order)))
            {
                wrong.Add($"{request} was joined after its cancel, and ended {outcome.Outcome}");
            }
        }
    }

    private async Task CheckRunAsync(string id)
    {
        JsonElement run = await world.Http.GetFromJsonAsync<JsonElement>("/api/runs/" + id);
        string? status = run.GetProperty("status").GetString();
        JsonElement[] items = [.. run.GetProperty("items").EnumerateArray()];
        if (status is not "Completed" && !(status is "Canceled" && order.Canceled.Count > 0))
        {
            wrong.Add($"{id} ended {status}: {run.GetProperty("reason")}");
        }

        if (status is "Completed" && items.Length != order.Targets.Count())
        {
            wrong.Add($"{id} has {items.Length} repositories: {run.GetProperty("errors")}");
        }

        foreach (JsonElement item in items)
        {
            string request = item.GetProperty("requestId").GetString()!;
            string? said = item.GetProperty("outcome").GetString();
            RescanOutcome? recorded = await world.Outcomes.GetAsync(request, CancellationToken.None);
            if (item.GetProperty("state").GetString() != "Ended"
                || (recorded is not null && said is not null && said != recorded.Outcome.ToString())
                || (recorded is null && status is "Completed"))
            {
                wrong.Add($"{id}: {item}, recorded {recorded?.Outcome}");
            }
        }
    }

    private void CheckTarget(OrderTarget target, IReadOnlyList<RescanOutcome> recorded)
    {
        foreach (IGrouping<string?, RescanOutcome> shared in recorded.GroupBy(o => o.SessionId)
            .Where(g => g.Key is not null && g.Count() > 1))
        {
            wrong.Add($"session {shared.Key} is in {shared.Count()} outcomes");
        }

        SimulatedSession[] sessions = [.. target.Appliance.Simulator.State.Sessions.All];
        foreach (RescanOutcome outcome in recorded)
        {
            if (outcome.Reason is not null && string.IsNullOrWhiteSpace(outcome.Reason))
            {
                wrong.Add($"{outcome.Outcome} for a reason that is blank");
            }

            CheckSession(target, outcome, sessions.FirstOrDefault(s => s.Id == outcome.SessionId));
        }

        bool told = recorded.Any(o => o.Reason is { } reason && Told.Any(t => reason.Contains(t, StringComparison.Ordinal)));
        HashSet<string?> own = [.. recorded.Select(o => o.SessionId)];
        foreach (SimulatedSession extra in sessions.Where(s => s.RepositoryId == target.Repository.Id && !own.Contains(s.Id)))
        {
            if (!told)
            {
                wrong.Add($"session {extra.Id} is in no outcome, and none tells of a second post");
            }
        }

        int posts = target.Appliance.PostsOf(target.Repository.Id).Count(p => p.Status is 0 or 201 or 202 or 504);
        if (posts > recorded.Count && !told)
        {
            wrong.Add($"{posts} posts for {recorded.Count} outcomes, and none tells why: "
                + $"{string.Join(" | ", recorded.Select(o => $"{o.Outcome} {o.Reason}"))}");
        }
    }

    private void CheckSession(OrderTarget target, RescanOutcome outcome, SimulatedSession? session)
    {
        if (outcome.SessionId is null)
        {
            return;
        }

        if (session?.RepositoryId != target.Repository.Id)
        {
            // What another program does by the app's own account cannot be told from the app's own.
            bool guessed = order.AccountIsShared && target.Appliance.Kind == SimulatedKind.VeeamBackupAndReplication
                && outcome.Reason?.Contains(Guessed, StringComparison.Ordinal) == true;
            if (!guessed)
            {
                wrong.Add($"{outcome.Outcome} by session {outcome.SessionId}, which is {(session is null ? "unknown" : "another's")}: {outcome.Reason}");
            }
        }
        else if (outcome.Outcome == Outcome.Succeeded)
        {
            // Where the clock was set, when it ended by the clock of the appliance is not known; it has ended by now.
            DateTimeOffset at = order.ClockSet == TimeSpan.Zero ? outcome.FinishedAt : world.Time;
            if (session.Status(at) != "Succeeded")
            {
                wrong.Add($"Succeeded at {outcome.FinishedAt:HH:mm:ss}, when session {session.Id} was {session.Status(at)}");
            }
        }
    }

    private async Task<bool> SomethingRunsAsync()
    {
        foreach (string id in order.Targets.SelectMany(t => new[] { t.InstanceId, t.WaitingId }).Concat(order.Runs))
        {
            if (await world.Host.Client.GetInstanceAsync(id) is { IsCompleted: false })
            {
                return true;
            }
        }

        return false;
    }
}
