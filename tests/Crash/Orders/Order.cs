using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Rescan.Functions.Rescans;
using Rescan.Local.Simulator;
using Rescan.Local.Simulator.Faults;

namespace Rescan.Crash.Orders;

/// <summary>A request that was answered with 202.</summary>
/// <param name="RequestId">The rescan that answers for it.</param>
/// <param name="At">When, by the virtual clock.</param>
/// <param name="Order">Its place among requests and cancels.</param>
internal sealed record Accepted(string RequestId, DateTimeOffset At, int Order);

/// <summary>A repository of one of the appliances, with all that an order does to it.</summary>
/// <param name="Appliance">The appliance.</param>
/// <param name="Repository">The repository.</param>
internal sealed record OrderTarget(OrderAppliance Appliance, SimulatedRepository Repository)
{
    public string InstanceId => RescanRequest.InstanceIdOf(Appliance.Name, Repository.Id);

    public string WaitingId => RescanRequest.WaitingIdOf(Appliance.Name, Repository.Id);
}

/// <summary>Plays one order of events on a repository of its own, and its runs on a few more.</summary>
internal sealed class Order
{
    /// <summary>Repositories of a run.</summary>
    private const int PerRun = 3;

    /// <summary>Enough for every log of an order.</summary>
    private const int AllLogs = 1000;

    private readonly OrderWorld world;
    private readonly IReadOnlyList<OrderStep> steps;
    private readonly Random random;
    private readonly SimulatedRepository[] repositories;
    private readonly OrderKeys keys = new();
    private readonly List<(EffectGate Gate, ServiceProvider Process, Task Run)> twins = [];
    private readonly Lock gate = new();
    private readonly bool runsEverywhere;
    private readonly int restarts;
    private int order;

    public Order(OrderWorld world, IReadOnlyList<OrderStep> steps, int seed)
    {
        this.world = world;
        this.steps = steps;
        random = new Random(~seed);
        runsEverywhere = random.Next(2) == 0;
        restarts = world.Restarts;
        repositories = [.. Enumerable.Range(0, RepositoriesOf(steps)).Select(_ => world.TakeRepository())];
        Appliance = world.Appliances.Single(a => a.Name == ApplianceOf(seed));
    }

    public OrderAppliance Appliance { get; }

    /// <summary>The repository of single rescans.</summary>
    public OrderTarget Own => new(Appliance, repositories[0]);

    /// <summary>Every repository that may have been rescanned.</summary>
    public IEnumerable<OrderTarget> Targets => repositories.Length == 1 ? [Own]
        : runsEverywhere ? world.Appliances.SelectMany(a => repositories.Select(r => new OrderTarget(a, r)))
        : repositories.Select(r => new OrderTarget(Appliance, r));

    public List<Accepted> Accepted { get; } = [];

    /// <summary>Ids of runs that were accepted.</summary>
    public List<string> Runs { get; } = [];

    /// <summary>Cancels that were answered with 202, by their place among requests and cancels.</summary>
    public List<int> Canceled { get; } = [];

    /// <summary>Answers that nobody should get.</summary>
    public List<string> Wrong { get; } = [];

    /// <summary>How far the clock was set in all, whichever way.</summary>
    public TimeSpan ClockSet { get; private set; }

    /// <summary>Whether time passed in strides so long that nothing could come when it was due.</summary>
    public bool WasHurried { get; private set; }

    public bool WasRestarted => world.Restarts > restarts;

    /// <summary>Whether the app's own account started a rescan that is not the app's.</summary>
    public bool AccountIsShared => steps.Any(s => s.What == OrderEvent.ForeignRescanByOwnAccount);

    /// <summary>Every second seed is for Veeam Backup &amp; Replication, by either revision.</summary>
    public static string ApplianceOf(int seed) => (seed % 4) switch { 1 => "two", 3 => "three", _ => OrderWorld.Appliance };

    /// <summary>How many repositories an order needs.</summary>
    public static int RepositoriesOf(IReadOnlyList<OrderStep> steps) => steps.Any(s => s.What == OrderEvent.Run) ? PerRun : 1;

    public async Task PlayAsync()
    {
        foreach (OrderStep step in steps)
        {
            if (step.After > TimeSpan.Zero)
            {
                await world.PassAsync(step.After);
            }

            await DoAsync(step.What);
        }

        // Faults that struck nothing must not strike the next order. Logs stay as they are until all is recorded.
        Appliance.Simulator.ClearFaults();
        foreach ((EffectGate twin, ServiceProvider process, Task run) in twins)
        {
            twin.Resume();
            await WithTimeAsync(run);
            await process.DisposeAsync();
        }
    }

    private static Fault Strike(string name, string kind, int times = 1) => new(name, kind, 0, times);

