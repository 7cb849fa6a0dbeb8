using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;
using Rescan.Local.Simulator;
using Rescan.Local.Simulator.Faults;

namespace Rescan.Tests.Integration.Cli;

/// <summary>The commands that look back, as processes of their own beside a <c>rescan serve</c> that owns the state.</summary>
public sealed class HistoryCommandTests : IAsyncLifetime
{
    private readonly string folder = Directory.CreateTempSubdirectory("rescan-history-").FullName;
    private SimulatedAppliance appliance = null!;
    private ServeProcess? serve;

    public async Task InitializeAsync() =>
        appliance = await SimulatedAppliance.StartAsync(new SimulatorOptions { SessionDuration = TimeSpan.FromMinutes(5) }, default);

    public async Task DisposeAsync()
    {
        if (serve is not null)
        {
            await serve.DisposeAsync();
        }

        await appliance.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task What_failed_in_the_last_run_is_rescanned_again_by_the_process_that_serves()
    {
        await appliance.DisposeAsync();
        appliance = await SimulatedAppliance.StartAsync(
            new SimulatorOptions
            {
                SessionDuration = TimeSpan.FromMilliseconds(100), Scenario = [new Fault("wrong-role", After: 1, Times: 1)],
            },
            default);
        Assert.Equal(78, (await RunAsync("rerun")).Exit);
        serve = await ServeProcess.StartAsync(folder, appliance);
        (int exit, string said) = await RunAsync("rerun");
        Assert.Equal(6, exit);
        Assert.Contains("No run is recorded yet", said, StringComparison.Ordinal);
        using HttpResponseMessage answer = await serve.Http.PostAsJsonAsync("/api/rescans", new { appliance = "demo" });
        string first = (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString()!;
        await EndOfRunAsync(first);

        JsonElement rerun = await JsonAsync("rerun");

        string second = rerun.GetProperty("id").GetString()!;
        Assert.Equal((first, false), (rerun.GetProperty("repeats").GetString(), rerun.GetProperty("joined").GetBoolean()));
        Assert.Equal(1, (await EndOfRunAsync(second)).GetProperty("counts").GetProperty("Succeeded").GetInt32());
        (exit, said) = await RunAsync("rerun", first);
        Assert.Equal(0, exit);
        Assert.Contains($"It repeats {first}.", said, StringComparison.Ordinal);
        Assert.Equal(6, (await RunAsync("rerun", second)).Exit);
        Assert.Contains("No run has the id 'run-none'", (await RunAsync("rerun", "run-none")).Said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task They_look_on_while_serve_runs_and_reach_it_to_cancel()
    {
        serve = await ServeProcess.StartAsync(folder, appliance);
        string first = await serve.RescanAsync("archive");
        await serve.SessionAsync(first);
        (await serve.Http.DeleteAsync("/api/rescans/" + first)).EnsureSuccessStatusCode();
        await serve.OutcomeAsync(first);
        string second = await serve.RescanAsync("staging");
        await serve.SessionAsync(second);

        JsonElement status = await JsonAsync("status");
        Assert.Equal(
            "staging", Assert.Single(status.GetProperty("running").EnumerateArray()).GetProperty("repository").GetProperty("name")
            .GetString());
        Assert.Equal("Canceled", Assert.Single(status.GetProperty("last").EnumerateArray()).GetProperty("outcome").GetString());
        Assert.Equal(serve.Http.BaseAddress!.AbsoluteUri, status.GetProperty("servedAt").GetString());
        Assert.Contains("Starting rescan of repository staging", (await RunAsync("log", "staging")).Said, StringComparison.Ordinal);

        (int exit, string said) = await RunAsync("cancel", "staging");
        Assert.Equal((0, "The rescan of staging on demo is being canceled; rescan status shows when it has ended."), (exit, said.Trim()));
        await serve.OutcomeAsync(second);
        Assert.Equal(2, appliance.Ledger.Count(e => e.Kind == "stop"));

        JsonElement[] history = [
            .. (await JsonAsync("history")).GetProperty("items").EnumerateArray().Select(i => i.GetProperty("outcome"))];
        Assert.Equal(
            ["staging Canceled", "archive Canceled"], history.Select(
                o => $"{o.GetProperty("repository").GetProperty("name").GetString()} {o.GetProperty("outcome").GetString()}"));
        Assert.Equal(6, (await JsonAsync("cancel", "archive")).GetProperty("exit").GetInt32());

        string log = (await RunAsync("log", "ARCHIVE")).Said;
        Assert.Contains("Starting rescan of repository archive", log, StringComparison.Ordinal);
        Assert.Equal(
            log.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length,
            (await JsonAsync("log", first)).GetProperty("log").GetArrayLength());
        Assert.Contains("archive", (await RunAsync("history", "--outcome", "Canceled")).Said, StringComparison.Ordinal);
        Assert.DoesNotContain("archive", (await RunAsync("history", "--outcome", "Failed")).Said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cancel_left_while_no_process_runs_is_heard_at_the_next_start()
    {
        serve = await ServeProcess.StartAsync(folder, appliance);
        string id = await serve.RescanAsync("archive");
        await serve.SessionAsync(id);
        await serve.DisposeAsync();

        Assert.Contains("no process runs it now", (await RunAsync("cancel", id)).Said, StringComparison.Ordinal);
        serve = await ServeProcess.StartAsync(folder, appliance);
        JsonElement rescan = await serve.OutcomeAsync(id);

        Assert.Equal("Canceled", rescan.GetProperty("outcome").GetProperty("outcome").GetString());
        JsonElement by = rescan.GetProperty("outcome").GetProperty("canceledBy");
        Assert.Equal("Command", by.GetProperty("kind").GetString());
        Assert.StartsWith(Environment.UserName, by.GetProperty("name").GetString(), StringComparison.Ordinal);
        Assert.StartsWith(
            "Canceled by the operator.", rescan.GetProperty("outcome").GetProperty("reason").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task They_go_on_looking_until_the_rescan_ends()
    {
        serve = await ServeProcess.StartAsync(folder, appliance);
        string id = await serve.RescanAsync("archive");
        await serve.SessionAsync(id);
        using Process watch = ServeProcess.Start(folder, appliance, ["status", "--watch", "--state", folder]);
        using Process follow = ServeProcess.Start(folder, appliance, ["log", "archive", "--follow", "--state", folder]);
        try
        {
            Assert.Equal("archive on demo: Watching", await follow.StandardError.ReadLineAsync());
            Assert.EndsWith(
                "  Starting rescan of repository archive", await follow.StandardOutput.ReadLineAsync(), StringComparison.Ordinal);
            await UntilAsync(watch, "archive\tdemo\tWatching\t");
            Assert.Equal(0, (await RunAsync("cancel", "archive")).Exit);
            await serve.OutcomeAsync(id);

            await follow.WaitForExitAsync();
            Assert.Equal(0, follow.ExitCode);
            Assert.StartsWith("archive on demo: Canceled: ", await follow.StandardError.ReadLineAsync(), StringComparison.Ordinal);
            await UntilAsync(watch, "archive\tdemo\tCanceled\t");
            using Process interrupt = Process.Start("kill", ["-INT", watch.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
            await watch.WaitForExitAsync();
            Assert.Equal((0, ""), (watch.ExitCode, await watch.StandardError.ReadToEndAsync()));
        }
        finally
        {
            watch.Kill();
            follow.Kill();
        }
    }

    [Fact]
    public async Task The_beginning_of_an_id_that_a_table_shows_is_enough()
    {
        serve = await ServeProcess.StartAsync(folder, appliance);
        string id = await serve.RescanAsync("archive");
        await serve.SessionAsync(id);

        Assert.Contains("archive on demo", (await RunAsync("cancel", id["rescan-demo-".Length..^1])).Said, StringComparison.Ordinal);
        await serve.OutcomeAsync(id);
    }

    [Fact]
    public async Task A_state_that_never_was_is_not_made_by_looking()
    {
        string nowhere = Path.Combine(folder, "nowhere");

        (int exit, string said) = await ProcessAsync(["history", "--state", nowhere]);

        Assert.Equal(78, exit);
        Assert.Contains(nowhere, said, StringComparison.Ordinal);
        Assert.False(Directory.Exists(nowhere));
    }

    [Fact]
    public async Task They_read_Azure_Storage_beside_the_host_that_owns_it()
    {
        string storage = await AzureTestHub.StorageAsync();
        string hub = "T" + Guid.NewGuid().ToString("N")[..12];
        serve = await ServeProcess.StartAsync(folder, appliance, "--storage", storage, "--hub", hub);
        string id = await serve.RescanAsync("archive");
        await serve.SessionAsync(id);
        string[] where = ["--state", folder, "--storage", storage, "--hub", hub, "--output", "json"];

        Assert.Equal(
            id, Assert.Single(Read(await ProcessAsync(["status", .. where])).GetProperty("running").EnumerateArray()).GetProperty("id")
            .GetString());
        Assert.Equal(0, (await ProcessAsync(["cancel", id, .. where])).Exit);
        await serve.OutcomeAsync(id);

        Assert.Equal(
            "Canceled", Assert.Single(Read(await ProcessAsync(["history", .. where])).GetProperty("items").EnumerateArray())
            .GetProperty("outcome").GetProperty("outcome").GetString());
        Assert.Equal(1, Read(await ProcessAsync(["report", .. where])).GetProperty("total").GetInt32());

        static JsonElement Read((int Exit, string Said) ended) =>
            ended.Exit == 0 ? JsonSerializer.Deserialize<JsonElement>(ended.Said) : throw new InvalidOperationException(ended.Said);
    }

    private static async Task UntilAsync(Process process, string said)
    {
        string? line;
        do
        {
            line = await process.StandardOutput.ReadLineAsync();
            Assert.True(line is not null, said);
        }
        while (!line.StartsWith(said, StringComparison.Ordinal));
    }

    private async Task<JsonElement> EndOfRunAsync(string id)
    {
        using CancellationTokenSource patience = new(TimeSpan.FromSeconds(60));
        while (true)
        {
            JsonElement run = await serve!.Http.GetFromJsonAsync<JsonElement>("/api/runs/" + id, patience.Token);
            if (run.GetProperty("status").GetString() != "Running")
            {
                return run;
            }

            await Task.Delay(50, patience.Token);
        }
    }

    private async Task<JsonElement> JsonAsync(params string[] arguments)
    {
        (int exit, string said) = await ProcessAsync([.. arguments, "--state", folder, "--output", "json"]);
        return JsonSerializer.Deserialize<JsonElement>(exit == 0 ? said : $$"""{"exit":{{exit}}}""");
    }

    private Task<(int Exit, string Said)> RunAsync(params string[] arguments) => ProcessAsync([.. arguments, "--state", folder]);

    private async Task<(int Exit, string Said)> ProcessAsync(string[] arguments)
    {
        using Process process = ServeProcess.Start(folder, appliance, arguments);
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, process.ExitCode == 0 ? output : await errors);
    }
}
