using System.Text.Json;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Rescan.Functions.Runs;
using Rescan.Functions.Schedules;
using Rescan.Functions.Storage;
using Rescan.Local.Simulator;
using Rescan.Local.Simulator.Faults;

namespace Rescan.Tests.Integration.Runs;

/// <summary>Runs that are retried by themselves, on the engine and in virtual time: when, what of them, and what is told.</summary>
public sealed class RunRetryTests : IAsyncLifetime
{
    private const string Check = "/5bf66975-d4c7-4bf5-bcc8-b8d8a82ea278";
    private readonly FakeTimeProvider time = new(new DateTimeOffset(2026, 3, 1, 1, 30, 0, TimeSpan.Zero));
    private Receiver receiver = null!;
    private ApiHost api = null!;

    public async Task InitializeAsync() => receiver = await Receiver.StartAsync();

    public async Task DisposeAsync()
    {
        await api.DisposeAsync();
        await receiver.DisposeAsync();
    }

    [Fact]
    public async Task A_nightly_run_is_retried_for_what_failed_over_a_restart_and_told_once_by_everybody_when_that_has_succeeded()
    {
        await StartAppAsync(atMost: 2, new Fault("purged", "session", After: 1, Times: 1));
        await api.Host.Services.GetRequiredService<RunStarter>().StartScheduledAsync(
            api.Host.Client, ScheduledRunId.Of("nightly", time.GetUtcNow()), [], new RepositoryFilter(),
            new ScheduledStart(new Initiator(InitiatorKind.Schedule, "nightly"), time.GetUtcNow(), null), default);
        JsonElement begun = await api.UntilAsync("/api/runs", r => r.GetProperty("items").GetArrayLength() == 1);
        string id = begun.GetProperty("items")[0].GetProperty("id").GetString()!;
        JsonElement first = await PassUntilAsync("/api/runs/" + id, Ended);
        Assert.Equal((1, 3), (Count(first, "Lost"), Count(first, "Succeeded")));
        DateTimeOffset due = first.GetProperty("finishedAt").GetDateTimeOffset().AddMinutes(30);
        Assert.Equal(due, first.GetProperty("retry").GetProperty("dueAt").GetDateTimeOffset());
        Assert.Equal([Check + "/start"], receiver.All.Select(r => r.Path));

        await api.RestartAsync();
        first = await PassUntilAsync("/api/runs/" + id, r => r.GetProperty("repeatedBy").GetArrayLength() == 1);
        Assert.InRange(time.GetUtcNow() - due, TimeSpan.Zero, TimeSpan.FromMinutes(2));
        JsonElement second = await PassUntilAsync("/api/runs/" + RepeatOf(first), Ended);
        await PassUntilAsync(() => receiver.All.Count >= 4);
        await PassAsync(TimeSpan.FromHours(3));

        Assert.Equal((1, "Retry", 2), (Count(second, "Succeeded"), StarterOf(second), TryOf(second)));
        Assert.Equal(JsonValueKind.Null, second.GetProperty("retry").ValueKind);
        Assert.Equal(5, api.Appliances[0].Ledger.Count(e => e.Kind == "rescan"));
        Assert.Equal([Check, Check + "/start", "/always", "/failure"], receiver.All.Select(r => r.Path).Order(StringComparer.Ordinal));
        Assert.Single(receiver.All.Where(r => r.Path.StartsWith(Check, StringComparison.Ordinal)).Select(r => r.Query).Distinct());
        JsonElement told = receiver.At("/failure")[0].Json.GetProperty("data");
        Assert.Equal("Run succeeded after a retry: 4 repositories rescanned", told.GetProperty("summary").GetString());
        Assert.Equal((1, 2), (told.GetProperty("mended").GetInt32(), told.GetProperty("tries").GetArrayLength()));
        Assert.Equal(2, (await api.GetAsync("/api/runs")).GetProperty("items").GetArrayLength());
    }

