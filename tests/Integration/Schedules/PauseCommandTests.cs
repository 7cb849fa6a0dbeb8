using System.Globalization;
using System.Text.Json;
using Rescan.Local.Cli;
using Rescan.Local.Cli.Schedules;
using Rescan.Local.Simulator;

namespace Rescan.Tests.Integration.Schedules;

/// <summary><c>rescan pause</c> and <c>rescan resume</c> as typed.</summary>
public sealed class PauseCommandTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("rescan-pause-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task A_pause_reaches_the_process_that_serves_and_stays_without_it()
    {
        await using SimulatedAppliance appliance = await SimulatedAppliance.StartAsync(new SimulatorOptions(), default);
        ServeProcess serve = await ServeProcess.StartAsync(folder, appliance);
        await using (serve)
        {
            Ended paused = await RescanAsync("pause", "--for", "8h", "--reason", "an upgrade");
            Assert.True(paused.Exit == 0, paused.Error);
            Assert.StartsWith("All schedules are paused until ", paused.Out, StringComparison.Ordinal);
            using JsonDocument view = JsonDocument.Parse(await serve.Http.GetStringAsync("/api/schedule"));
            Assert.Equal("an upgrade", view.RootElement.GetProperty("paused").GetProperty("reason").GetString());
            Assert.Contains("(an upgrade), by the HTTP API; runs due", (await RescanAsync("status")).Out, StringComparison.Ordinal);
            Ended unknown = await RescanAsync("pause", "--for", "1h", "--schedule", "weekly");
            Assert.Equal(ExitCodes.Rejected, unknown.Exit);
            Assert.Contains("No schedule is named 'weekly'; there is nightly.", unknown.Error, StringComparison.Ordinal);
        }

        Ended status = await RescanAsync("status");
        Assert.Contains("(an upgrade), by the HTTP API; runs due", status.Out, StringComparison.Ordinal);
        Assert.Equal(0, (await RescanAsync("resume")).Exit);
        Assert.DoesNotContain("paused", (await RescanAsync("status")).Out, StringComparison.Ordinal);

        Ended alone = await RescanAsync("pause", "--until", "2026-01-01", "--output", "json");
        Assert.Equal(ExitCodes.Usage, alone.Exit);
        alone = await RescanAsync("pause", "--for", "30m", "--schedule", "nightly", "--output", "json");
        Assert.Equal("nightly", alone.Json.GetProperty("schedule").GetString());
        string told = (await RescanAsync("status")).Out;
        Assert.Contains("paused: ", told, StringComparison.Ordinal);
        Assert.Contains($", by {Environment.UserName}", told, StringComparison.Ordinal);
        Ended meant = await RescanAsync("pause", "--for", "30m", "--schedule", "nigthly");
        Assert.Contains("Did you mean nightly?", meant.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData]
    [InlineData("--for", "1h", "--until", "06:00")]
    [InlineData("--for", "90")]
    [InlineData("--until", "soon")]
    public async Task How_long_has_to_be_said_once(params string[] arguments) =>
        Assert.Equal(ExitCodes.Usage, (await RescanAsync(["pause", .. arguments])).Exit);

    [Theory]
    [InlineData("06:00", "2026-03-28T12:00:00Z", "2026-03-29T04:00:00Z")]
    [InlineData("14:00", "2026-03-28T12:00:00Z", "2026-03-28T13:00:00Z")]
    [InlineData("2:30", "2026-03-28T12:00:00Z", "2026-03-29T01:00:00Z")]
    [InlineData("2026-05-04", "2026-03-28T12:00:00Z", "2026-05-03T22:00:00Z")]
    [InlineData("2026-05-04 06:00", "2026-03-28T12:00:00Z", "2026-05-04T04:00:00Z")]
    [InlineData("2026-05-04T06:00", "2026-03-28T12:00:00Z", "2026-05-04T04:00:00Z")]
    [InlineData("2026-05-04T06:00:00Z", "2026-03-28T12:00:00Z", "2026-05-04T06:00:00Z")]
    [InlineData("2026-05-04T06:00-05:00", "2026-03-28T12:00:00Z", "2026-05-04T11:00:00Z")]
    public void An_end_is_read_in_this_machines_zone_unless_it_says_which(string text, string now, string end) => Assert.Equal(
        DateTimeOffset.Parse(end, CultureInfo.InvariantCulture),
        PauseTime.Parse(
            "--until", text, DateTimeOffset.Parse(now, CultureInfo.InvariantCulture),
            TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin")));

    private Task<Ended> RescanAsync(params string[] arguments) => RescanProcess.RunAsync([.. arguments, "--state", folder]);
}
