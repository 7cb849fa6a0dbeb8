using System.Text.Json;
using Rescan.Local.Simulator;

namespace Rescan.Tests.Integration.Cli;

/// <summary><c>rescan start</c> against a real <c>rescan serve</c>.</summary>
public sealed class StartCommandTests : IAsyncLifetime
{
    private const string Key = "a-key-of-the-start-tests";
    private readonly string folder = Directory.CreateTempSubdirectory("rescan-start-").FullName;
    private SimulatedAppliance appliance = null!;
    private ServeProcess serve = null!;

    public async Task InitializeAsync()
    {
        appliance = await SimulatedAppliance.StartAsync(
            new SimulatorOptions { SessionDuration = TimeSpan.FromMilliseconds(500), Outcome = "warning" }, default);
        serve = await ServeProcess.StartAsync(folder, appliance, [("Rescan__Key", Key)]);
        serve.Http.DefaultRequestHeaders.Add("x-functions-key", Key);
    }

    public async Task DisposeAsync()
    {
        await serve.DisposeAsync();
        await appliance.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task One_repository_is_watched_to_its_end_and_told_as_run_tells_it()
    {
        Ended ended = await StartAsync("archive", "--wait", "--output", "json");

        JsonElement result = JsonDocument.Parse(ended.Out).RootElement;
        Assert.Equal(
            (2, "Warning", "archive"),
            (ended.Exit, result.GetProperty("outcome").GetString(), result.GetProperty("repository").GetProperty("name").GetString()));
        Assert.NotEmpty(result.GetProperty("log").EnumerateArray());
        Assert.Contains("archive on demo is accepted", ended.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(Key, ended.Out + ended.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Several_are_watched_together_and_the_worst_end_is_the_exit_code()
    {
        Ended ended = await StartAsync("archive", "staging", "ARCHIVE", "--wait", "--output", "json");

        Assert.Equal(2, ended.Exit);
        Assert.Equal(
            ["archive", "staging"],
            JsonDocument.Parse(ended.Out).RootElement.EnumerateArray()
            .Select(r => r.GetProperty("repository").GetProperty("name").GetString()));
    }

    [Fact]
    public async Task A_filter_starts_a_run()
    {
        Ended ended = await StartAsync("--include", "prod-*", "--exclude", "*-east", "--wait", "--output", "json");

        JsonElement run = JsonDocument.Parse(ended.Out).RootElement;
        Assert.Equal(2, ended.Exit);
        Assert.Equal(
            "prod-eu-central",
            Assert.Single(run.GetProperty("items").EnumerateArray()).GetProperty("repository").GetProperty("name").GetString());
    }

    [Fact]
    public async Task A_person_sees_a_run_live()
    {
        using PseudoTerminal terminal = new(
            ["start", "--include", "prod-*", "--wait"], null, ("RESCAN_URL", serve.Http.BaseAddress!.AbsoluteUri), ("RESCAN_KEY", Key));

        Assert.True(await terminal.EndAsync() == 2, terminal.Seen);
        Assert.Matches(@"(listing the repositories|\d of \d ended) · 00:0\d", terminal.Seen);
        Assert.Contains("prod-eu-central on demo: Warning", terminal.Seen, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_waiting_it_prints_the_id_and_ends()
    {
        Ended ended = await StartAsync("archive");

        Assert.Equal((0, "rescan-demo-" + SimulatedRepository.Defaults[2].Id), (ended.Exit, ended.Out.Trim()));
    }

    [Theory]
    [InlineData("archiv", "Did you mean 'archive'?")]
    [InlineData("archive --all", "not both")]
    [InlineData("", "Name what to rescan")]
    [InlineData("archive --appliance dem", "Did you mean 'demo'?")]
    [InlineData("archive --url ftp://x", "no address of a server")]
    [InlineData("archive --url https://x/?code=secret-in-the-address", "RESCAN_KEY")]
    public async Task What_cannot_be_meant_starts_nothing(string line, string says)
    {
        Ended ended = await StartAsync(line.Split(' ', StringSplitOptions.RemoveEmptyEntries));

        Assert.Equal(64, ended.Exit);
        Assert.Contains(says, ended.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("secret-in-the-address", ended.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(appliance.Ledger, e => e.Path.EndsWith("/rescan", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_wrong_key_and_a_server_that_is_not_there_are_told()
    {
        Ended refused = await RescanProcess.RunAsync(
            ["start", "archive"], null, [("RESCAN_URL", serve.Http.BaseAddress!.AbsoluteUri), ("RESCAN_KEY", "wrong")]);
        Ended nobody = await RescanProcess.RunAsync(["start", "archive", "--url", "http://127.0.0.1:1"]);

        Assert.Equal(78, refused.Exit);
        Assert.Contains("RESCAN_KEY", refused.Error, StringComparison.Ordinal);
        Assert.Equal(7, nobody.Exit);
        Assert.Contains("http://127.0.0.1:1/ cannot be reached", nobody.Error, StringComparison.Ordinal);
    }

    private Task<Ended> StartAsync(params string[] arguments) => RescanProcess.RunAsync(
        ["start", .. arguments], null, [("RESCAN_URL", serve.Http.BaseAddress!.AbsoluteUri), ("RESCAN_KEY", Key)]);
}
