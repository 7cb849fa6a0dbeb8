using System.Text.Json;
using Microsoft.Extensions.Time.Testing;
using Rescan.Local.Simulator;

namespace Rescan.Tests.Integration.Schedules;

/// <summary>Pauses over HTTP.</summary>
public sealed class PauseApiTests
{
    private readonly FakeTimeProvider time = new(new DateTimeOffset(2026, 5, 4, 0, 0, 0, TimeSpan.Zero));

    [Theory]
    [InlineData("{}", 400, "Give until, or for, and not both")]
    [InlineData("""{"until":"2026-05-04T06:00:00Z","for":"01:00:00"}""", 400, "not both")]
    [InlineData("""{"until":"tomorrow"}""", 400, "until is a time with its distance from UTC")]
    [InlineData("""{"until":"2026-05-04T06:00:00"}""", 400, "until is a time with its distance from UTC")]
    [InlineData("""{"until":"2026-02-31T06:00:00Z"}""", 400, "until is a time with its distance from UTC")]
    [InlineData("""{"for":"8h"}""", 400, "for is a duration of the form")]
    [InlineData("""{"for":"00:00:00"}""", 400, "ends in the time to come")]
    [InlineData("""{"until":"2026-05-03T23:59:59Z"}""", 400, "ends in the time to come")]
    [InlineData("""{"until":"2028-01-01T00:00:00Z"}""", 400, "at most 366 days from now, 2026-05-04 00:00 UTC")]
    [InlineData("""{"until":"2026-05-04T06:00:00Z","schedul":"nightly"}""", 400, "The body is not the JSON expected")]
    [InlineData("""{"for":"01:00:00","schedule":"weekly"}""", 404, "No schedule is named 'weekly'; there is nightly.")]
    public async Task What_is_wrong_with_a_pause_is_said(string body, int status, string detail)
    {
        await using ApiHost api = await ApiHost.StartAsync([new SimulatorOptions()], time: time);

        (int answered, JsonElement problem, _) = await api.SendAsync(
            HttpMethod.Post, "/api/schedule/pause", JsonSerializer.Deserialize<JsonElement>(body));

        Assert.Equal(status, answered);
        Assert.Contains(detail, problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Equal(JsonValueKind.Null, (await api.GetAsync("/api/schedule")).GetProperty("paused").ValueKind);
    }

    [Fact]
    public async Task A_pause_ends_by_itself_or_by_a_call_and_that_of_the_settings_by_the_settings_only()
    {
        await using ApiHost api = await ApiHost.StartAsync([new SimulatorOptions()], new()
        {
            ["Rescan:PausedUntil"] = "2026-05-04T04:00:00+02:00",
            ["Rescan:Schedules:0:Name"] = "nightly",
            ["Rescan:Schedules:1:Name"] = "weekly",
            ["Rescan:Schedules:1:Cron"] = "0 4 * * 0",
        }, time: time);
        JsonElement paused = (await api.GetAsync("/api/schedule")).GetProperty("paused");
        Assert.Equal(
            ("2026-05-04T02:00:00+00:00", "by the setting Rescan__PausedUntil"),
            (paused.GetProperty("until").GetString(), paused.GetProperty("reason").GetString()));
        (int status, JsonElement problem, _) = await api.SendAsync(HttpMethod.Delete, "/api/schedule/pause");
        Assert.Equal(
            (409, "The setting Rescan__PausedUntil pauses all schedules until 2026-05-04 02:00 UTC: change it there."),
            (status, problem.GetProperty("detail").GetString()));

        await api.SendAsync(HttpMethod.Post, "/api/schedule/pause", new { until = "2026-05-10T00:00:00Z", schedule = "WEEKLY" });
        time.SetUtcNow(new DateTimeOffset(2026, 5, 4, 2, 0, 0, TimeSpan.Zero));
        JsonElement view = await api.GetAsync("/api/schedule");
        Assert.Equal(JsonValueKind.Null, view.GetProperty("paused").ValueKind);
        Assert.Equal([null, "2026-05-10T00:00:00+00:00"], view.GetProperty("schedules").EnumerateArray().Select(PausedUntil));
        Assert.Equal(
            ["2026-05-05T01:30:00+00:00", "2026-05-10T04:00:00+00:00"],
            view.GetProperty("schedules").EnumerateArray().Select(s => s.GetProperty("nextDueAt").GetString()));

        (status, view, _) = await api.SendAsync(HttpMethod.Delete, "/api/schedule/pause?schedule=weekly");
        Assert.Equal(200, status);
        Assert.All(view.GetProperty("schedules").EnumerateArray(), s => Assert.Null(PausedUntil(s)));
        Assert.Equal(200, (await api.SendAsync(HttpMethod.Delete, "/api/schedule/pause")).Status);
    }

    private static string? PausedUntil(JsonElement schedule) =>
        schedule.GetProperty("paused") is { ValueKind: JsonValueKind.Object } pause ? pause.GetProperty("until").GetString() : null;
}