    [Fact]
    public async Task What_fails_to_the_last_try_is_told_once_with_what_no_retry_could_help()
    {
        await StartAppAsync(atMost: 2, new Fault("purged", "session", After: 1), new Fault("wrong-role", "rescan", After: 3, Times: 1));
        string id = await StartRunAsync();
        await PassUntilAsync(() => receiver.All.Count >= 3);
        await PassAsync(TimeSpan.FromHours(3));

        Assert.Equal(["/always", "/every", "/failure"], receiver.All.Select(r => r.Path).Order(StringComparer.Ordinal));
        JsonElement told = receiver.At("/every")[0].Json.GetProperty("data");
        Assert.Equal((4, 3), (told.GetProperty("repositories").GetInt32(), told.GetProperty("tries").GetArrayLength()));
        Assert.Equal(1, told.GetProperty("counts").GetProperty("Rejected").GetInt32());
        JsonElement first = await api.GetAsync("/api/runs/" + id);
        JsonElement second = await api.GetAsync("/api/runs/" + RepeatOf(first));
        Assert.Equal(3, second.GetProperty("items").GetArrayLength());
        Assert.DoesNotContain("staging", second.GetProperty("items").ToString(), StringComparison.Ordinal);
        Assert.Equal(3, (await api.GetAsync("/api/runs")).GetProperty("items").GetArrayLength());
    }

    [Fact]
    public async Task A_retry_that_is_due_is_canceled_like_a_run_and_what_failed_is_told_then()
    {
        await StartAppAsync(atMost: 1, new Fault("purged", "session", After: 1, Times: 1));
        string id = await StartRunAsync();
        await PassUntilAsync("/api/runs/" + id, Ended);
        await PassUntilAsync(() => api.Host.IsIdle);
        Assert.Empty(receiver.All);

        Assert.Equal(202, (await api.SendAsync(HttpMethod.Delete, "/api/runs/" + id)).Status);
        await PassUntilAsync(() => receiver.All.Count >= 3);
        Assert.InRange(time.GetUtcNow() - time.Start, TimeSpan.Zero, TimeSpan.FromMinutes(25));
        Assert.Equal(409, (await api.SendAsync(HttpMethod.Delete, "/api/runs/" + id)).Status);
        await PassAsync(TimeSpan.FromHours(2));

        Assert.Equal(["/always", "/every", "/failure"], receiver.All.Select(r => r.Path).Order(StringComparer.Ordinal));
        JsonElement run = await api.GetAsync("/api/runs/" + id);
        Assert.Equal(0, run.GetProperty("repeatedBy").GetArrayLength());
        Assert.NotEqual(JsonValueKind.Null, run.GetProperty("retry").GetProperty("canceledAt").ValueKind);
        Assert.Equal("Api", run.GetProperty("retry").GetProperty("canceledBy").GetProperty("kind").GetString());
    }

    [Fact]
    public async Task Whoever_repeats_the_run_first_makes_the_retry_and_no_other_comes()
    {
        await StartAppAsync(atMost: 1, new Fault("purged", "session", After: 1, Times: 1));
        string id = await StartRunAsync();
        await PassUntilAsync("/api/runs/" + id, Ended);

        (int status, JsonElement accepted, _) = await api.SendAsync(HttpMethod.Post, $"/api/runs/{id}/rerun");
        Assert.Equal(202, status);
        JsonElement second = await PassUntilAsync("/api/runs/" + accepted.GetProperty("id").GetString(), Ended);
        await PassAsync(TimeSpan.FromHours(2));

        Assert.Equal((2, "Api"), (TryOf(second), StarterOf(second)));
        Assert.Equal(["/always", "/failure"], receiver.All.Select(r => r.Path).Order(StringComparer.Ordinal));
        Assert.Equal(2, (await api.GetAsync("/api/runs")).GetProperty("items").GetArrayLength());
    }

