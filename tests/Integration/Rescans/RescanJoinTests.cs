using System.Text.Json;
using Rescan.Functions.Storage;
using Rescan.Local.Simulator;
using Rescan.Local.Simulator.Faults;
using Rescan.Tests.Integration.Durability;
using Rescan.Tests.Integration.Runtime.Hosting;

namespace Rescan.Tests.Integration.Rescans;

/// <summary>Requests that meet: at the same moment, or with one that is past being joined.</summary>
public sealed class RescanJoinTests
{
    private static readonly object Wish = new { appliance = "one", repository = "archive" };

    [Fact]
    public async Task Of_many_requests_at_once_one_starts_and_the_others_join()
    {
        await using ApiHost api = await ApiHost.StartAsync(
            [new SimulatorOptions { SessionDuration = TimeSpan.FromMinutes(10), Repositories = SimulatedRepository.Many(20) }]);
        foreach (SimulatedRepository repository in SimulatedRepository.Many(20))
        {
            (int Status, JsonElement Body, HttpResponseMessage)[] answers = await Task.WhenAll(
                Enumerable.Range(0, 6).Select(
                    _ => api.SendAsync(HttpMethod.Post, "/api/rescans", new { appliance = "one", repository = repository.Id })));

            Assert.All(answers, a => Assert.True(a.Status == 202, $"{a.Status} {a.Body}"));
            Assert.Single(answers, a => !a.Body.GetProperty("joined").GetBoolean());
            Assert.Single(answers.Select(a => a.Body.GetProperty("requestId").GetString()).Distinct());
        }
    }

    [Fact]
    public async Task Runs_that_start_at_once_rescan_each_repository_once()
    {
        await using ApiHost api = await ApiHost.StartAsync([new SimulatorOptions { SessionDuration = TimeSpan.FromSeconds(4) }]);
        (int, JsonElement Body, HttpResponseMessage)[] runs = await Task.WhenAll(
            Enumerable.Range(0, 3).Select(_ => api.SendAsync(HttpMethod.Post, "/api/rescans", new { appliance = "one" })));
        foreach ((_, JsonElement run, _) in runs)
        {
            JsonElement ended = await api.UntilAsync(
                run.GetProperty("links").GetProperty("self").GetString()!, r => r.GetProperty("status").GetString() == "Completed");
            Assert.Equal(4, ended.GetProperty("counts").GetProperty("Succeeded").GetInt32());
        }

        Assert.InRange(api.Appliances[0].Ledger.Count(e => e.Kind == "rescan"), 4, 8);
    }

    [Fact]
    public async Task One_that_is_asked_for_after_a_cancel_starts_when_the_canceled_one_has_ended()
    {
        await using ApiHost api = await ApiHost.StartAsync(
            [new SimulatorOptions { SessionDuration = TimeSpan.FromSeconds(4), Scenario = [new Fault("slow", "stop", 0, 1, 2)] }]);
        (_, JsonElement first, _) = await api.SendAsync(HttpMethod.Post, "/api/rescans", Wish);
        string self = first.GetProperty("links").GetProperty("self").GetString()!;
        await api.UntilAsync(self, r => r.GetProperty("sessionId").ValueKind == JsonValueKind.String);

        Assert.Equal(202, (await api.SendAsync(HttpMethod.Delete, self)).Status);
        (int status, JsonElement second, _) = await api.SendAsync(HttpMethod.Post, "/api/rescans", Wish);
        (_, JsonElement third, _) = await api.SendAsync(HttpMethod.Post, "/api/rescans", Wish);

        string next = second.GetProperty("requestId").GetString()!;
        Assert.Equal((202, false, true), (status, second.GetProperty("joined").GetBoolean(), second.GetProperty("waits").GetBoolean()));
        Assert.Equal((next, true), (third.GetProperty("requestId").GetString(), third.GetProperty("joined").GetBoolean()));
        JsonElement ended = await api.GetAsync($"{self}?requestId={next}&wait=60");
        Assert.Equal("Succeeded", ended.GetProperty("outcome").GetProperty("outcome").GetString());
        Assert.Equal(
            "Canceled",
            (await api.GetAsync($"{self}?requestId={first.GetProperty("requestId").GetString()}")).GetProperty("outcome")
                .GetProperty("outcome").GetString());
        Assert.Equal(2, api.Appliances[0].Ledger.Count(e => e.Kind == "rescan"));
    }