    private Task DoAsync(OrderEvent what)
    {
        SessionStore sessions = Appliance.Simulator.State.Sessions;
        DateTimeOffset now = Appliance.Simulator.State.Now;
        switch (what)
        {
            case OrderEvent.Request:
                return RequestAsync(null);
            case OrderEvent.RequestTwice:
                return Task.WhenAll(RequestAsync(null), RequestAsync(null));
            case OrderEvent.RequestWithKey:
                return RequestAsync(Own.InstanceId);
            case OrderEvent.RequestWithKeyOtherwise:
                return RequestAsync(Own.InstanceId, otherwise: true);
            case OrderEvent.Run:
                return RunAsync();
            case OrderEvent.CancelRun:
                return CancelRunAsync();
            case OrderEvent.Cancel:
                return CancelAsync();
            case OrderEvent.SessionEnd:
                return world.PassAsync(OrderWorld.SessionDuration + OrderWorld.LongestPoll);
            case OrderEvent.Deadline:
                return world.PassAsync(OrderWorld.Deadline);
            case OrderEvent.NextDay:
                keys.NextDay();
                WasHurried = true;
                return world.PassLongAsync(TimeSpan.FromHours(26));
            case OrderEvent.ClockForward:
                return SetClockAsync(TimeSpan.FromSeconds(random.Next(1, 3600)));
            case OrderEvent.ClockBack:
                return SetClockAsync(TimeSpan.FromSeconds(-random.Next(1, 3600)));
            case OrderEvent.Kill:
                return world.KillAsync(TimeSpan.Zero);
            case OrderEvent.KillAndRest:
                return world.KillAsync(TimeSpan.FromSeconds(30));
            case OrderEvent.KillBeyondDeadline:
                return world.KillAsync(OrderWorld.Deadline + TimeSpan.FromMinutes(1));
            case OrderEvent.TwinWakes:
                return WakeTwinAsync();
            case OrderEvent.TwinGoesOn:
                twins.ForEach(t => t.Gate.Resume());
                return world.SettleAsync();
            case OrderEvent.ForeignRescan:
                sessions.StartRescan(world.ForeignRepository, now, OrderWorld.Stranger);
                return Task.CompletedTask;
            case OrderEvent.ForeignRescanByOwnAccount:
                sessions.StartRescan(world.ForeignRepository, now);
                return Task.CompletedTask;
            case OrderEvent.ForeignWork:
                sessions.StartOther("Policy", now);
                return Task.CompletedTask;
            case OrderEvent.SessionFails:
                sessions.All.FirstOrDefault(s => s.RepositoryId == repositories[0].Id && !s.IsOver(now))?.Break(now, "failed", " ");
                return Task.CompletedTask;
            default:
                Trouble(what);
                return world.SettleAsync();
        }
    }

    private void Trouble(OrderEvent what)
    {
        switch (what)
        {
            case OrderEvent.OddSessionId:
                Appliance.Simulator.State.Sessions.NextIds = "a/b#c-";
                break;
            case OrderEvent.BusyForTenYears:
                Appliance.Replace("rescan", 1, OddAnswers.BusyForTenYears);
                Appliance.Replace("session", 1, OddAnswers.BusyForTenYears);
                break;
            case OrderEvent.ProxyNotFound:
                Appliance.Replace("session", 2, OddAnswers.UnknownToProxy);
                break;
            case OrderEvent.UnstorableLog:
                Appliance.Replace(
                    "log", AllLogs, http => OddAnswers.UnstorableLog(http, repositories[0].Name), http => IsOwn(http.Request.Path.Value!));
                break;
            default:
                if (FaultOf(what) is { } fault)
                {
                    Appliance.Add(fault);
                }

                break;
        }
    }

    private static Fault? FaultOf(OrderEvent what) => what switch
    {
        OrderEvent.LosePost => Strike("drop-before", "rescan"),
        OrderEvent.LoseAnswer => Strike("drop-after", "rescan"),
        OrderEvent.LatePost => Strike("late", "rescan"),
        OrderEvent.GatewayTimeout => Strike("gateway-timeout", "rescan"),
        OrderEvent.BusyPost => Strike("unavailable", "rescan"),
        OrderEvent.HideSession => Strike("hidden-session-id", "rescan"),
        OrderEvent.BusyPolls => Strike("throttled", "session", 3),
        OrderEvent.ProxyPoll => Strike("html", "session", 2),
        OrderEvent.LoseStop => Strike("drop-before", "stop"),
        OrderEvent.LoseLog => Strike("drop-before", "log", 3),
        _ => null,
    };