    [Fact]
    public async Task However_often_its_step_is_repeated_and_wherever_it_is_cut_off_one_run_retries()
    {
        await StartAppAsync(atMost: 1, new Fault("purged", "session", After: 1, Times: 1));
        string id = await StartRunAsync();
        await PassUntilAsync("/api/runs/" + id, Ended);
        RunStore runs = api.Host.Services.GetRequiredService<RunStore>();
        RunRepeat promised = new("run-promised", 2, false, new Initiator(InitiatorKind.Retry));

        // Cut off after the new run was written down, and before it was started.
        await runs.ChangeRunAsync(id, r => r with { RepeatedBy = [promised] }, default);
        StartRetry step = ActivatorUtilities.CreateInstance<StartRetry>(api.Host.Services);
        Assert.All(await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => step.RunAsync(id, api.Host.Client, default))), Assert.Null);
        await PassUntilAsync("/api/runs/run-promised", Ended);
        await PassAsync(TimeSpan.FromHours(2));
        Assert.Null(await step.RunAsync(id, api.Host.Client, default));
        await PassAsync(TimeSpan.FromMinutes(5));

        Assert.Equal(2, (await api.GetAsync("/api/runs")).GetProperty("items").GetArrayLength());
        Assert.Equal(5, api.Appliances[0].Ledger.Count(e => e.Kind == "rescan"));
    }

    [Fact]
    public async Task What_was_refused_alone_is_not_retried_and_told_at_once()
    {
        await StartAppAsync(atMost: 3, new Fault("wrong-role", "rescan", After: 3, Times: 1));
        string id = await StartRunAsync();

        JsonElement run = await PassUntilAsync("/api/runs/" + id, Ended);
        await PassUntilAsync(() => receiver.All.Count >= 3);

        Assert.Equal(JsonValueKind.Null, run.GetProperty("retry").ValueKind);
        Assert.Equal(0, receiver.At("/every")[0].Json.GetProperty("data").GetProperty("tries").GetArrayLength());
    }

    private static bool Ended(JsonElement run) => run.GetProperty("status").GetString() != "Running";

    private static int TryOf(JsonElement run) => run.GetProperty("repeats").GetProperty("try").GetInt32();

    private static string? StarterOf(JsonElement run) => run.GetProperty("startedBy").GetProperty("kind").GetString();

    private static int Count(JsonElement run, string outcome) =>
        run.GetProperty("counts").TryGetProperty(outcome, out JsonElement n) ? n.GetInt32() : 0;

    private static string RepeatOf(JsonElement run) => run.GetProperty("repeatedBy")[0].GetProperty("runId").GetString()!;

    private async Task StartAppAsync(int atMost, params Fault[] faults)
    {
        Dictionary<string, string?> settings = new()
        {
            ["Rescan:Appliances:0:MaxConcurrentRescans"] = "1",
            ["Rescan:Retry:AtMost"] = $"{atMost}",
            ["Rescan:Retry:After"] = "00:30:00",
            ["Rescan:Notifications:Channels:3:Kind"] = "ping",
            ["Rescan:Notifications:Channels:3:Url"] = new Uri(receiver.Url, Check).AbsoluteUri,
        };
        foreach ((int i, string occasion) in new[] { "always", "failure", "every" }.Index())
        {
            settings[$"Rescan:Notifications:Channels:{i}:Kind"] = "webhook";
            settings[$"Rescan:Notifications:Channels:{i}:Name"] = occasion;
            settings[$"Rescan:Notifications:Channels:{i}:Url"] = new Uri(receiver.Url, "/" + occasion).AbsoluteUri;
            settings[$"Rescan:Notifications:Channels:{i}:Secret"] = NotifyingApp.Secret;
            settings[$"Rescan:Notifications:Channels:{i}:Runs"] = occasion;
        }

        api = await ApiHost.StartAsync(
            [new SimulatorOptions
            {
                Time = time, SessionDuration = TimeSpan.FromMinutes(1), TokenLifetime = TimeSpan.FromDays(30), Scenario = faults,
            }],
            settings, time: time);
    }

    private async Task<string> StartRunAsync()
    {
        (_, JsonElement accepted, _) = await api.SendAsync(HttpMethod.Post, "/api/rescans", new { appliance = "one" });
        return accepted.GetProperty("id").GetString()!;
    }

    /// <summary>Lets virtual time pass whenever all is done that its hour asks for.</summary>
    private async Task PassUntilAsync(Func<bool> wanted)
    {
        using CancellationTokenSource patience = new(ApiHost.Patience);
        while (!wanted())
        {
            if (api.Host.IsIdle)
            {
                time.Advance(TimeSpan.FromSeconds(20));
            }

            await Task.Delay(2, patience.Token);
        }
    }

    private async Task<JsonElement> PassUntilAsync(string path, Func<JsonElement, bool> wanted)
    {
        using CancellationTokenSource patience = new(ApiHost.Patience);
        while (true)
        {
            (int status, JsonElement body, _) = await api.SendAsync(HttpMethod.Get, path);
            if (status == 200 && wanted(body))
            {
                return body;
            }

            if (api.Host.IsIdle)
            {
                time.Advance(TimeSpan.FromSeconds(20));
            }

            await Task.Delay(2, patience.Token);
        }
    }

    private Task PassAsync(TimeSpan span)
    {
        DateTimeOffset until = time.GetUtcNow() + span;
        return PassUntilAsync(() => time.GetUtcNow() >= until && api.Host.IsIdle);
    }
}