    [Fact]
    public async Task One_that_waits_can_be_canceled()
    {
        await using ApiHost api = await ApiHost.StartAsync(
            [new SimulatorOptions { SessionDuration = TimeSpan.FromMinutes(10), Scenario = [new Fault("slow", "stop", 0, 1, 5)] }]);
        (_, JsonElement first, _) = await api.SendAsync(HttpMethod.Post, "/api/rescans", Wish);
        string self = first.GetProperty("links").GetProperty("self").GetString()!;
        await api.UntilAsync(self, r => r.GetProperty("sessionId").ValueKind == JsonValueKind.String);
        await api.SendAsync(HttpMethod.Delete, self);
        (_, JsonElement second, _) = await api.SendAsync(HttpMethod.Post, "/api/rescans", Wish);
        string waiting = $"{self}?requestId={second.GetProperty("requestId").GetString()}";
        Assert.Equal(
            "Running",
            (await api.UntilAsync(waiting, r => r.GetProperty("status").GetString() != "Pending")).GetProperty("status").GetString());

        JsonElement[] listed = [.. (await api.GetAsync("/api/rescans?state=running")).GetProperty("items").EnumerateArray()];
        Assert.Equal(
            [(first.GetProperty("requestId").GetString(), false), (second.GetProperty("requestId").GetString(), true)],
            listed.Select(r => (r.GetProperty("requestId").GetString(), r.GetProperty("waits").GetBoolean())));
        Assert.Single(listed.Select(r => r.GetProperty("id").GetString()).Distinct());
        JsonElement page = await api.GetAsync("/api/rescans?appliance=one&repository=archive&limit=1");
        string token = page.GetProperty("continuationToken").GetString()!;
        page = await api.GetAsync($"/api/rescans?appliance=one&limit=1&continuationToken={token}");
        Assert.True(Assert.Single(page.GetProperty("items").EnumerateArray()).GetProperty("waits").GetBoolean());

        Assert.Equal(202, (await api.SendAsync(HttpMethod.Delete, waiting)).Status);

        JsonElement ended = await api.UntilAsync(waiting, r => r.GetProperty("outcome").ValueKind == JsonValueKind.Object);
        Assert.Equal("Canceled", ended.GetProperty("outcome").GetProperty("outcome").GetString());
        Assert.Equal(1, api.Appliances[0].Ledger.Count(e => e.Kind == "rescan"));
    }

    [Fact]
    public async Task A_run_waits_for_a_rescan_that_is_being_canceled_and_makes_its_own()
    {
        await using ApiHost api = await ApiHost.StartAsync(
            [new SimulatorOptions { SessionDuration = TimeSpan.FromSeconds(4), Scenario = [new Fault("slow", "stop", 0, 1, 2)] }]);
        (_, JsonElement first, _) = await api.SendAsync(HttpMethod.Post, "/api/rescans", Wish);
        string self = first.GetProperty("links").GetProperty("self").GetString()!;
        await api.UntilAsync(self, r => r.GetProperty("sessionId").ValueKind == JsonValueKind.String);
        await api.SendAsync(HttpMethod.Delete, self);

        (_, JsonElement run, _) = await api.SendAsync(
            HttpMethod.Post, "/api/rescans", new { appliance = "one", filter = new { include = (string[])["archive"] } });

        JsonElement ended = await api.UntilAsync(
            run.GetProperty("links").GetProperty("self").GetString()!, r => r.GetProperty("status").GetString() == "Completed");
        Assert.Equal("Succeeded", ended.GetProperty("items")[0].GetProperty("outcome").GetString());
        Assert.False(ended.GetProperty("items")[0].GetProperty("joined").GetBoolean());
    }