    /// <summary>Whether a path is that of a session of the order's own repository.</summary>
    private bool IsOwn(string path) => Appliance.Simulator.State.Sessions.All
        .Any(
            s => s.RepositoryId == repositories[0].Id
                && path.Replace("%2F", "/", StringComparison.OrdinalIgnoreCase).Contains(s.Id, StringComparison.Ordinal));

    private Task SetClockAsync(TimeSpan by)
    {
        world.Clock.Shift += by;
        ClockSet += by.Duration();
        keys.Forget();
        return world.SettleAsync();
    }

    private async Task<(int Status, HttpResponseMessage Answer, string Text)> PostAsync(object body, string? key)
    {
        using HttpRequestMessage request = new(HttpMethod.Post, "/api/rescans") { Content = JsonContent.Create(body) };
        if (key is not null)
        {
            request.Headers.Add("Idempotency-Key", key);
        }

        HttpResponseMessage answer = await world.Http.SendAsync(request);
        return ((int)answer.StatusCode, answer, await answer.Content.ReadAsStringAsync());
    }

    private async Task RequestAsync(string? key, bool otherwise = false)
    {
        int place = Interlocked.Increment(ref order);
        DateTimeOffset at = world.Now;
        (int status, HttpResponseMessage answer, string text) =
            await PostAsync(new { appliance = Appliance.Name, repository = otherwise ? repositories[0].Name : repositories[0].Id }, key);
        using HttpResponseMessage whole = answer;
        lock (gate)
        {
            switch (status)
            {
                case 202:
                    string id = JsonSerializer.Deserialize<JsonElement>(text).GetProperty("requestId").GetString()!;
                    bool replayed = answer.Headers.TryGetValues("Idempotency-Replayed", out IEnumerable<string>? values)
                        && values.First() == "true";
                    if (!replayed)
                    {
                        Accepted.Add(new Accepted(id, at, place));
                    }

                    Wrong.AddRange(key is null ? [] : keys.Accepted(otherwise, id, replayed));
                    break;
                case 409 or 503 when answer.Headers.RetryAfter is not null:
                    break;
                case 422 when key is not null && keys.IsOfOther(otherwise):
                    break;
                default:
                    Wrong.Add($"POST answered {status} {text}");
                    break;
            }
        }
    }

    private async Task RunAsync()
    {
        object filter = new { include = repositories.Select(r => r.Name) };
        (int status, HttpResponseMessage answer, string text) = await PostAsync(
            runsEverywhere ? new { filter } : new { appliance = Appliance.Name, filter }, null);
        using HttpResponseMessage whole = answer;
        if (status == 202)
        {
            Runs.Add(JsonSerializer.Deserialize<JsonElement>(text).GetProperty("id").GetString()!);
        }
        else
        {
            Wrong.Add($"POST of a run answered {status} {text}");
        }
    }

    private async Task CancelRunAsync()
    {
        if (Runs.LastOrDefault() is not { } run)
        {
            return;
        }

        using HttpResponseMessage answer = await world.Http.DeleteAsync(new Uri("/api/runs/" + run, UriKind.Relative));
        if ((int)answer.StatusCode == 202)
        {
            // It cancels what it started, this repository's rescan too.
            Canceled.Add(int.MaxValue);
        }
        else if ((int)answer.StatusCode is not 409)
        {
            Wrong.Add($"DELETE of a run answered {(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync()}");
        }
    }

    private async Task CancelAsync()
    {
        using HttpResponseMessage answer = await world.Http.DeleteAsync(new Uri("/api/rescans/" + Own.InstanceId, UriKind.Relative));
        if ((int)answer.StatusCode == 202)
        {
            Canceled.Add(Interlocked.Increment(ref order));
        }
        else if ((int)answer.StatusCode is not (404 or 409))
        {
            Wrong.Add($"DELETE answered {(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync()}");
        }
    }

    /// <summary>Runs the start of the newest request once more, up to an effect that the seed chooses.</summary>
    private async Task WakeTwinAsync()
    {
        if (Accepted.LastOrDefault() is not { } newest)
        {
            return;
        }

        EffectGate twin = new();
        ServiceProvider process = world.Twin(twin);
        StartRescan start = ActivatorUtilities.CreateInstance<StartRescan>(process);
        Task run = Task.Run(() => start.RunAsync(new StartRescanInput(newest.RequestId, Appliance.Name, repositories[0].Id), twin.Killed));
        await Task.WhenAny(run, Task.Delay(random.Next(0, 12)));
        twin.Pause();
        twins.Add((twin, process, run));
    }

    private async Task WithTimeAsync(Task run)
    {
        for (int i = 0; i < 200 && !run.IsCompleted; i++)
        {
            await world.PassAsync(TimeSpan.FromSeconds(1));
        }

        await run;
    }
}
