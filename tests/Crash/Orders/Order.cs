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

/// <summary>Plays one order of events on a repository of its own.</summary>
internal sealed class Order(OrderWorld world, IReadOnlyList<OrderStep> steps, int seed)
{
    private readonly SimulatedRepository repository = world.TakeRepository();
    private readonly List<(EffectGate Gate, ServiceProvider Process, Task Run)> twins = [];
    private readonly Lock gate = new();
    private int order;

    public SimulatedRepository Repository => repository;

    public List<Accepted> Accepted { get; } = [];

    /// <summary>Cancels that were answered with 202, by their place among requests and cancels.</summary>
    public List<int> Canceled { get; } = [];

    /// <summary>Sessions of the repository that others started.</summary>
    public HashSet<string> Foreign { get; } = [];

    /// <summary>Answers that nobody should get.</summary>
    public List<string> Wrong { get; } = [];

    public string InstanceId => RescanRequest.InstanceIdOf(OrderWorld.Appliance, repository.Id);

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

        // Faults that struck nothing must not strike the next order.
        world.Simulator.ClearFaults();
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
        switch (what)
        {
            case OrderEvent.Request:
                return RequestAsync(null);
            case OrderEvent.RequestTwice:
                return Task.WhenAll(RequestAsync(null), RequestAsync(null));
            case OrderEvent.RequestWithKey:
                return RequestAsync("order-" + repository.Id);
            case OrderEvent.Cancel:
                return CancelAsync();
            case OrderEvent.SessionEnd:
                return world.PassAsync(OrderWorld.SessionDuration + OrderWorld.LongestPoll);
            case OrderEvent.Deadline:
                return world.PassAsync(OrderWorld.Deadline);
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
                world.Simulator.State.Sessions.StartRescan(world.ForeignRepository, world.Simulator.State.Now);
                return Task.CompletedTask;
            case OrderEvent.ForeignWork:
                world.Simulator.State.Sessions.StartOther("Policy", world.Simulator.State.Now);
                return Task.CompletedTask;
            default:
                if (FaultOf(what) is { } fault)
                {
                    world.Simulator.Add(fault);
                }

                return world.SettleAsync();
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

    private async Task RequestAsync(string? key)
    {
        int place = Interlocked.Increment(ref order);
        DateTimeOffset at = world.Now;
        using HttpRequestMessage request = new(HttpMethod.Post, "/api/rescans") { Content = JsonContent.Create(new { appliance = OrderWorld.Appliance, repository = repository.Id }) };
        if (key is not null)
        {
            request.Headers.Add("Idempotency-Key", key);
        }

        using HttpResponseMessage answer = await world.Http.SendAsync(request);
        string text = await answer.Content.ReadAsStringAsync();
        lock (gate)
        {
            switch ((int)answer.StatusCode)
            {
                case 202:
                    JsonElement body = JsonSerializer.Deserialize<JsonElement>(text);
                    bool replayed = answer.Headers.TryGetValues("Idempotency-Replayed", out IEnumerable<string>? values) && values.First() == "true";
                    if (!replayed)
                    {
                        Accepted.Add(new Accepted(body.GetProperty("requestId").GetString()!, at, place));
                    }

                    break;
                case 409 or 503 when answer.Headers.RetryAfter is not null:
                    break;
                default:
                    Wrong.Add($"POST answered {(int)answer.StatusCode} {text}");
                    break;
            }
        }
    }

    private async Task CancelAsync()
    {
        using HttpResponseMessage answer = await world.Http.DeleteAsync(new Uri("/api/rescans/" + InstanceId, UriKind.Relative));
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
        Task run = Task.Run(() => start.RunAsync(new StartRescanInput(newest.RequestId, OrderWorld.Appliance, repository.Id), twin.Killed));
        await Task.WhenAny(run, Task.Delay(new Random(seed).Next(0, 12)));
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