    [Fact]
    public async Task A_cancel_that_names_a_request_leaves_the_next_one_alone()
    {
        await using ApiHost api = await ApiHost.StartAsync([new SimulatorOptions { SessionDuration = TimeSpan.FromSeconds(2) }]);
        (_, JsonElement first, _) = await api.SendAsync(HttpMethod.Post, "/api/rescans", Wish);
        string self = first.GetProperty("links").GetProperty("self").GetString()!;
        await api.UntilAsync(
            self, r => r.GetProperty("outcome").ValueKind == JsonValueKind.Object && r.GetProperty("status").GetString() == "Completed");
        (_, JsonElement second, _) = await api.SendAsync(HttpMethod.Post, "/api/rescans", Wish);

        await api.Host.Client.RaiseEventAsync(
            second.GetProperty("id").GetString()!, "cancel",
            new Functions.Rescans.RescanCancel("late", first.GetProperty("requestId").GetString()));

        JsonElement ended = await api.UntilAsync(
            $"{self}?requestId={second.GetProperty("requestId").GetString()}",
            r => r.GetProperty("outcome").ValueKind == JsonValueKind.Object);
        Assert.Equal("Succeeded", ended.GetProperty("outcome").GetProperty("outcome").GetString());
    }

    [Theory]
    [InlineData("\"enough\"")]
    [InlineData("""{"reason":"enough"}""")]
    [InlineData("42")]
    [InlineData("null")]
    [InlineData("[1]")]
    public void A_cancel_sent_by_hand_is_read_whatever_it_holds(string payload) =>
        Assert.True(JsonSerializer.Deserialize<Functions.Rescans.RescanCancel>(payload) is { Reason: null or "enough" });

    [Fact]
    public async Task A_key_starts_a_rescan_a_day_and_not_one_ever()
    {
        Microsoft.Extensions.Time.Testing.FakeTimeProvider time = new(new DateTimeOffset(2026, 3, 1, 1, 30, 0, TimeSpan.Zero));
        await using ApiHost api = await ApiHost.StartAsync(
            [new SimulatorOptions { SessionDuration = TimeSpan.FromSeconds(1), Time = time, TokenLifetime = TimeSpan.FromDays(9) }],
            time: time);
        (string, string) key = ("Idempotency-Key", "nightly");
        List<string?> requests = [];
        for (int day = 0; day < 2; day++)
        {
            (int status, JsonElement body, _) = await api.SendAsync(HttpMethod.Post, "/api/rescans", Wish, key);
            Assert.Equal(202, status);
            requests.Add(body.GetProperty("requestId").GetString());
            Assert.Equal(
                requests[^1], (await api.SendAsync(HttpMethod.Post, "/api/rescans", Wish, key)).Body.GetProperty("requestId").GetString());
            Assert.Equal(
                422, (await api.SendAsync(HttpMethod.Post, "/api/rescans", new { appliance = "one", repository = "staging" }, key)).Status);
            using CancellationTokenSource patience = new(TimeSpan.FromSeconds(60));
            while (await ((OutcomeStore)api.Host.Services.GetService(typeof(OutcomeStore))!).GetAsync(
                requests[^1]!, patience.Token) is null)
            {
                time.Advance(TimeSpan.FromSeconds(1));
                await Task.Delay(10, patience.Token);
            }

            time.Advance(TimeSpan.FromHours(25));
        }

        Assert.Equal(2, requests.Distinct().Count());
        Assert.Equal(2, api.Appliances[0].Ledger.Count(e => e.Kind == "rescan"));
    }
}
